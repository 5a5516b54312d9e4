"""Several processes over one database, one of which goes in the middle of a model's turn (issue 7).

What it has asked and not recorded is asked once more; what is recorded is not asked again, and nothing is done twice.
"""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from asyncio.subprocess import Process
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any, Final

import pytest

from pointsman.contracts.values import JsonObject
from pointsman.fsm.model_turns import wish_name
from pointsman.server.application import Application
from pointsman.server.store.instances import places
from tests.faults.models.processes import (
    PATIENCE_S,
    POINTSMAN,
    begun,
    broken_chains,
    ended,
    read,
    rows_at_the_end,
    sessions,
    until,
)
from tests.faults.models.two_steps import TwoSteps, hold_to_the_end, placed

pytestmark = [pytest.mark.faults]

FIRST: Final = ("working", 0)
SECOND: Final = ("working", 1)
ALL: Final = [FIRST, SECOND, ("checking", 0), ("checking", 1)]


async def come_to_its_end(place: TwoSteps, application: Application, session: str) -> list[JsonObject]:
    """Give the rows of the session at its end: its writes are made once each, and its audit verifies."""
    rows = await rows_at_the_end(application, session)
    hold_to_the_end(place, rows, in_doubt=False)
    assert await broken_chains(application) == []
    return rows


def turns(rows: Sequence[JsonObject]) -> list[object]:
    """How the answers were recorded, in their order."""
    return [row["outcome"] for row in rows if row["kind"] == "model"]


async def killed_while_it_asks(folder: Path) -> None:
    """The other server takes the turn over after the lease, and asks the question once more."""
    answer = Event()
    with placed(folder, {FIRST: answer}) as place:
        async with place.looked_at() as look, place.serving(look) as one, place.serving(look) as two:
            session = await begun(look, "two_steps", "both")
            await until(lambda: place.model.asked == [FIRST])
            turn = (await read(look, session)).stay.turn
            assert turn is not None
            [(pid, _)] = (await look.engine.reading(places, [turn.instance])).values()
            next(process for process in (one, two) if process.pid == pid).kill()
            answer.set()
            rows = await come_to_its_end(place, look, session)
        assert (place.model.asked, turns(rows)) == ([FIRST, *ALL], ["done"] * 4)


async def killed_between_two_wishes(folder: Path) -> None:
    """The other server finds the answer recorded and its first write made: it does the rest, and asks for no other."""
    answer = Event()
    stopping = ("-m", "tests.faults.models.stopped_run", "SIGKILL", "before", wish_name(1, 1, 2))
    with placed(folder, {FIRST: answer}) as place:
        async with place.looked_at() as look, place.serving(look, *stopping) as one:
            session = await begun(look, "two_steps", "both")
            await until(lambda: place.model.asked == [FIRST])
            async with place.serving(look):
                answer.set()
                assert (await ended(one), place.written) == (-signal.SIGKILL, ["note one"])
                rows = await come_to_its_end(place, look, session)
        assert (place.model.asked, turns(rows)) == (ALL, ["done"] * 4)


async def suspended_while_it_asks(folder: Path) -> None:
    """A server takes the turn over from a run that stands still. The run's answer is then late, and has its cost."""
    answer, others_answer = Event(), Event()
    with placed(folder, {FIRST: answer, SECOND: others_answer}) as place:
        async with place.looked_at() as look, place.serving(look):
            async with place.running(POINTSMAN, "run", "--set", "text=both") as run:
                await until(lambda: place.model.asked == [FIRST])
                stand_still(run, place)
                answer.set()
                await until(lambda: place.model.asked == [FIRST, FIRST, SECOND])
                run.send_signal(signal.SIGCONT)
                [session] = await look.engine.reading(sessions)
                async with asyncio.timeout(PATIENCE_S):
                    while "late" not in turns(rows := await look.engine.audit_rows(session)):
                        await look.engine.wait_for_change(session, len(rows), 1_000)
                assert place.written == ["note one", "deposit 5"]
                others_answer.set()
                rows = await come_to_its_end(place, look, session)
                assert await ended(run) == 0
            cost_usd = (await read(look, session)).counts.cost_usd
        assert (place.model.asked, turns(rows)) == ([FIRST, *ALL], ["done", "late", "done", "done", "done"])
        assert "too late: nothing in it is done" in place.said
        bodies: list[Any] = [row["body"] for row in rows if row["kind"] == "model"]
        assert cost_usd == pytest.approx(sum(body["cost_usd"] for body in bodies))


def stand_still(process: Process, place: TwoSteps) -> None:
    """Stop a process where it holds no lock of the database."""
    while True:
        process.send_signal(signal.SIGSTOP)
        with closing(sqlite3.connect(place.database, timeout=0.2, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                process.send_signal(signal.SIGCONT)
            else:
                return


async def test_a_model_session_goes_on_in_another_process_asks_only_what_was_lost_and_writes_nothing_twice(
    tmp_path: Path,
) -> None:
    async with asyncio.TaskGroup() as group:
        for story in (killed_while_it_asks, killed_between_two_wishes, suspended_while_it_asks):
            group.create_task(story(tmp_path / story.__name__), name=story.__name__)
