"""Waiting for a session to change, by whichever process changes it.

Commits of this process are announced. For those of others the database is looked at, every
`bounds.NOTICE_MS`, for as long as somebody waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Final, NamedTuple

from pointsman.fsm.session import Session

from ..bounds import NOTICE_MS
from ..errors import StoreBusy

LOOKING: Final = "look for commits of other processes"


class _Waiter(NamedTuple):
    after: int
    arrived: asyncio.Future[Session]


class Changes:
    """Who waits for which session.

    Args:
        data_version: Gives a number that changes with every commit of somebody else.
        revisions: Gives the committed revisions of sessions.
        read: Gives a committed session.
    """

    def __init__(
        self,
        data_version: Callable[[], int],
        revisions: Callable[[Collection[str]], Awaitable[dict[str, int]]],
        read: Callable[[str], Awaitable[Session | None]],
    ) -> None:
        self._data_version = data_version
        self._revisions = revisions
        self._read = read
        self._waiters: dict[str, list[_Waiter]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def wait(self, session_id: str, after_revision: int, timeout_ms: int) -> Session | None:
        """Wait until a session is further than a revision, and give it; None when the time is over."""
        waiter = _Waiter(after_revision, asyncio.get_running_loop().create_future())
        self._waiters.setdefault(session_id, []).append(waiter)
        try:
            session = await self._read(session_id)
            if session is not None and session.revision > after_revision:
                return session
            self._look()
            async with asyncio.timeout(timeout_ms / 1000):
                return await waiter.arrived
        except TimeoutError:
            return None
        finally:
            self._forget(session_id, waiter)

    def announce(self, sessions: Iterable[Session]) -> None:
        """Wake those who wait for these sessions."""
        for session in sessions:
            for waiter in self._waiters.get(session.id, ()):
                if session.revision > waiter.after and not waiter.arrived.done():
                    waiter.arrived.set_result(session)

    async def aclose(self) -> None:
        """Look no more. Whoever still waits, waits until their time is over."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait([self._looking])

    def _forget(self, session_id: str, waiter: _Waiter) -> None:
        waiters = self._waiters[session_id]
        waiters.remove(waiter)
        if not waiters:
            del self._waiters[session_id]

    def _look(self) -> None:
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_for_others(), name=LOOKING)

    async def _look_for_others(self) -> None:
        seen: int | None = None
        while self._waiters:
            await asyncio.sleep(NOTICE_MS / 1000)
            try:
                version = self._data_version()
                if version == seen:
                    continue
                await self._announce_others()
                seen = version
            except StoreBusy:
                continue  # nothing was seen, so it is looked at again
            except Exception as error:  # noqa: BLE001 -- whoever waits is told
                self._fail(error)
                return

    async def _announce_others(self) -> None:
        revisions = await self._revisions(tuple(self._waiters))
        for session_id, revision in revisions.items():
            if any(revision > waiter.after for waiter in self._waiters.get(session_id, ())):
                session = await self._read(session_id)
                self.announce([session] if session is not None else [])

    def _fail(self, error: Exception) -> None:
        for waiters in self._waiters.values():
            for waiter in waiters:
                if not waiter.arrived.done():
                    waiter.arrived.set_exception(error)
