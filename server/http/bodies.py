"""Reads the body of a request within a bound of size and time. What it says is for others to judge."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from pointsman.contracts.bounds import HTTP_BODY_MS, HTTP_DISCARDED_BYTES

from ..json_rpc.messages import END_BYTES, Oversized


async def read_body(request: Request, limit_bytes: int) -> bytes | Oversized | Response:
    """Read a body; of one that is too large keep only its two ends. One that takes too long is answered.

    Raises:
        ClientDisconnect: its client has gone.
    """
    try:
        async with asyncio.timeout(HTTP_BODY_MS / 1000):
            return await _body(request, limit_bytes)
    except TimeoutError:
        return PlainTextResponse("The body took too long.", HTTPStatus.REQUEST_TIMEOUT, {"connection": "close"})


async def _body(request: Request, limit_bytes: int) -> bytes | Oversized:
    parts: list[bytes] = []
    size_bytes = 0
    head = tail = b""
    async for part in request.stream():
        size_bytes += len(part)
        if size_bytes <= limit_bytes:
            parts.append(part)
            continue
        head = head or b"".join((*parts, part))[:END_BYTES]
        tail = (b"".join(parts)[-END_BYTES:] + tail + part)[-END_BYTES:]
        parts.clear()
        if size_bytes > HTTP_DISCARDED_BYTES:
            return Oversized(head, b"", size_bytes)
    return Oversized(head, tail, size_bytes) if head else b"".join(parts)
