"""Reads what a downstream sends, line by line, in bounded memory and with bounded patience.

What is no message of MCP is dropped and counted, and the request it seems to answer is told so;
a server that floods is not listened to any more. Nothing here trusts an identifier: at worst a
server spoils its own answer.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Final

import structlog
from mcp.shared.message import SessionMessage
from mcp_types import (
    PARSE_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCResponse,
    jsonrpc_message_adapter,
)

from pointsman.contracts.bounds import (
    DOWNSTREAM_JUNK_PER_MINUTE,
    DOWNSTREAM_MESSAGE_BYTES,
    DOWNSTREAM_UNASKED_PER_MINUTE,
)

from ..clocks import MonotonicClock
from .rates import PerMinute

_END_BYTES: Final = 4096
_ID: Final = re.compile(rb'"id"\s*:\s*(\d{1,15})\b')

_log = structlog.get_logger(__name__)


class Flooded(Exception):
    """The server sends more than is listened to."""


@dataclass(frozen=True, slots=True)
class _Oversized:
    """What is left of a line that is too long."""

    ends: bytes
    size_bytes: int


class MessageReader:
    """Gives the messages of one server, one after the other.

    Args:
        source: The source's name, for the log.
        stream: The server's standard output; its limit is `DOWNSTREAM_MESSAGE_BYTES`.
        clock: What tells the time, in seconds.
    """

    def __init__(self, source: str, stream: asyncio.StreamReader, clock: MonotonicClock) -> None:
        self._source = source
        self._stream = stream
        self._junk = PerMinute(DOWNSTREAM_JUNK_PER_MINUTE, clock)
        self._unasked = PerMinute(DOWNSTREAM_UNASKED_PER_MINUTE, clock)

    async def read(self) -> SessionMessage | None:
        """Wait for the next message; None when the server has closed its end.

        Raises:
            Flooded: it sends too much that is no message, or that nobody asked for.
        """
        while True:
            line = await self._line()
            if isinstance(line, bytes) and not line:
                return None
            message = self._message(line) if isinstance(line, bytes) else self._oversized(line)
            if message is not None:
                return message

    async def _line(self) -> bytes | _Oversized:
        """Read one line; empty at the end. Of one that is too long only the ends are kept."""
        size_bytes = 0
        head = tail = b""
        while True:
            try:
                part, more = await self._stream.readuntil(b"\n"), False
            except asyncio.IncompleteReadError as end:
                part, more = end.partial, False
            except asyncio.LimitOverrunError as over:
                part, more = await self._stream.readexactly(over.consumed), True
            if not more and not size_bytes:
                return part
            size_bytes += len(part)
            head = head or part[:_END_BYTES]
            tail = (tail + part[-_END_BYTES:])[-_END_BYTES:]
            if not more:
                return _Oversized(head + tail, size_bytes)

    def _message(self, line: bytes) -> SessionMessage | None:
        try:
            message = jsonrpc_message_adapter.validate_json(line, by_name=False)
        except ValueError:
            if not self._junk.admit():
                raise Flooded(f"more than {DOWNSTREAM_JUNK_PER_MINUTE} lines a minute that are no MCP") from None
            return self._spoiled(line[:_END_BYTES] + line[-_END_BYTES:], "is no message of MCP", size_bytes=len(line))
        if not isinstance(message, JSONRPCResponse | JSONRPCError) and not self._unasked.admit():
            raise Flooded(f"more than {DOWNSTREAM_UNASKED_PER_MINUTE} messages a minute that nobody asked for")
        return SessionMessage(message)

    def _oversized(self, line: _Oversized) -> SessionMessage | None:
        why = f"is longer than {DOWNSTREAM_MESSAGE_BYTES} bytes"
        return self._spoiled(line.ends, why, size_bytes=line.size_bytes)

    def _spoiled(self, ends: bytes, why: str, *, size_bytes: int) -> SessionMessage | None:
        """Answer the request that this seems to answer: nothing else will."""
        _log.warning("downstream message dropped", source=self._source, why=why, size_bytes=size_bytes)
        found = _ID.search(ends)
        if found is None:
            return None
        error = ErrorData(code=PARSE_ERROR, message=f"its answer {why}")
        return SessionMessage(JSONRPCError(jsonrpc="2.0", id=int(found[1]), error=error))
