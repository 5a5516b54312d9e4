"""Tells a client that its tool list has changed: once, when the newest session offers something else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import structlog

from ..replies import Reply
from .connection import Connection

Send: TypeAlias = Callable[[], Awaitable[None]]

_log = structlog.get_logger(__name__)


class ListChanges:
    """Compares what is offered with what was told last, whenever something may have changed."""

    def __init__(self) -> None:
        self._maybe = asyncio.Event()
        self._send: Send | None = None

    def maybe(self) -> None:
        """Say that the list may have changed."""
        self._maybe.set()

    def tell_through(self, send: Send) -> None:
        """Tell through `send` from now on; before the first time nobody has read a list."""
        self._send = send

    async def run(self, connection: Connection) -> None:
        """Watch one connection for good."""
        told: object = await _offered(connection)
        while True:
            await self._maybe.wait()
            self._maybe.clear()
            try:
                offered = await _offered(connection)
                if offered != told and self._send is not None:
                    await self._send()
                told = offered
            except Exception:  # noqa: BLE001 - a list that could not be told is read again; the connection goes on
                _log.exception("list change not told", client=connection.caller.client)


async def _offered(connection: Connection) -> object:
    """What decides the list: the newest session, its state, and the names it allows."""
    if connection.newest is None:
        return None
    reply = await connection.governed.status(connection.caller, connection.newest)
    if not isinstance(reply, Reply) or reply.ended is not None:
        return None
    return reply.session, reply.state, tuple(action.name for action in reply.allowed)
