"""The database locked, full or failing: nothing is done, it is said so, and it goes on afterwards."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Connection

from pointsman.server.errors import StoreBusy, StoreFull
from pointsman.server.store import opening
from tests.server.engines.instruments import assert_verified
from tests.server.outside import full_disk, locked
from tests.server.tale import note, opened, start, tale

PAGES_LEFT = 2


def leave_few_pages(connection: Connection) -> None:
    """Let SQLite itself believe that the disk is nearly full."""
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    assert pages is not None
    connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + PAGES_LEFT}")


async def test_a_lock_that_stays_is_busy_within_its_bound_and_nothing_is_done(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 4: database locked: bounded wait, BUSY."""
    monkeypatch.setattr(opening, "DATABASE_BUSY_MS", 50)
    workflow = tale()
    async with opened(path, workflow) as engine:
        before = (await engine.submit("s1", start("s1", workflow))).session
        with locked(path):
            results = await asyncio.gather(
                engine.submit("s1", note(1)), engine.submit("s2", start("s2", workflow)), return_exceptions=True
            )
            assert [type(each) for each in results] == [StoreBusy, StoreBusy]
            assert StoreBusy.code == "BUSY"
            assert await engine.read("s1") == before
        after = (await engine.submit("s1", note(1))).session
        assert before is not None
        assert after is not None
        assert after.revision == before.revision + 2
        await assert_verified(engine)


async def test_a_lock_that_goes_in_time_is_waited_for(path: Path) -> None:
    workflow = tale()
    async with opened(path, workflow) as engine:
        await engine.submit("s1", start("s1", workflow))
        with locked(path):
            waiting = asyncio.ensure_future(engine.submit("s1", note(1)))
            assert await engine.read("s1") is not None  # reads go on beside a writer
        assert (await waiting).refusal is None


async def test_a_database_that_cannot_grow_is_full_and_nothing_is_done_and_it_recovers(path: Path) -> None:
    """Fault 3: disk full: STORAGE_FULL, no effect started, recovers."""
    workflow = tale()
    async with opened(path, workflow) as engine:
        before = (await engine.submit("s1", start("s1", workflow))).session
        await engine.writing(leave_few_pages)
        with pytest.raises(StoreFull, match="Nothing was done"):
            await engine.submit("s1", note(1, "x" * 50_000))
        assert StoreFull.code == "STORAGE_FULL"
        assert await engine.read("s1") == before
        after = (await engine.submit("s1", note(1, "x" * 50_000))).session
        assert after is not None
        assert before is not None
        assert after.revision == before.revision + 2
        await assert_verified(engine)


async def test_a_file_that_cannot_grow_is_full_and_nothing_is_done_and_it_recovers(path: Path) -> None:
    """Fault 3, from below: the operating system refuses the write."""
    workflow = tale()
    async with opened(path, workflow) as engine:
        before = (await engine.submit("s1", start("s1", workflow))).session
        with full_disk(path), pytest.raises(StoreFull):
            await engine.submit("s1", note(1, "x" * 200_000))
        assert await engine.read("s1") == before
        assert (await engine.submit("s1", note(1, "x" * 200_000))).refusal is None
        await assert_verified(engine)
