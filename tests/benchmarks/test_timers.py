"""How long ten thousand timers take that are due at once, and how long a client waits meanwhile.

Beside them: the same sessions moved by nothing but the engine, as many commands side by side. Nothing is asserted.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from pathlib import Path
from typing import Final

import pytest

from pointsman.fsm.commands import Command, Expire
from pointsman.server.application import open_application
from pointsman.server.bounds import TIMERS_AT_ONCE
from pointsman.server.clock import machine_ms
from pointsman.server.identity import SERVER, new_command_id
from pointsman.server.replies import Caller, Reply
from tests.server.crowd import STARTER, make_crowd, states

pytestmark = pytest.mark.benchmark

SESSIONS: Final = 10_000
TIMER: Final = "1.after.0"
AGENT: Final = Caller(STARTER, None, "mcp")


async def seconds_of_the_engine(place: Path) -> float:
    """Expire every timer by commands to the engine, as many side by side as the server has."""
    database = place / "engine.sqlite3"
    await make_crowd(place, database, SESSIONS, machine_ms() - 7_200_000)
    async with open_application(str(database), [place / "crowd.yaml"], caretaking=False) as application:
        engine, now_ms = application.engine, application.governor.clock.now_ms()
        names: list[str] = []
        last = None
        while due := await engine.due_sessions(now_ms, ["crowd"], last):
            last = due[-1]
            names += [one.id for one in due]
        left = iter(names)

        async def expire() -> None:
            for name in left:
                await engine.submit(
                    name, Command(new_command_id(), now_ms, SERVER, "server", engine.instance, Expire(TIMER))
                )

        began_s = time.perf_counter()
        await asyncio.gather(*(expire() for _ in range(TIMERS_AT_ONCE)))
        taken_s = time.perf_counter() - began_s
    assert states(database) == {"moved": SESSIONS}
    return taken_s


async def seconds_of_the_server(place: Path) -> tuple[float, list[float]]:
    """Have them fired as a server does, while a client starts sessions and ends them."""
    database = place / "server.sqlite3"
    await make_crowd(place, database, SESSIONS, machine_ms() - 7_200_000)
    waits_s: list[float] = []
    async with open_application(str(database), [place / "crowd.yaml"], caretaking=False) as application:
        governor = application.governor
        began_s = time.perf_counter()
        firing = asyncio.create_task(application.caretaker.fire_due())
        while not firing.done():
            asked_s = time.perf_counter()
            begun = await governor.start(AGENT, "crowd", {})
            assert isinstance(begun, Reply)
            await governor.act(AGENT, begun.session, "go", {})
            waits_s.append((time.perf_counter() - asked_s) / 2)
            await asyncio.sleep(0.02)
        await firing
        taken_s = time.perf_counter() - began_s
    assert states(database)["moved"] == SESSIONS
    return taken_s, waits_s


async def test_ten_thousand_timers_due_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare_s = await seconds_of_the_engine(tmp_path)
    served_s, waits_s = await seconds_of_the_server(tmp_path)
    with capsys.disabled():
        print(f"\n{SESSIONS:,} timers, due at once")  # noqa: T201 -- what was measured
        print(f"engine alone: {bare_s:6.2f} s, {SESSIONS / bare_s:6,.0f}/s")  # noqa: T201 -- the same
        print(  # noqa: T201 -- the same
            f"a server:     {served_s:6.2f} s, {SESSIONS / served_s:6,.0f}/s, {served_s / bare_s:.2f} times; a client's"
            f" call meanwhile: median {statistics.median(waits_s) * 1000:.0f} ms, at most {max(waits_s) * 1000:.0f} ms"
        )
