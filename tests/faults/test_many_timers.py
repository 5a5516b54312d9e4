"""Ten thousand timers are due at once; the server is killed in the middle; each fires once."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path
from typing import Final

import pytest

from pointsman.server.clock import machine_ms
from tests.journeys.deployed import begun, deployed
from tests.server.command_line.terminal import Shell
from tests.server.crowd import make_crowd, states, timers_fired

pytestmark = pytest.mark.faults

SESSIONS: Final = 10_000
KILLED_AT: Final = 2_000
SLOWEST_ANSWER_S: Final = 5.0
"""The bound that a client is promised while they fire. It tells waiting its turn from waiting for all of them."""


async def test_ten_thousand_timers_fire_once_each_across_a_kill_in_the_middle(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    await make_crowd(tmp_path, shell.database, SESSIONS, machine_ms() - 7_200_000)
    assert states(shell.database) == {"waiting": SESSIONS}

    process, _ = await begun(shell, "crowd.yaml")
    async with asyncio.timeout(60):
        while states(shell.database)["moved"] < KILLED_AT:  # noqa: ASYNC110 -- another process moves them
            await asyncio.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    moved = states(shell.database)["moved"]
    assert KILLED_AT <= moved < SESSIONS

    slowest_s = 0.0
    async with deployed(shell, "crowd.yaml") as server, server.agent() as agent, asyncio.timeout(120):
        while states(shell.database)["waiting"]:
            began_s = time.monotonic()
            session = (await agent.call("start_crowd"))["session"]
            await agent.call("go", session=session)
            slowest_s = max(slowest_s, time.monotonic() - began_s)
            await asyncio.sleep(0.05)
    assert slowest_s < SLOWEST_ANSWER_S
    assert states(shell.database)["moved"] == SESSIONS
    assert timers_fired(shell.database) == {1: SESSIONS}
    verified = shell.run("audit", "verify")
    assert verified.code == 0, verified.stdout + verified.stderr
