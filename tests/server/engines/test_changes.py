from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pointsman.fsm.session import Session
from pointsman.server.engines.changes import LOOKING, Changes
from pointsman.server.engines.embedded import Hooks
from pointsman.server.errors import StoreBusy, StoreError
from tests.server.tale import note, opened, start, tale


async def test_a_change_of_this_process_wakes_who_waits_for_it(path: Path) -> None:
    workflow = tale()
    async with opened(path, workflow) as engine:
        await engine.submit("s1", start("s1", workflow))
        waiting = asyncio.ensure_future(engine.wait_for_change("s1", 2, 10_000))
        twice = asyncio.ensure_future(engine.wait_for_change("s1", 4, 10_000))
        await asyncio.sleep(0)
        after = (await engine.submit("s1", note(1))).session
        assert await waiting == after
        assert not twice.done()
        last = (await engine.submit("s1", note(2))).session
        assert await twice == last


async def test_a_change_of_another_process_is_noticed(path: Path) -> None:
    """Design, section 3: they notice each other's commits within 200 ms."""
    workflow = tale()
    async with opened(path, workflow) as engine, opened(path, workflow, instance="there") as other:
        await engine.submit("s1", start("s1", workflow))
        waiting = asyncio.ensure_future(engine.wait_for_change("s1", 2, 10_000))
        idle = asyncio.ensure_future(engine.wait_for_change("s2", 0, 10_000))
        await asyncio.sleep(0)
        await other.submit("s9", start("s9", workflow))
        loop = asyncio.get_running_loop()
        began = loop.time()
        after = (await other.submit("s1", note(1))).session
        assert await waiting == after
        assert loop.time() - began < 2
        started = (await other.submit("s2", start("s2", workflow))).session
        assert await idle == started


async def test_a_change_that_has_come_already_is_given_at_once(path: Path) -> None:
    workflow = tale()
    async with opened(path, workflow) as engine:
        session = (await engine.submit("s1", start("s1", workflow))).session
        assert await engine.wait_for_change("s1", 1, 0) == session


async def test_waiting_ends_with_none_when_the_time_is_over(path: Path) -> None:
    workflow = tale()
    async with opened(path, workflow) as engine:
        await engine.submit("s1", start("s1", workflow))
        assert await engine.wait_for_change("s1", 2, 1) is None
        assert await engine.wait_for_change("nobody", 0, 1) is None


async def test_every_commit_is_told_with_the_sessions_it_changed(path: Path) -> None:
    told: list[Session] = []
    workflow = tale()
    async with opened(path, workflow, hooks=Hooks(on_commit=told.extend)) as engine:
        first = (await engine.submit("s1", start("s1", workflow))).session
        await engine.submit("nobody", note(1))
        second = (await engine.submit("s1", note(1))).session
    assert told == [first, second]


async def nothing(_name: str) -> None:
    return None


async def test_a_locked_database_is_looked_at_again() -> None:
    looks = iter([True])
    asked = asyncio.Event()

    def data_version() -> int:
        if next(looks, False):
            raise StoreBusy
        return 1

    async def revisions(_ids: object) -> dict[str, int]:
        asked.set()
        return {}

    changes = Changes(data_version, revisions, nothing)
    waiting = asyncio.ensure_future(changes.wait("s1", 1, 5_000))
    await asyncio.wait_for(asked.wait(), 5)
    assert list(looks) == []  # it was locked once, and asked for revisions only when it was looked at again
    assert not waiting.done()
    waiting.cancel()
    await changes.aclose()


async def test_a_failing_database_is_told_to_who_waits() -> None:
    def data_version() -> int:
        raise StoreError

    async def revisions(_ids: object) -> dict[str, int]:
        return {}

    changes = Changes(data_version, revisions, nothing)
    with pytest.raises(StoreError):
        await changes.wait("s1", 1, 5_000)
    await changes.aclose()


async def test_one_look_at_the_database_serves_all_who_wait_and_ends_with_the_last(path: Path) -> None:
    workflow = tale()
    async with opened(path, workflow) as engine, opened(path, workflow, instance="there") as other:
        await engine.submit("s1", start("s1", workflow))
        early = asyncio.ensure_future(engine.wait_for_change("s1", 2, 10_000))
        late = asyncio.ensure_future(engine.wait_for_change("s1", 4, 10_000))
        await asyncio.sleep(0)
        first = (await other.submit("s1", note(1))).session
        assert await early == first
        second = (await other.submit("s1", note(2))).session
        assert await late == second
        (looking,) = [task for task in asyncio.all_tasks() if task.get_name() == LOOKING]
        await looking
        again = asyncio.ensure_future(engine.wait_for_change("s1", 6, 10_000))
        third = (await other.submit("s1", note(3))).session
        assert await again == third


async def test_a_session_that_is_gone_when_it_is_read_wakes_nobody() -> None:
    asked = asyncio.Event()

    async def revisions(_ids: object) -> dict[str, int]:
        return {"s1": 5}

    async def gone(_name: str) -> None:
        if waiting.done() or asked.is_set():
            return
        asked.set()

    changes = Changes(lambda: 1, revisions, gone)
    waiting = asyncio.ensure_future(changes.wait("s1", 1, 300))
    assert await waiting is None
    await changes.aclose()
