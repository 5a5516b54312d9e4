from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pointsman.server.bounds import LEASE_MS, LEASE_RENEWAL_MS
from pointsman.server.engines.embedded import EmbeddedEngine, Hooks
from pointsman.server.store.instances import add_instance, beats
from tests.server.engines.instruments import Monotonic
from tests.server.tale import opened, start, tale, write


async def test_a_process_that_has_ended_is_dead_at_once(path: Path) -> None:
    async with opened(path) as engine:
        async with opened(path, instance="there"):
            assert await engine.dead_instances({"there"}) == set()
        assert await engine.dead_instances({"there", "here"}) == {"there"}
        assert await engine.dead_instances(set()) == set()


async def test_a_process_whose_beat_stands_still_for_a_lease_is_dead(path: Path) -> None:
    """Fault 5: the clock on the wall has no part in it."""
    clock = Monotonic()
    workflow = tale()
    async with (
        opened(path, workflow, hooks=Hooks(monotonic=clock)) as engine,
        opened(path, workflow, instance="there") as other,
    ):
        await other.submit("s1", start("s1", workflow))
        await other.submit("s1", write("there"))
        assert await engine.dead_instances({"there"}) == set()
        for _ in range(2 * LEASE_MS // LEASE_RENEWAL_MS):
            clock.seconds += LEASE_RENEWAL_MS / 1000
            await other.beat()
            assert await engine.dead_instances({"there"}) == set()
        looks = 0
        while not await engine.dead_instances({"there"}):
            clock.seconds += LEASE_RENEWAL_MS / 1000
            looks += 1
        assert looks == LEASE_MS // LEASE_RENEWAL_MS
        await other.beat()
        assert await engine.dead_instances({"there"}) == set()


async def test_a_process_that_did_not_look_for_long_calls_nobody_dead_for_it(path: Path) -> None:
    """A neighbour with nothing to do does not beat, and a process that was stopped has seen no beat."""
    clock = Monotonic()
    workflow = tale()
    async with (
        opened(path, workflow, hooks=Hooks(monotonic=clock)) as engine,
        opened(path, workflow, instance="there") as other,
    ):
        await other.submit("s1", start("s1", workflow))
        assert await engine.dead_instances({"there"}) == set()
        clock.seconds += 100 * LEASE_MS / 1000
        await other.submit("s1", write("there"))
        assert await engine.dead_instances({"there"}) == set()


async def beat_of(engine: EmbeddedEngine) -> int:
    return (await engine.reading(beats, ["here"]))["here"]


async def test_a_process_writes_no_beat_while_no_session_holds_an_open_call(path: Path) -> None:
    workflow = tale()
    async with opened(path, workflow) as engine:
        await engine.submit("s1", start("s1", workflow))
        await engine.beat()
        assert await beat_of(engine) == 0
        await engine.submit("s1", write())
        await engine.beat()
        assert await beat_of(engine) == 1


@pytest.fixture
def waiting() -> Iterator[subprocess.Popen[bytes]]:
    """A process that is there, and does nothing."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def end(process: subprocess.Popen[bytes]) -> None:
    """End it, and do not ask about it as its parent."""
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)


async def test_a_process_that_is_there_stands_whether_it_shows_life_or_not(
    path: Path, waiting: subprocess.Popen[bytes]
) -> None:
    """What it has sent may be under way; of one that has ended, or is on another machine, nothing is known."""
    async with opened(path) as engine:
        await engine.writing(add_instance, "there", waiting.pid, socket.gethostname(), 0)
        await engine.writing(add_instance, "elsewhere", waiting.pid, "another machine", 0)
        names = {"here", "there", "elsewhere", "gone"}
        assert await engine.standing_instances(names) == {"there"}
        assert await engine.standing_instances(set()) == set()
        end(waiting)
        assert await engine.standing_instances(names) == set()
