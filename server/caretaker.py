"""What a server process does without being asked: shows that it lives, fires timers, follows schedules, takes over.

Only sessions of the workflows this process serves are looked after, because only for those does it
have the sources and their environment. Several processes may look after the same session; the
machine takes each timer and each takeover once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from typing import Final

import structlog

from pointsman.fsm.commands import TakeOver
from pointsman.fsm.opening import NOBODY
from pointsman.fsm.session import Session

from .answers import holders
from .apart import apart
from .bounds import LEASE_RENEWAL_MS, NOTICES_KEPT_MS
from .errors import StoreError
from .governor import Governor
from .store.notices import drop_notices
from .timekeeping import Timekeeper
from .timers import Timers
from .triggers.schedules import Schedules

_log = structlog.get_logger(__name__)

_LOOK_MS: Final = 1_000
"""How often timers and open calls of other processes are looked for, at the latest."""
_TIDY_MS: Final = 3_600_000
"""How often what is not needed any more is forgotten."""


class Caretaker:
    """Looks after the sessions of a governor's workflows until it is closed.

    Args:
        governor: Whose sessions.
        schedules: The schedules of its workflows.
        timekeeper: Keeps the clock of this process, if that is a steady one.
    """

    def __init__(self, governor: Governor, schedules: Schedules, timekeeper: Timekeeper | None) -> None:
        self._governor = governor
        self._schedules = schedules
        self._timekeeper = timekeeper
        self._timers = Timers(governor)
        self._heart: asyncio.Task[None] | None = None
        self._looking: tuple[asyncio.Task[None], ...] = ()

    def show_life(self) -> None:
        """Begin to show that this process lives, so that no other takes over what it runs."""
        self._heart = asyncio.create_task(_every(LEASE_RENEWAL_MS, self.beat), name="heartbeat")

    async def start(self) -> None:
        """Begin to look after sessions, with one look at everything that was left open.

        What takes long holds up nothing else: thousands of timers may be due, and a schedule's start is still on time.
        """
        works = {
            "timers": (_LOOK_MS, self.fire_due),
            "schedules": (_LOOK_MS, self.start_scheduled),
            "takeovers": (_LOOK_MS, self.take_over),
            "tidying": (_TIDY_MS, self.tidy),
        }
        self._looking = tuple(
            asyncio.create_task(_every(period_ms, work), name=f"caretaker: {name}")
            for name, (period_ms, work) in works.items()
        )

    async def rest(self) -> None:
        """Stop looking after sessions, and go on showing life: what runs here is still to end."""
        looking, self._looking = self._looking, ()
        for task in looking:
            await _end(task)

    async def aclose(self) -> None:
        """Stop altogether."""
        await self.rest()
        await _end(self._heart)
        self._heart = None

    async def fire_due(self) -> None:
        """Fire every timer that is due now, of every session this process looks after."""
        await self._timers.fire_due()

    async def start_scheduled(self) -> None:
        """Start what is due of every schedule of the workflows this process serves."""
        for workflow, schedule in self._schedules.all():
            await apart(f"the schedule {schedule.cron} of {workflow}", self._schedules.follow(workflow, schedule))

    async def take_over(self) -> None:
        """Take over the calls of processes that are gone."""
        governor = self._governor
        engine = governor.engine
        sessions: list[Session] = []
        for session_id in await engine.sessions_with_open_calls(governor.catalogue.names()):
            session = await apart(session_id, engine.read(session_id))
            sessions += [session] if session is not None else []
        owners = {name for session in sessions for name in holders(session)}
        dead = await engine.dead_instances(owners - {governor.instance})
        standing = await engine.standing_instances(dead)
        for session in sessions:
            await apart(session.id, self._take_over_from(dead, standing, session))

    async def tidy(self) -> None:
        """Forget what nobody is told any more."""
        before_ms = self._governor.clock.now_ms() - NOTICES_KEPT_MS
        while await self._governor.engine.writing(drop_notices, before_ms):
            pass

    async def _take_over_from(self, dead: Collection[str], standing: Collection[str], session: Session) -> None:
        for call in session.stay.open.values():
            if call.instance in dead:
                _log.info("taking over a call", session=session.id, call=call.id, tool=call.tool)
                command_id = f"takeover:{call.id}:{call.attempt}"
                request = TakeOver(call.id, call.instance, stands=call.instance in standing)
                await self._governor.submit_and_follow(session, request, command_id)
        turn = None if self._governor.driver is None or session.stay.actor != "model" else session.stay.turn
        if turn is not None and turn.instance in (NOBODY, *dead):
            _log.info("taking over a model's turn", session=session.id, turn=turn.number)
            name = f"takeover:{session.stay.number}:{turn.name}:{turn.attempt}"
            await self._governor.submit_and_follow(session, TakeOver(turn.name, turn.instance), name)

    async def beat(self) -> None:
        """Show that this process lives, and by what time it goes."""
        await self._governor.engine.beat()
        if self._timekeeper is not None:
            await self._timekeeper.look()


async def _every(period_ms: int, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await work()
        except StoreError as error:
            _log.warning("the database did not answer; trying again", error=str(error))
        except Exception:  # noqa: BLE001 -- whatever one look meets, the next one must come
            _log.exception("looking after sessions failed; trying again")
        await asyncio.sleep(period_ms / 1000)


async def _end(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
