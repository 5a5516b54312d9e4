"""A way to the bank that breaks, as a load balancer's does: the bank goes on with what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

_CHUNK_BYTES: Final = 64 * 1024
_SENT_S: Final = 0.1
"""How long after the payment was passed on the way breaks."""


@dataclass
class BreakingWay:
    """Passes on to a port what comes in at its own; `breaks` is how many payments it lets down from now on."""

    to_port: int
    breaks: int = 0
    port: int = 0
    _ways: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]], repr=False)

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        listening = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = listening.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            listening.close()
            for way in self._ways:
                way.cancel()
            await asyncio.gather(*self._ways, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        way = asyncio.create_task(self._pass_on(reader, writer))
        self._ways.add(way)
        way.add_done_callback(self._ways.discard)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bank_reader, bank_writer = await asyncio.open_connection("127.0.0.1", self.to_port)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._ask(reader, bank_writer, writer))
                group.create_task(_answer(bank_reader, writer))
        finally:
            for end in (writer, bank_writer):
                end.transport.abort()

    async def _ask(self, client: asyncio.StreamReader, bank: asyncio.StreamWriter, back: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while chunk := await client.read(_CHUNK_BYTES):
                bank.write(chunk)
                await bank.drain()
                if self.breaks and b'"pay_' in chunk:
                    self.breaks -= 1
                    await asyncio.sleep(_SENT_S)
                    back.transport.abort()
        bank.transport.abort()


async def _answer(bank: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await bank.read(_CHUNK_BYTES):
            client.write(chunk)
            await client.drain()
    client.transport.abort()
