"""The machine's clock is set by a day under a server that runs, which a shared object makes one process see.

Nothing is due early, and nothing late; a server that starts beside it goes by its time; both say so.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from tests.journeys.deployed import Deployed, begun
from tests.server.command_line.terminal import Shell

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(sys.platform != "linux" or shutil.which("cc") is None, reason="needs Linux and a C compiler"),
]

DAY_MS = 86_400_000
SOON = """
workflow: soon
version: 1
initial: waiting
limits: [{duration: 20h, then: late}]
states:
  waiting: {actor: agent, goal: Wait., events: {go: {next: moved}}, after: {in: 8s, to: moved}}
  moved: {actor: agent, goal: Go on., events: {go: {next: late}}}
  late: {final: stopped}
"""


@dataclass(frozen=True)
class Stepped(Shell):
    """A shell whose processes see a clock that is set by what stands in a file."""

    @property
    def step(self) -> Path:
        return self.place / "step"

    @property
    @override
    def environment(self) -> dict[str, str]:
        loaded = {"LD_PRELOAD": str(self.place / "stepped_clock.so"), "STEP_FILE": str(self.step)}
        return {**super().environment, **loaded}


@pytest.fixture
def shell(tmp_path: Path) -> Stepped:
    (tmp_path / "soon.yaml").write_text(SOON)
    source = Path(__file__).with_name("stepped_clock.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", tmp_path / "stepped_clock.so", source], check=True)
    shell = Stepped(tmp_path)
    shell.step.write_text("0")
    told = [sys.executable, "-c", "import time; print(time.time_ns() // 10**9)"]
    moments = [int(subprocess.run(told, env=shell.environment, capture_output=True, check=True).stdout)]
    shell.step.write_text(str(DAY_MS))
    moments.append(int(subprocess.run(told, env=shell.environment, capture_output=True, check=True).stdout))
    assert DAY_MS // 1000 <= moments[1] - moments[0] < DAY_MS // 1000 + 10
    shell.step.write_text("0")
    return shell


async def end(process: asyncio.subprocess.Process) -> None:
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(20):
        await process.communicate()


def clock_rows(server: Deployed) -> list[dict[str, Any]]:
    shown = server.shell.run("audit", "show", "server", "--json")
    return [row for row in shown.lines if row["action"] == "keep_time"]


@pytest.mark.parametrize("by_ms", [DAY_MS, -DAY_MS])
async def test_a_server_whose_machines_clock_is_set_by_a_day_goes_on_by_its_own(shell: Stepped, by_ms: int) -> None:
    process, server = await begun(shell, "soon.yaml")
    async with server.agent() as agent:
        session = str((await agent.call("start_soon"))["session"])
        await agent.call("go", session=session)  # only its 20 hours are left
        waiting = str((await agent.call("start_soon"))["session"])
        shell.step.write_text(str(by_ms))
        async with asyncio.timeout(20):
            while not clock_rows(server):  # noqa: ASYNC110 -- another process writes them
                await asyncio.sleep(0.1)
        assert shell.state(waiting) == "waiting"
        beside, second = await begun(shell, "soon.yaml")
        async with asyncio.timeout(20):
            while shell.state(waiting) == "waiting":  # noqa: ASYNC110 -- another process moves it
                await asyncio.sleep(0.1)
        assert shell.state(session) == "moved"
        told = [row["body"] for row in clock_rows(second)]
        ends: dict[str, list[int]] = {"elapsed": [], "far": []}
        for body in told:
            ends["far" if "far from" in body["reason"] else "elapsed"].append(body["result"]["step_ms"])
        assert [len(found) for found in ends.values()] == [1, 1]
        assert all(abs(step - by_ms) < 1_000 for found in ends.values() for step in found)
        await end(beside)
    await end(process)
    rows = shell.look("audit", "show", waiting)
    assert [row["kind"] for row in rows] == ["started", "entered", "timer", "entered"]
    verified = shell.run("audit", "verify")
    assert verified.code == 0, verified.stdout
