"""Whether a governed call costs more as session, database, workflow or evidence grow. Nothing is asserted.

The aims are in design, section 13: median within 1.2 times, p99 within 2, from 10 to 50,000 rows in a session, from 10
sessions in a database on, and from 5 to 1,000 states in a workflow.
"""

from __future__ import annotations

import itertools
import random
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final, cast

import pytest

from pointsman.contracts.bounds import EVIDENCE_KEPT
from pointsman.server.application import open_application
from pointsman.server.scripts.agent import Agent, Serving, Surface, open_agent

from .growth import (
    ADA,
    CALLS,
    WARMING_UP,
    Acting,
    Action,
    Side,
    acting,
    measure,
    repeat,
    sized,
    start,
    table,
    with_evidence,
)

pytestmark = pytest.mark.benchmark

ROWS: Final = (10, 1_000, 10_000, 50_000)
SESSIONS: Final = (10, 10_000, 100_000)
STATES: Final = (5, 50, 1_000)
INDEXES: Final = (0, 1, 10)


def tell(capsys: pytest.CaptureFixture[str], title: str, sides: Sequence[Side]) -> None:
    with capsys.disabled():
        sys.stdout.write(table(title, sides) + "\n")


async def test_with_the_rows_of_a_session(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sides: list[Side] = []
    async with AsyncExitStack() as stack:
        for rows in ROWS:
            opening = open_application(str(tmp_path / f"{rows}.db"), [sized(tmp_path, 5)], caretaking=True)
            application = await stack.enter_async_context(opening)
            session = await start(application, {})
            governor = application.governor
            await repeat(rows // 2, lambda: governor.act(ADA, session, "note", {"text": "Once more."}))  # noqa: B023
            found = await application.engine.read(session)
            assert found is not None
            assert found.revision >= rows
            sides.append(Side(f"{rows:,} rows", acting(application, itertools.repeat(session).__next__)))
        await measure(sides)
    tell(capsys, "Rows in the session", sides)


async def test_with_the_sessions_of_the_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In one session, which is in memory; and in one after the other, most of which must be read first."""
    one: list[Side] = []
    many: list[Side] = []
    async with AsyncExitStack() as stack:
        for count in SESSIONS:
            opening = open_application(str(tmp_path / f"{count}.db"), [sized(tmp_path, 5)], caretaking=True)
            application = await stack.enter_async_context(opening)
            names: list[str] = []

            async def begin() -> None:
                names.append(await start(application, {}))  # noqa: B023

            await repeat(count, begin)
            one.append(Side(f"{count:,} sessions", acting(application, itertools.repeat(names[0]).__next__)))
            shuffled = random.Random(7).choices(names, k=4 * (CALLS + WARMING_UP))
            many.append(Side(f"one of {count:,}", acting(application, itertools.cycle(shuffled).__next__)))
        await measure(one)
        await measure(many)
    tell(capsys, "Sessions in the database, calls in one of them", one)
    tell(capsys, "Sessions in the database, calls in any of them", many)


async def test_with_the_states_of_the_workflow(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And with the states a session has been in, each of which it counts."""
    sides: list[Side] = []
    async with AsyncExitStack() as stack:
        for states, visited in ((5, 1), (50, 1), (1_000, 1), (1_000, 1_000)):
            opening = open_application(
                str(tmp_path / f"{states}-{visited}.db"), [sized(tmp_path, states)], caretaking=True
            )
            application = await stack.enter_async_context(opening)
            session = await start(application, {})
            for _ in range(visited if visited > 1 else 0):
                await application.governor.act(ADA, session, "go", {})
            found = await application.engine.read(session)
            assert found is not None
            assert (found.state, len(found.visits)) == ("s0", visited)
            title = f"{states:,} states" if visited == 1 else f"{states:,}, all visited"
            sides.append(Side(title, acting(application, itertools.repeat(session).__next__)))
        await measure(sides)
    tell(capsys, "States in the workflow", sides)


async def test_with_the_evidence_that_a_session_keeps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The read is put into every index, `prove` looks into every one, and each commit writes all entries."""
    actions: dict[str, Action] = {
        "read": ("echo.look", {"name": "n1"}, "done"),
        "prove": ("prove", {"text": "n1"}, "done"),
        "refusal": ("no_such_tool", {}, "refused"),
    }
    sides: list[Side] = []
    async with AsyncExitStack() as stack:
        for indexes in INDEXES:
            file = with_evidence(tmp_path, indexes)
            application = await stack.enter_async_context(
                open_application(str(tmp_path / f"{indexes}.db"), [file], caretaking=True)
            )
            session = await start(application, {})
            for number in range(EVIDENCE_KEPT if indexes else 0):
                await application.governor.act(ADA, session, "echo.look", {"name": f"n{number}"})
            found = await application.engine.read(session)
            assert found is not None
            kept = sum(len(index) for index in found.evidence.values())
            assert kept == indexes * EVIDENCE_KEPT
            sides.append(Side(f"{kept:,} entries", acting(application, itertools.repeat(session).__next__)))
        await measure(sides, actions)
    tell(capsys, "Evidence in the session", sides)


@pytest.mark.parametrize("surface", ["adaptive", "stable", "compact"])
async def test_with_the_states_of_the_workflow_over_stdio(
    surface: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a surface adds: its list, its schemas, its reply. The processor's time is that of the client alone."""
    sides: list[Side] = []
    async with AsyncExitStack() as stack:
        for states in STATES:
            database = str(tmp_path / f"{states}.db")
            serving = Serving(sized(tmp_path, states), database, cast("Surface", surface))
            agent = await stack.enter_async_context(open_agent(serving))
            await agent.start("sized", {})
            sides.append(Side(f"{surface}, {states:,} states", _of_agent(agent)))
        await measure(sides, calls=CALLS // 2)
    tell(capsys, f"States in the workflow, over stdio, {surface}", sides)


def _of_agent(agent: Agent) -> Acting:
    async def act(action: Action) -> None:
        name, arguments, outcome = action
        assert (await agent.act(name, arguments))["outcome"] == outcome

    return act
