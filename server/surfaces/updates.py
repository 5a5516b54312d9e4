"""Tells a client that sessions it has subscribed to have changed: `resources/subscribe`, and listening for resources.

A subscription to what is not there, or not this caller's, is kept like any other, and nothing is told of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import structlog
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS

from ..bounds import FOLLOWED_RESOURCES
from ..replies import Glimpse
from .arguments import unfit
from .connection import Connection
from .resources import SESSION

Tell: TypeAlias = Callable[[str], Awaitable[None]]
"""Tells the client that what stands at an address has changed."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Followed:
    telling: asyncio.Task[None]
    unsubscribe: Callable[[], None]

    def end(self) -> None:
        self.unsubscribe()
        self.telling.cancel()


class ResourceUpdates:
    """What one connection follows."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._followed: Final[dict[str, _Followed | None]] = {}

    async def follow(self, uri: str, tell: Tell) -> None:
        """Tell of this resource from now on.

        Raises:
            MCPError: the connection follows too many.
        """
        if uri in self._followed:
            return
        if len(self._followed) >= FOLLOWED_RESOURCES:
            raise MCPError(INVALID_PARAMS, f"At most {FOLLOWED_RESOURCES} resources are followed; let go of one.")
        self._followed[uri] = None
        handle = uri.removeprefix(SESSION).partition("/")[0] if uri.startswith(SESSION) else ""
        governed, caller = self._connection.governed, self._connection.caller
        if handle and unfit(handle, "session") is None and await governed.workflow_of(caller, handle) is not None:
            changed = asyncio.Event()

            def glimpsed(_glimpse: Glimpse) -> None:
                changed.set()

            telling = asyncio.create_task(_tell(uri, changed, tell))
            self._followed[uri] = _Followed(telling, governed.subscribe(handle, glimpsed))

    def let_go(self, uri: str) -> None:
        """Tell of this resource no more."""
        followed = self._followed.pop(uri, None)
        if followed is not None:
            followed.end()

    def close(self) -> None:
        """Tell of nothing any more."""
        for uri in tuple(self._followed):
            self.let_go(uri)


async def _tell(uri: str, changed: asyncio.Event, tell: Tell) -> None:
    while True:
        await changed.wait()
        changed.clear()
        try:
            await tell(uri)
        except Exception:  # noqa: BLE001 - what could not be told is read again; the connection goes on
            _log.exception("resource update not told")
