"""Fault 38: a flood of refused calls of one session does not fill the disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pointsman.contracts.workflow import Limit
from pointsman.server.audit.verify import verify_and_replay
from pointsman.server.engines import strays
from pointsman.server.engines.embedded import Hooks
from pointsman.server.engines.strays import StrayBound
from pointsman.server.errors import StoreUnreadable
from tests.server.engines.instruments import Monotonic
from tests.server.tale import note, opened, send, start, tale

BOUND = 5


@pytest.fixture(autouse=True)
def small_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strays, "SESSION_REFUSALS_PER_MINUTE", BOUND)


async def test_refusals_beyond_the_bound_are_answered_and_leave_no_row_in_the_session(tmp_path: Path) -> None:
    clock = Monotonic()
    workflow = tale()
    async with opened(tmp_path / "db", workflow, hooks=Hooks(monotonic=clock)) as engine:
        await engine.submit("s1", start("s1", workflow))
        decisions = [await engine.submit("s1", send("unknown")) for _ in range(20)]
        assert {decision.refusal.code for decision in decisions if decision.refusal} == {"NOT_ALLOWED"}
        assert len([one for one in await engine.audit_rows("s1") if one["kind"] == "denied"]) == BOUND
        assert len(await engine.audit_rows("server")) == 20 - BOUND
        accepted = await engine.submit("s1", note(1))
        assert accepted.refusal is None
        clock.seconds += 61
        await engine.submit("s1", send("unknown"))
        assert len([one for one in await engine.audit_rows("s1") if one["kind"] == "denied"]) == BOUND + 1
        assert all(report.ok for report in await engine.reading(lambda one: list(verify_and_replay(one))))


async def test_an_event_sent_again_and_again_is_answered_as_ever(tmp_path: Path) -> None:
    workflow = tale()
    async with opened(tmp_path / "db", workflow) as engine:
        await engine.submit("s1", start("s1", workflow))
        await engine.submit("s1", send("ask"))
        again = [await engine.submit("s1", send("ask")) for _ in range(20)]
        assert all(decision.repeated and decision.refusal is None for decision in again)
        assert len([one for one in await engine.audit_rows("s1") if one["outcome"] == "repeated"]) == BOUND


async def test_a_refusal_that_a_limit_counts_is_always_written(tmp_path: Path) -> None:
    workflow = tale()
    workflow = replace(workflow, limits=(Limit("denials", 10, "end"),))
    async with opened(tmp_path / "db", workflow) as engine:
        await engine.submit("s1", start("s1", workflow))
        last = [await engine.submit("s1", send("unknown")) for _ in range(11)][-1]
    assert last.refusal is not None
    assert last.refusal.code == "LIMIT_REACHED"


def test_each_session_has_a_bound_of_its_own() -> None:
    bound = StrayBound(Monotonic())
    assert [bound.admits_of("a") for _ in range(BOUND + 1)] == [True] * BOUND + [False]
    assert bound.admits_of("b")


async def test_a_database_that_was_deleted_or_replaced_takes_no_more_commands(tmp_path: Path) -> None:
    """What is written to a deleted file is lost, so it must not be acknowledged."""
    path = tmp_path / "db"
    workflow = tale()
    async with opened(path, workflow) as engine:
        await engine.submit("s1", start("s1", workflow))
        path.rename(tmp_path / "elsewhere")
        with pytest.raises(StoreUnreadable, match="deleted or replaced"):
            await engine.submit("s1", note(1))
        path.write_bytes(b"")
        with pytest.raises(StoreUnreadable, match="deleted or replaced"):
            await engine.submit("s1", note(1))
        (tmp_path / "elsewhere").rename(path)
        assert (await engine.submit("s1", note(1))).refusal is None
