"""Schedules: each moment starts one session, over processes, restarts and clocks that jump."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from pointsman.contracts.values import Json
from pointsman.server.application import Application, open_application
from pointsman.server.store.reading import SessionFilter, list_sessions
from tests.server.triggers.times_of_day import HOUR_MS, MINUTE_MS, OwnClock, moment

REPORT = """\
workflow: report
version: 1
record: {region: {type: string}, count: {type: integer}}
start: {requires: [region], accepts: [count]}
initial: writing
access: {start: [], drive: anyone}
triggers:
  schedule:
    - {cron: "0 6 * * *", zone: Europe/Vienna, start: {region: east}}
states:
  writing: {actor: agent, events: {finish: {next: done}}, after: {in: 30d, to: done}}
  done: {final: success}
"""
SIX = moment("2026-11-28T06:00+01:00")
DAY_MS = 24 * HOUR_MS


@dataclass
class Reports:
    """The workflow of a report, its database, and a clock that the test sets."""

    place: Path
    clock: OwnClock
    text: str = REPORT

    def open(self) -> AbstractAsyncContextManager[Application]:
        file = self.place / "report.yaml"
        file.write_text(self.text)
        return open_application(str(self.place / "s.db"), [file], clock=self.clock, caretaking=False)


@pytest.fixture
def reports(tmp_path: Path) -> Reports:
    return Reports(tmp_path, OwnClock(SIX - MINUTE_MS))


async def look(application: Application) -> int:
    """Look once at what is due, and count the sessions there are."""
    await application.caretaker.start_scheduled()
    return len(await sessions(application))


async def sessions(application: Application) -> list[dict[str, Json]]:
    page = await application.engine.reading(list_sessions, SessionFilter(), 100, None)
    return [one.as_json() for one in page.sessions]


async def test_a_moment_that_comes_starts_one_session(reports: Reports) -> None:
    async with reports.open() as application:
        assert await look(application) == 0
        reports.clock.set(SIX - 1)
        assert await look(application) == 0
        reports.clock.set(SIX)
        assert await look(application) == 1
        reports.clock.set(SIX + HOUR_MS)
        assert await look(application) == 1
        reports.clock.set(SIX + DAY_MS)
        assert await look(application) == 2
        (row,) = (row for row in await application.engine.audit_rows(await newest(application)) if row["revision"] == 1)
    assert (row["actor_kind"], row["actor_id"], row["channel"]) == ("system", "schedule:report", "schedule")


async def newest(application: Application) -> str:
    return str((await sessions(application))[0]["session"])


async def test_two_processes_at_the_same_moment_start_one_session(reports: Reports) -> None:
    async with reports.open() as first, reports.open() as second:
        await asyncio.gather(look(first), look(second))
        reports.clock.set(SIX)
        await asyncio.gather(look(first), look(second))
        assert len(await sessions(first)) == 1
        reports.clock.set(SIX + DAY_MS)
        await look(second)
        assert await look(first) == 2


async def test_a_schedule_that_is_seen_for_the_first_time_makes_up_for_nothing(reports: Reports) -> None:
    reports.clock.set(SIX + 1)
    async with reports.open() as application:
        assert await look(application) == 0
        reports.clock.set(SIX + HOUR_MS)
        assert await look(application) == 0


async def test_the_newest_moment_of_the_last_day_is_made_up_for_after_a_restart(reports: Reports) -> None:
    async with reports.open() as application:
        await look(application)
    reports.clock.set(SIX + 2 * DAY_MS + HOUR_MS)
    async with reports.open() as application:
        assert await look(application) == 1
        assert await look(application) == 1
    async with reports.open() as application:
        assert await look(application) == 1


async def test_an_older_moment_is_not_made_up_for(reports: Reports) -> None:
    reports.text = REPORT.replace("0 6 * * *", "0 6 28 * *")
    async with reports.open() as application:
        await look(application)
    reports.clock.set(SIX + DAY_MS + 1)
    async with reports.open() as application:
        assert await look(application) == 0


async def test_a_clock_that_jumps_ahead_starts_at_most_one_session(reports: Reports) -> None:
    reports.text = REPORT.replace("0 6 * * *", "*/10 * * * *")
    async with reports.open() as application:
        await look(application)
        reports.clock.set(SIX + DAY_MS)
        assert await look(application) == 1
        assert await look(application) == 1


async def test_a_clock_that_is_set_back_starts_nothing_twice_and_misses_nothing(reports: Reports) -> None:
    reports.text = REPORT.replace("0 6 * * *", "0 * * * *")
    async with reports.open() as application:
        await look(application)
        reports.clock.set(SIX)
        assert await look(application) == 1
        reports.clock.set(SIX - 30 * MINUTE_MS)
        assert await look(application) == 1
        reports.clock.set(SIX)
        assert await look(application) == 1
        reports.clock.set(SIX + 9 * HOUR_MS)  # wrong by hours
        assert await look(application) == 2
        reports.clock.set(SIX + HOUR_MS - 1)
        assert await look(application) == 2
        reports.clock.set(SIX + HOUR_MS)
        assert await look(application) == 3


async def test_a_clock_that_was_set_back_while_no_server_ran_misses_nothing(reports: Reports) -> None:
    reports.clock.set(SIX + DAY_MS)
    async with reports.open() as application:
        await look(application)
    reports.clock.set(SIX - 1)
    async with reports.open() as application:
        assert await look(application) == 0
        reports.clock.set(SIX)
        assert await look(application) == 1


async def test_each_schedule_of_a_workflow_starts_its_own(reports: Reports) -> None:
    """Two with the same times are two; a start that cannot be is told, and keeps no other from its own."""
    reports.text = REPORT.replace(
        "start: {region: east}}\n",
        "start: {region: east}}\n"
        '    - {cron: "0 6 * * *", zone: Europe/Vienna, start: {region: "=string(1 / 0)"}}\n'
        '    - {cron: "0 6 * * *", zone: Europe/Vienna, start: {region: west, count: "=2 * 3"}}\n'
        '    - {cron: "0 6 * * *", zone: Europe/Vienna, start: {region: north, count: "=0.5"}}\n',
    )
    async with reports.open() as application:
        await look(application)
        reports.clock.set(SIX)
        assert await look(application) == 2
        rows = await application.engine.audit_rows("server")
    assert [(row["action"], row["code"], row["actor_id"]) for row in rows] == [
        ("start", "MISSING_FIELDS", "schedule:report"),
        ("start", "INVALID_FIELDS", "schedule:report"),
    ]
