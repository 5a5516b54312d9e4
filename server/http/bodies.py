"""Reads the body of a request within a bound of size and time. What it says is for others to judge."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from pointsman.fsm.refusals import Refusal

from ..bounds import HTTP_BODY_MS, HTTP_DISCARDED_BYTES
from ..json_rpc.messages import END_BYTES, Oversized
from .connections import keeps_body
from .refusals import TOO_BUSY, refused

_TOO_SLOW: Final = refused(
    Refusal("MALFORMED", f"The body took longer than {HTTP_BODY_MS // 1000} s to come."),
    HTTPStatus.REQUEST_TIMEOUT,
    {"connection": "close"},
)


async def read_body(request: Request, limit_bytes: int) -> bytes | Oversized | Response:
    """Read a body; of one that is too large keep only its two ends. One that takes too long, or that there is no room
    for, is answered.

    Raises:
        ClientDisconnect: its client has gone.
    """
    try:
        async with asyncio.timeout(HTTP_BODY_MS / 1000):
            return await _body(request, limit_bytes)
    except TimeoutError:
        return _TOO_SLOW


async def pass_body_on(
    request: Request, limit_bytes: int, take: Callable[[bytes], None]
) -> Oversized | Response | None:
    """Hand a body on as it comes in, and keep nothing of it.

    Args:
        request: Whose body it is.
        limit_bytes: What is handed on at most.
        take: Is handed every piece.

    Raises:
        ClientDisconnect: its client has gone.
    """
    size_bytes = 0
    try:
        async with asyncio.timeout(HTTP_BODY_MS / 1000):
            async for part in request.stream():
                size_bytes += len(part)
                if size_bytes > limit_bytes:
                    return Oversized(b"", b"", size_bytes)
                take(part)
    except TimeoutError:
        return _TOO_SLOW
    return None


async def _body(request: Request, limit_bytes: int) -> bytes | Oversized | Response:
    parts: list[bytes] = []
    size_bytes = 0
    head = tail = b""
    async for part in request.stream():
        size_bytes += len(part)
        if size_bytes <= limit_bytes:
            if not keeps_body(request.scope, len(part)):
                return TOO_BUSY
            parts.append(part)
            continue
        head = head or b"".join((*parts, part))[:END_BYTES]
        tail = (b"".join(parts)[-END_BYTES:] + tail + part)[-END_BYTES:]
        parts.clear()
        if size_bytes > HTTP_DISCARDED_BYTES:
            return Oversized(head, b"", size_bytes)
    return Oversized(head, tail, size_bytes) if head else b"".join(parts)
