"""Several processes over one database, one of which goes in the middle of a model's turn (issue 7).

What it has asked and not recorded is asked once more; what is recorded is not asked again, and nothing is done twice.
"""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from threading import Event
from typing import Any, Final

import pytest

from pointsman.contracts.values import JsonObject
from pointsman.fsm.model_turns import wish_name
from pointsman.fsm.session import Actor, Session
from pointsman.server.application import Application, open_application
from pointsman.server.identity import new_handle
from pointsman.server.replies import Caller
from pointsman.server.replies import Reply as Replied
from pointsman.server.store.instances import places
from tests.faults.models.two_steps import (
    PATIENCE_S,
    POINTSMAN,
    Place,
    broken_chains,
    ended,
    hold_to_the_end,
    placed,
    sessions,
    until,
)

pytestmark = [pytest.mark.faults]

ADA: Final = Caller(Actor("agent", "ada"), None, "mcp")
FIRST: Final = ("working", 0)
SECOND: Final = ("working", 1)
ALL: Final = [FIRST, SECOND, ("checking", 0), ("checking", 1)]
_OPENING: Final = asyncio.Lock()
"""Databases are made one after the other: alembic knows one at a time."""


@asynccontextmanager
async def looked_at(place: Place) -> AsyncGenerator[Application]:
    """Open the database beside the processes of the place, and drive nothing."""
    async with AsyncExitStack() as stack:
        async with _OPENING:
            opening = open_application(str(place.database), [place.workflow], caretaking=False)
            application = await stack.enter_async_context(opening)
        yield application


@asynccontextmanager
async def serving(place: Place, application: Application, *before: str) -> AsyncGenerator[Process]:
    """Serve the workflow, from when the process takes part in the database."""
    async with place.running(before or POINTSMAN, "serve") as process:
        while process.pid not in await application.engine.reading(_pids):
            assert process.returncode is None, place.said
            await asyncio.sleep(0.05)
        yield process


def _pids(connection: Any) -> set[int]:  # noqa: ANN401 -- a connection of SQLAlchemy
    return {row[0] for row in connection.exec_driver_sql("SELECT pid FROM instances")}


async def begun(application: Application) -> str:
    session = new_handle()
    answer = await application.governor.begin(ADA, "two_steps", {"text": "both"}, session)
    assert isinstance(answer, Replied), answer
    return session


async def read(application: Application, session: str) -> Session:
    found = await application.engine.read(session)
    assert found is not None
    return found


async def come_to_its_end(place: Place, application: Application, session: str) -> list[JsonObject]:
    """Wait until the session has ended; its writes are made once each, and its audit verifies. Give its rows."""
    async with asyncio.timeout(PATIENCE_S):
        while (now := await read(application, session)).ended is None:
            await application.engine.wait_for_change(session, now.revision, 1_000)
    rows = await application.engine.audit_rows(session)
    hold_to_the_end(place, rows, in_doubt=False)
    assert await broken_chains(application) == []
    return rows


def turns(rows: list[JsonObject]) -> list[Any]:
    """How the answers were recorded, in their order."""
    return [row["outcome"] for row in rows if row["kind"] == "model"]


async def killed_while_it_asks(folder: Path) -> None:
    """The other server takes the turn over after the lease, and asks the question once more."""
    answer = Event()
    with placed(folder, {FIRST: answer}) as place:
        async with (
            looked_at(place) as application,
            serving(place, application) as one,
            serving(place, application) as two,
        ):
            session = await begun(application)
            await until(lambda: place.model.asked == [FIRST])
            turn = (await read(application, session)).stay.turn
            assert turn is not None
            [(pid, _)] = (await application.engine.reading(places, [turn.instance])).values()
            next(process for process in (one, two) if process.pid == pid).kill()
            answer.set()
            rows = await come_to_its_end(place, application, session)
        assert (place.model.asked, turns(rows)) == ([FIRST, *ALL], ["done"] * 4)


async def killed_between_two_wishes(folder: Path) -> None:
    """The other server finds the answer recorded and its first write made: it does the rest, and asks for no other."""
    answer = Event()
    stopping = ("-m", "tests.faults.models.stopped_run", "SIGKILL", "before", wish_name(1, 1, 2))
    with placed(folder, {FIRST: answer}) as place:
        async with looked_at(place) as application, serving(place, application, *stopping) as one:
            session = await begun(application)
            await until(lambda: place.model.asked == [FIRST])
            async with serving(place, application):
                answer.set()
                assert (await ended(one), place.written) == (-signal.SIGKILL, ["note one"])
                rows = await come_to_its_end(place, application, session)
        assert (place.model.asked, turns(rows)) == (ALL, ["done"] * 4)


async def suspended_while_it_asks(folder: Path) -> None:
    """A server takes the turn over from a run that stands still. The run's answer is then late, and has its cost."""
    answer, others_answer = Event(), Event()
    with placed(folder, {FIRST: answer, SECOND: others_answer}) as place:
        async with looked_at(place) as application, serving(place, application):
            async with place.running(POINTSMAN, "run", "--set", "text=both") as run:
                await until(lambda: place.model.asked == [FIRST])
                stand_still(run, place)
                answer.set()
                await until(lambda: place.model.asked == [FIRST, FIRST, SECOND])
                before = list(place.written)
                run.send_signal(signal.SIGCONT)
                [session] = await application.engine.reading(sessions)
                async with asyncio.timeout(PATIENCE_S):
                    while "late" not in turns(rows := await application.engine.audit_rows(session)):
                        await application.engine.wait_for_change(session, len(rows), 1_000)
                assert place.written == before == ["note one", "deposit 5"]
                others_answer.set()
                rows = await come_to_its_end(place, application, session)
                assert await ended(run) == 0
            counts = (await read(application, session)).counts
        assert (place.model.asked, turns(rows)) == ([FIRST, *ALL], ["done", "late", "done", "done", "done"])
        assert "too late: nothing in it is done" in place.said
        costs: list[Any] = [row["body"] for row in rows if row["kind"] == "model"]
        assert counts.cost_usd == pytest.approx(sum(one["cost_usd"] for one in costs))


def stand_still(process: Process, place: Place) -> None:
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
