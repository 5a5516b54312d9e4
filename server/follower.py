"""Follows sessions for whoever wants to know what they do, whichever process moves them.

It asks for no rights: whoever follows must know that the caller may see the session.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from .answers import rests
from .bounds import REPLY_WAIT_MS
from .engines.embedded import EmbeddedEngine
from .errors import StoreError
from .replies import Glimpse

AGAIN_S: Final = 1.0
"""How long a session is not followed when the database has failed."""

_log = structlog.get_logger(__name__)


class Follower:
    """Those who follow the sessions of one database in this process."""

    def __init__(self, engine: EmbeddedEngine) -> None:
        self._engine = engine
        self._tasks: set[asyncio.Task[None]] = set()

    def follow(self, session: str, on_change: Callable[[Glimpse], None]) -> Callable[[], None]:
        """Tell what a session does now, and whenever that changes; the result ends that."""
        task = asyncio.create_task(self._follow(session, on_change), name=f"follow {session}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

        def end() -> None:
            task.cancel()

        return end

    def close(self) -> None:
        """Follow nothing any more."""
        for task in tuple(self._tasks):
            task.cancel()

    async def _follow(self, session_id: str, on_change: Callable[[Glimpse], None]) -> None:
        told: Glimpse | None = None
        revision = 0
        while True:
            try:
                session = await self._engine.wait_for_change(session_id, revision, REPLY_WAIT_MS)
            except StoreError as error:
                _log.warning("a session cannot be followed; trying again", session=session_id, error=str(error))
                await asyncio.sleep(AGAIN_S)
                continue
            if session is None:
                continue
            revision = session.revision
            running = tuple(call.tool for call in session.stay.open.values())
            glimpse = Glimpse(session.state, session.stay.number, running, rests(session))
            if glimpse != told:
                told = glimpse
                on_change(glimpse)
