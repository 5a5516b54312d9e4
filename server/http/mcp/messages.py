"""Reads the messages of MCP strictly, before the SDK sees them.

What is no message is answered here, with the JSON-RPC errors and the refusals of stdio, and recorded;
nothing behind this sees it. What only waits for news ends with the server, and with the token that opened it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeAlias

from mcp.server.streamable_http import MCP_SESSION_ID_HEADER
from mcp.shared.inbound import MCP_PROTOCOL_VERSION_HEADER
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pointsman.contracts.bounds import MESSAGE_BYTES
from pointsman.fsm.refusals import Refusal

from ...bounds import READ_AT_ONCE_BYTES, TOKEN_AGAIN_MS
from ...json_rpc.messages import INVALID_REQUEST, MessageReader, Oversized, Rejected, doubled
from ...json_rpc.messages import Message as Read
from ...surfaces.desk import CHANNEL
from ..bodies import read_body
from ..callers import Visitor, caller_of, visitor_of
from ..connections import waits_for_news
from ..json_bodies import NO_JSON, is_json
from ..refusals import AGAIN, refused

if TYPE_CHECKING:
    from pointsman.fsm.refusals import Code

    from ...replies import Caller

OnReject: TypeAlias = "Callable[[Caller, Code, str], None]"
_Key: TypeAlias = tuple[str, str, str]
"""A caller, a connection of theirs, and the id of a request."""

_LISTEN: Final = "subscriptions/listen"
_TOO_MANY_WAIT: Final = Refusal("BUSY", "Too many of your requests wait for news. End one of them, or ask again later.")


class StrictMessages:
    """An ASGI application around another.

    Args:
        app: What answers well-formed messages.
        on_reject: Told of every body that is no message, and of who names a connection of others; must not wait.
        stopping: Set when the server stops: what only waits for news then ends.
    """

    def __init__(self, app: ASGIApp, on_reject: OnReject, stopping: asyncio.Event) -> None:
        self._app = app
        self._on_reject = on_reject
        self._stopping = stopping
        self._answering: set[_Key] = set()
        self._large = ThreadPoolExecutor(1, "large messages")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        send = self._noting_strangers(request, send)
        if request.method != "POST":
            await (self._waiting if request.method == "GET" else self._app)(scope, receive, send)
            return
        if not is_json(request):
            await refused(NO_JSON, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)(scope, receive, send)
            return
        try:
            body = await read_body(request, MESSAGE_BYTES)
        except ClientDisconnect:
            return
        if isinstance(body, Response):
            await body(scope, receive, send)
            return
        read = await self._read(body, request)
        caller = caller_of(request, CHANNEL)
        key = None if isinstance(read, Rejected) else _key(caller, request, read)
        if key in self._answering and isinstance(read, Read):
            read = doubled(read)
        if isinstance(read, Rejected):
            self._on_reject(caller, read.code, read.message)
            await _answer(read)(scope, receive, send)
            return
        whole = b"" if isinstance(body, Oversized) else body
        listens = read is not None and read.members.get("method") == _LISTEN
        serve = self._waiting if listens else self._app
        with self._answered(key):
            await serve(scope, _replayed(whole, receive), send)

    async def _read(self, body: bytes | Oversized, request: Request) -> Read | Rejected | None:
        """Read a message; a large one at a time, because what is made of it is many times larger."""
        version = request.headers.get(MCP_PROTOCOL_VERSION_HEADER)
        reader = MessageReader(modern=version is not None and version not in HANDSHAKE_PROTOCOL_VERSIONS)
        if isinstance(body, Oversized) or len(body) <= READ_AT_ONCE_BYTES:
            return reader.read(body)
        return await asyncio.get_running_loop().run_in_executor(self._large, reader.read, body)

    @contextmanager
    def _answered(self, key: _Key | None) -> Generator[None]:
        """Know of a request while it is being answered: the SDK never answers the first of two with one id."""
        if key is not None:
            self._answering.add(key)
        try:
            yield
        finally:
            if key is not None:
                self._answering.discard(key)

    def _noting_strangers(self, request: Request, send: Send) -> Send:
        """Tell of everybody who names a connection that is not there for them: the SDK answers 404 by itself."""

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == HTTPStatus.NOT_FOUND:
                self._on_reject(caller_of(request, CHANNEL), "NOT_FOUND", "There is no such connection of this caller.")
            await send(message)

        return noted if MCP_SESSION_ID_HEADER in request.headers else send

    async def _waiting(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request that waits for news: it is ended as if its client had gone when the server stops, and when
        the token that opened it opens nothing any more.
        """
        visitor = visitor_of(scope)
        if visitor is not None and not waits_for_news(scope, visitor.actor):
            await refused(_TOO_MANY_WAIT, headers=AGAIN)(scope, receive, send)
            return
        begun = ended = False
        over = asyncio.ensure_future(self._until_over(visitor))

        async def until_over() -> Message:
            received = asyncio.ensure_future(receive())
            try:
                await asyncio.wait((received, over), return_when=asyncio.FIRST_COMPLETED)
                return received.result() if received.done() else {"type": "http.disconnect"}
            finally:
                received.cancel()

        async def noted(message: Message) -> None:
            nonlocal begun, ended
            begun = True
            ended = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        try:
            await self._app(scope, until_over, noted)
        finally:
            over.cancel()
        if begun and not ended:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _until_over(self, visitor: Visitor | None) -> None:
        while not self._stopping.is_set() and (visitor is None or await visitor.is_welcome()):
            with suppress(TimeoutError):
                async with asyncio.timeout(TOKEN_AGAIN_MS / 1000):
                    await self._stopping.wait()


def _key(caller: Caller, request: Request, read: Read | None) -> _Key | None:
    """Name a request of a connection of the handshake era; in the other era each stands alone."""
    connection = request.headers.get(MCP_SESSION_ID_HEADER)
    if read is None or read.kind != "request" or connection is None:
        return None
    return caller.actor.id, connection, str(read.members["id"])


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
