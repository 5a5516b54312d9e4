"""Stands before everything else that HTTP brings: checks where a request comes from, and reads its body strictly.

What is no message is answered here, with the JSON-RPC errors and the refusals of stdio, and recorded;
nothing behind this sees it. A body is read within a bound of size and time.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeAlias

from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from mcp.shared.inbound import MCP_PROTOCOL_VERSION_HEADER
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pointsman.contracts.bounds import HTTP_BODY_MS, HTTP_DISCARDED_BYTES, MESSAGE_BYTES

from ..json_rpc.messages import END_BYTES, INVALID_REQUEST, MessageReader, Oversized, Rejected
from ..json_rpc.messages import Message as Read

if TYPE_CHECKING:
    from pointsman.fsm.refusals import Code

OnReject: TypeAlias = "Callable[[Code, str], None]"

_AT_ONCE_BYTES: Final = 64 * 1024
"""Read on the event loop; what is larger is read beside it."""
_LISTEN: Final = "subscriptions/listen"


class StrictBodies:
    """An ASGI application around another.

    Args:
        app: What answers well-formed messages.
        security: Which `Host` and `Origin` headers are ours.
        on_reject: Told of every body that is no message; it must not wait.
        stopping: Set when the server stops: what only waits for news then ends.
    """

    def __init__(
        self, app: ASGIApp, security: TransportSecuritySettings, on_reject: OnReject, stopping: asyncio.Event
    ) -> None:
        self._app = app
        self._security = TransportSecurityMiddleware(security)
        self._on_reject = on_reject
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        post = request.method == "POST"
        foreign = await self._security.validate_request(request, is_post=post)
        if foreign is not None:
            await foreign(scope, receive, send)
            return
        if not post:
            await self._waiting(scope, receive, send)
            return
        try:
            async with asyncio.timeout(HTTP_BODY_MS / 1000):
                body = await _body(request)
        except ClientDisconnect:
            return
        except TimeoutError:
            late = PlainTextResponse("The body took too long.", HTTPStatus.REQUEST_TIMEOUT, {"connection": "close"})
            await late(scope, receive, send)
            return
        read = await _read(body, request)
        if isinstance(read, Rejected):
            self._on_reject(read.code, read.message)
            await _answer(read)(scope, receive, send)
            return
        whole = b"" if isinstance(body, Oversized) else body
        listens = read is not None and read.members.get("method") == _LISTEN
        serve = self._waiting if listens else self._app
        await serve(scope, _replayed(whole, receive), send)

    async def _waiting(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request that waits for news: when the server stops, it is ended as if its client had gone."""
        begun = ended = False

        async def until_stopping() -> Message:
            received, stopped = asyncio.ensure_future(receive()), asyncio.ensure_future(self._stopping.wait())
            try:
                await asyncio.wait((received, stopped), return_when=asyncio.FIRST_COMPLETED)
                return received.result() if received.done() else {"type": "http.disconnect"}
            finally:
                received.cancel()
                stopped.cancel()

        async def noted(message: Message) -> None:
            nonlocal begun, ended
            begun = True
            ended = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        await self._app(scope, until_stopping, noted)
        if begun and not ended:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _body(request: Request) -> bytes | Oversized:
    """Read a body; of one that is too large keep only its two ends.

    Raises:
        ClientDisconnect: its client has gone.
    """
    parts: list[bytes] = []
    size_bytes = 0
    head = tail = b""
    async for part in request.stream():
        size_bytes += len(part)
        if size_bytes <= MESSAGE_BYTES:
            parts.append(part)
            continue
        head = head or b"".join((*parts, part))[:END_BYTES]
        tail = (b"".join(parts)[-END_BYTES:] + tail + part)[-END_BYTES:]
        parts.clear()
        if size_bytes > HTTP_DISCARDED_BYTES:
            return Oversized(head, b"", size_bytes)
    return Oversized(head, tail, size_bytes) if head else b"".join(parts)


async def _read(body: bytes | Oversized, request: Request) -> Read | Rejected | None:
    version = request.headers.get(MCP_PROTOCOL_VERSION_HEADER)
    reader = MessageReader(modern=version is not None and version not in HANDSHAKE_PROTOCOL_VERSIONS)
    if isinstance(body, Oversized) or len(body) <= _AT_ONCE_BYTES:
        return reader.read(body)
    return await asyncio.to_thread(reader.read, body)


def _answer(rejected: Rejected) -> Response:
    """Write the answer: a refusal is a result, and all else an error of HTTP too."""
    if rejected.answer is None:
        error = {"code": INVALID_REQUEST, "message": rejected.message}
        answer = json.dumps({"jsonrpc": "2.0", "id": None, "error": error}, separators=(",", ":")).encode("ascii")
        return Response(answer, HTTPStatus.BAD_REQUEST, media_type="application/json")
    if "result" in json.loads(rejected.answer):
        return Response(rejected.answer, HTTPStatus.OK, media_type="application/json")
    large = rejected.code == "TOO_LARGE"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if large else HTTPStatus.BAD_REQUEST
    return Response(rejected.answer, status, media_type="application/json")


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Give what was read once more, and then what comes after it."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
