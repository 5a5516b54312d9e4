"""Fires the timers of sessions, thousands of them at once if they are due, and leaves room for whoever asks meanwhile.

Some are fired side by side, because the engine commits the commands of many sessions together; never so many that a
client waits for more than one such commit. A timer can open a call: while many run, no more are fired.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pointsman.fsm.commands import Expire

from .apart import apart
from .bounds import TIMER_CALLS, TIMERS_AT_ONCE
from .governor import Governor
from .store.reading import DueSession


class Timers:
    """The timers of the sessions of a governor's workflows."""

    def __init__(self, governor: Governor) -> None:
        self._governor = governor
        self._held: dict[str, int] = {}
        """Sessions whose timers an open write holds, by their revision: its outcome will let them go."""

    async def fire_due(self) -> None:
        """Fire every timer that is due now, the earliest first.

        Raises:
            StoreError: when the database does not answer. What was not fired is fired next time.
        """
        governor = self._governor
        names, now_ms = governor.catalogue.names(), governor.clock.now_ms()
        before, self._held = self._held, {}
        last: DueSession | None = None
        while due := await governor.engine.due_sessions(now_ms, names, last):
            last = due[-1]
            held = {one.id: one.revision for one in due if before.get(one.id) == one.revision}
            self._held.update(held)
            await self._fire_all([one for one in due if one.id not in held])

    async def _fire_all(self, due: Sequence[DueSession]) -> None:
        gate = asyncio.Semaphore(TIMERS_AT_ONCE)
        failures: list[Exception] = []

        async def fire(session_id: str) -> None:
            async with gate:
                if failures:
                    return
                await self._room_for_calls()
                try:
                    await apart(session_id, self._fire(session_id))
                except Exception as error:  # noqa: BLE001 -- raised below, when no other is cut off by it
                    failures.append(error)

        await asyncio.gather(*(fire(one.id) for one in due))
        if failures:
            raise failures[0]

    async def _fire(self, session_id: str) -> None:
        governor = self._governor
        session = await governor.engine.read(session_id)
        if session is None:
            return
        timers = sorted({**session.timers, **session.stay.timers}.items(), key=lambda item: (item[1].at, item[0]))
        before = session.revision
        for name, timer in timers:
            if timer.at <= governor.clock.now_ms():
                session = await governor.submit_and_follow(session, Expire(name), f"timer:{name}") or session
        if session.revision == before:
            self._held[session_id] = before

    async def _room_for_calls(self) -> None:
        while len(running := self._governor.performer.tasks()) >= TIMER_CALLS:
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
