"""The strict transport: the streams that the SDK's server runs on, over the process's own pipes."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Final, Self

from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCError, JSONRPCMessage, JSONRPCNotification, JSONRPCRequest, JSONRPCResponse
from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from ..json_rpc.messages import Message
from .descriptors import claimed
from .reader import LineReader, OnReject
from .writer import LineWriter

PATIENCE_S: Final = 2.0
"""How long the last answers may take when the client has closed its end of the input."""


class Incoming:
    """What the client sends. A `ReadStream` of the SDK."""

    def __init__(self, reader: LineReader) -> None:
        self._reader = reader

    async def receive(self) -> SessionMessage | Exception:
        return await anext(self)

    async def aclose(self) -> None:
        self._reader.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionMessage | Exception:
        message = await self._reader.receive()
        if message is None:
            raise StopAsyncIteration
        try:
            return SessionMessage(_model(message))
        except ValidationError as error:
            return error

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> bool | None:
        await self.aclose()
        return None


class Outgoing:
    """What the client is sent. A `WriteStream` of the SDK. Closing it leaves the descriptor to `strict_stdio`."""

    def __init__(self, writer: LineWriter) -> None:
        self._writer = writer

    async def send(self, item: SessionMessage, /) -> None:
        await self._writer.send(_line(item.message))

    async def aclose(self) -> None:
        pass

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc_val: BaseException | None, exc_tb: TracebackType | None
    ) -> bool | None:
        return None


@asynccontextmanager
async def strict_stdio(on_reject: OnReject) -> AsyncGenerator[tuple[Incoming, Outgoing]]:
    """Serve MCP over the process's standard input and output, which nothing else can touch meanwhile.

    Args:
        on_reject: told of every line that is no message, on the event loop; it must not wait.
    """
    with claimed() as (incoming, outgoing):
        async with strict_pipes(incoming, outgoing, on_reject) as streams:
            yield streams


@asynccontextmanager
async def strict_pipes(incoming: int, outgoing: int, on_reject: OnReject) -> AsyncGenerator[tuple[Incoming, Outgoing]]:
    """Serve MCP over two descriptors, which stay open."""
    writer = LineWriter(outgoing)
    reader = LineReader(incoming, writer, on_reject)
    writer.when_broken(reader.close)
    try:
        yield Incoming(reader), Outgoing(writer)
    finally:
        reader.close()
        await writer.finish(PATIENCE_S)


def _model(message: Message) -> JSONRPCMessage:
    match message.kind:
        case "request":
            return JSONRPCRequest.model_validate(message.members)
        case "notification":
            return JSONRPCNotification.model_validate(message.members)
        case "response" if "result" in message.members:
            return JSONRPCResponse.model_validate(message.members)
        case "response":
            return JSONRPCError.model_validate(message.members)


def _line(message: JSONRPCMessage) -> bytes:
    try:
        return message.model_dump_json(by_alias=True, exclude_unset=True).encode("utf-8") + b"\n"
    except (PydanticSerializationError, UnicodeEncodeError):
        # A lone surrogate from a tool has no UTF-8, but it has an escape.
        return json.dumps(message.model_dump(mode="python", by_alias=True, exclude_unset=True)).encode("ascii") + b"\n"
