"""Schedules: each of their moments starts one session, however many processes follow them.

What a schedule has been followed up to is remembered. Of moments that no process was there for, the newest of the
last day is made up for once, and no other; a schedule that is seen for the first time makes up for nothing. Where
the clock is set forward that is the same thing; where it is set back, moments that come again are known again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import structlog

from pointsman.contracts.cron import read_cron
from pointsman.contracts.workflow import Schedule
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Actor

from ..bounds import SCHEDULE_MADE_UP_MS
from ..governor import Governor
from ..replies import Caller, Reply
from ..store.schedules import follow_until, followed_until
from .handles import Handles
from .rendering import BodyScope, rendered
from .times import Times

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Followed:
    """A schedule as this process follows it. `seen_at` is when it last looked, `next_at` the first moment to come."""

    times: Times
    seen_at: int
    next_at: int | None


class Schedules:
    """Starts what the schedules of a governor's workflows say."""

    def __init__(self, governor: Governor, handles: Handles) -> None:
        self._governor = governor
        self._handles = handles
        self._followed: dict[tuple[str, str], _Followed] = {}

    def all(self) -> Iterator[tuple[str, Schedule]]:
        """Give every schedule there is, each with the name of its workflow."""
        for workflow in self._governor.workflows():
            for trigger in workflow.triggers:
                if isinstance(trigger, Schedule):
                    yield workflow.name, trigger

    async def follow(self, workflow: str, schedule: Schedule) -> None:
        """Start what is due of one schedule."""
        now = self._governor.clock.now_ms()
        followed = self._followed.get((workflow, schedule.text))
        if followed is None or now < followed.seen_at:
            followed = await self._begin(workflow, schedule, now)
        followed.seen_at = now
        if followed.next_at is not None and followed.next_at <= now:
            await self._start_due(workflow, schedule, followed.times, now)
            followed.next_at = followed.times.next_after(now)

    async def _begin(self, workflow: str, schedule: Schedule, now_ms: int) -> _Followed:
        """Begin to follow a schedule from where it was left; from now on, if the clock was set back since."""
        engine = self._governor.engine
        until = await engine.writing(followed_until, workflow, schedule.text, now_ms)
        if until > now_ms:
            await engine.writing(follow_until, workflow, schedule.text, now_ms)
        times = Times(read_cron(schedule.cron), ZoneInfo(schedule.zone))
        begun = _Followed(times, now_ms, times.next_after(min(until, now_ms)))
        self._followed[workflow, schedule.text] = begun
        return begun

    async def _start_due(self, workflow: str, schedule: Schedule, times: Times, now_ms: int) -> None:
        """Start the newest moment that is due, unless another process has."""
        engine = self._governor.engine
        until = await engine.writing(followed_until, workflow, schedule.text, now_ms)
        due = times.last_until(now_ms, max(until, now_ms - SCHEDULE_MADE_UP_MS))
        if due is not None:
            await self._start(workflow, schedule, due)
        if until < now_ms:
            await engine.writing(follow_until, workflow, schedule.text, due or now_ms)

    async def _start(self, workflow: str, schedule: Schedule, due_ms: int) -> None:
        governor = self._governor
        caller = Caller(Actor("system", f"schedule:{workflow}"), None, "schedule")
        fields = rendered(schedule.start, BodyScope(None), "start")
        if isinstance(fields, Refusal):
            await governor.stray(caller, "start", fields, {"workflow": workflow, "cron": schedule.cron})
            refusal = fields
        else:
            handle = await self._handles.of("schedule", workflow, schedule.text, due_ms)
            started = await governor.begin(caller, workflow, fields, handle)
            if isinstance(started, Reply):
                _log.info(
                    "started by a schedule", workflow=workflow, session=started.session, repeated=started.repeated
                )
                return
            refusal = started.refusal
        _log.warning("a schedule could not start a session", workflow=workflow, cron=schedule.cron, why=refusal.message)
