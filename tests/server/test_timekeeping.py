"""The processes of one database go by one time, whoever sets the machine's clock."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from pointsman.contracts.values import JsonObject
from pointsman.server.application import Application, open_application
from pointsman.server.audit.verify import verify_and_replay
from pointsman.server.clock import SteadyClock
from pointsman.server.engines.embedded import EmbeddedEngine
from pointsman.server.engines.neighbours import life_of
from pointsman.server.store.instances import add_instance, note_clock
from pointsman.server.timekeeping import clock_beside
from tests.server.governor.desks import HERE, started
from tests.server.machines import DAY_MS, T0, Machine

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell one process from another")


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name in ("desk.py", "desk.yaml"):
        shutil.copy(HERE / name, tmp_path / name)
    return tmp_path


def process(place: Path, machine: Machine) -> AbstractAsyncContextManager[Application]:
    return open_application(str(place / "p.db"), [place / "desk.yaml"], clock=machine.clock(), caretaking=False)


async def look(application: Application) -> None:
    await application.caretaker.beat()
    await application.caretaker.fire_due()


async def clock_rows(application: Application) -> list[JsonObject]:
    return [row for row in await application.engine.audit_rows("server") if row["action"] == "keep_time"]


@pytest.mark.parametrize("by_ms", [DAY_MS, -DAY_MS])
async def test_a_jump_of_a_day_fires_nothing_early_or_late_and_is_audited_once(
    place: Path, machine: Machine, by_ms: int
) -> None:
    async with process(place, machine) as application:
        session = (await started(application)).session
        machine.step(by_ms)
        await look(application)
        await look(application)
        before = await application.engine.read(session)
        machine.pass_time(DAY_MS)  # its own time comes
        await look(application)
        after = await application.engine.read(session)
        rows = await clock_rows(application)
        reports = await application.engine.reading(lambda connection: list(verify_and_replay(connection)))
    assert before is not None
    assert before.state == "writing"
    assert after is not None
    assert after.state == "dropped"
    (row,) = rows
    body = row["body"]
    assert isinstance(body, dict)
    assert (row["kind"], row["actor_id"], row["channel"], body["act"]) == ("admin", "pointsman", "server", "clock")
    assert isinstance(result := body["result"], dict)
    assert result["step_ms"] == by_ms
    assert "elapsed time" in str(body["reason"])
    assert all(report.ok for report in reports)


async def test_a_process_that_starts_takes_the_time_of_one_that_runs(place: Path, machine: Machine) -> None:
    async with process(place, machine) as first:
        session = (await started(first)).session
        machine.step(DAY_MS)
        async with process(place, machine) as second:
            assert second.governor.clock.now_ms() == T0
            await look(second)
            found = await second.engine.read(session)
            told = [row["body"] for row in await clock_rows(second)]
            (reason,) = [
                str(body["reason"])
                for body in told
                if isinstance(body, dict)
                and isinstance(result := body["result"], dict)
                and result["instance"] == second.engine.instance
            ]
            assert "far from" in reason
    assert found is not None
    assert found.state == "writing"


async def test_a_command_beside_a_server_goes_by_its_time(place: Path) -> None:
    async with process(place, Machine()) as application:
        clock = application.governor.clock
        assert isinstance(clock, SteadyClock)
        engine = await EmbeddedEngine.open(str(place / "p.db"), lambda _digest: None, instance="beside")
        assert (await clock_beside(engine)).ahead_ms == clock.ahead_ms
        await engine.aclose()


async def test_a_process_that_has_ended_tells_no_time(place: Path, machine: Machine) -> None:
    """Its number may be another process's by now."""
    async with process(place, machine) as first:
        await first.engine.writing(add_instance, "gone", os.getpid(), socket.gethostname(), 0)
        await first.engine.writing(note_clock, "gone", "the life of another", 0)
        async with process(place, machine) as second:
            assert second.governor.clock.now_ms() == T0
            assert await clock_rows(second) == []


def test_a_life_is_of_one_process_alone() -> None:
    assert life_of(1) != life_of(os.getpid()) == life_of(os.getpid())
    assert life_of(2**22 + 1) is None
