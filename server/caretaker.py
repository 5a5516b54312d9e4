"""What a server process does without being asked: shows that it lives, fires timers, follows schedules, takes over.

Only sessions of the workflows this process serves are looked after, because only for those does it
have the sources and their environment. Several processes may look after the same session; the
machine takes each timer and each takeover once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from typing import Final, TypeVar

import structlog

from pointsman.contracts.bounds import LEASE_RENEWAL_MS
from pointsman.fsm.commands import Expire, TakeOver
from pointsman.fsm.session import Session

from .errors import StoreBusy, StoreError, StoreFull
from .governor import Governor
from .triggers.schedules import Schedules

_log = structlog.get_logger(__name__)

_Result = TypeVar("_Result")

_LOOK_MS: Final = 1_000
"""How often timers and open calls of other processes are looked for, at the latest."""


class Caretaker:
    """Looks after the sessions of a governor's workflows until it is closed."""

    def __init__(self, governor: Governor, schedules: Schedules) -> None:
        self._governor = governor
        self._schedules = schedules
        self._held: dict[str, int] = {}
        self._heart: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None

    def show_life(self) -> None:
        """Begin to show that this process lives, so that no other takes over what it runs."""
        self._heart = asyncio.create_task(self._every(LEASE_RENEWAL_MS, self._governor.engine.beat), name="heartbeat")

    async def start(self) -> None:
        """Begin to look after sessions, with one look at everything that was left open."""
        self._looking = asyncio.create_task(self._every(_LOOK_MS, self.look), name="caretaker")

    async def rest(self) -> None:
        """Stop looking after sessions, and go on showing life: what runs here is still to end."""
        await _end(self._looking)
        self._looking = None

    async def aclose(self) -> None:
        """Stop altogether."""
        await self.rest()
        await _end(self._heart)
        self._heart = None

    async def look(self) -> None:
        """Fire timers that are due, start what is scheduled, take over the calls of processes that are gone. Once."""
        await self.fire_due()
        await self.start_scheduled()
        await self._take_over()

    async def fire_due(self) -> None:
        """Fire every timer that is due now, of every session this process looks after."""
        governor = self._governor
        names = governor.catalogue.names()
        for session_id in await governor.engine.due_sessions(governor.clock.now_ms(), names):
            await _apart(session_id, self._fire(session_id))

    async def start_scheduled(self) -> None:
        """Start what is due of every schedule of the workflows this process serves."""
        for workflow, schedule in self._schedules.all():
            await _apart(f"the schedule {schedule.cron} of {workflow}", self._schedules.follow(workflow, schedule))

    async def _fire(self, session_id: str) -> None:
        governor = self._governor
        session = await governor.engine.read(session_id)
        if session is None or self._held.get(session_id) == session.revision:
            return
        timers = sorted({**session.timers, **session.stay.timers}.items(), key=lambda item: (item[1].at, item[0]))
        before = session.revision
        for name, timer in timers:
            if timer.at <= governor.clock.now_ms():
                session = await governor.submit_and_follow(session, Expire(name), f"timer:{name}") or session
        if session.revision == before:
            self._held[session_id] = before  # an open write holds them; its outcome will let them go
        else:
            self._held.pop(session_id, None)

    async def _take_over(self) -> None:
        governor = self._governor
        engine = governor.engine
        sessions: list[Session] = []
        for session_id in await engine.sessions_with_open_calls(governor.catalogue.names()):
            session = await _apart(session_id, engine.read(session_id))
            sessions += [session] if session is not None else []
        owners = {call.instance for session in sessions for call in session.stay.open.values()}
        dead = await engine.dead_instances(owners - {governor.instance})
        standing = await engine.standing_instances(dead)
        for session in sessions:
            await _apart(session.id, self._take_over_from(dead, standing, session))

    async def _take_over_from(self, dead: Collection[str], standing: Collection[str], session: Session) -> None:
        for call in session.stay.open.values():
            if call.instance in dead:
                _log.info("taking over a call", session=session.id, call=call.id, tool=call.tool)
                command_id = f"takeover:{call.id}:{call.attempt}"
                request = TakeOver(call.id, call.instance, stands=call.instance in standing)
                await self._governor.submit_and_follow(session, request, command_id)

    async def _every(self, period_ms: int, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except StoreError as error:
                _log.warning("the database did not answer; trying again", error=str(error))
            except Exception:  # noqa: BLE001 -- whatever one look meets, the next one must come
                _log.exception("looking after sessions failed; trying again")
            await asyncio.sleep(period_ms / 1000)


async def _apart(what: str, work: Awaitable[_Result]) -> _Result | None:
    """Do the work on one session, or one schedule. What is wrong with it alone is logged, and no other waits for it."""
    try:
        return await work
    except (StoreBusy, StoreFull):
        raise  # that is wrong with the whole database
    except Exception:  # noqa: BLE001 -- whatever one meets, the others are looked after
        _log.exception("it could not be looked after", what=what)
        return None


async def _end(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
