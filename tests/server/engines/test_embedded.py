from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from pointsman.contracts.workflow import Workflow
from pointsman.fsm.commands import Call, Command, Decide, Send, Settle
from pointsman.fsm.decide import decide
from pointsman.fsm.decision import Decision
from pointsman.fsm.facts import CallResult
from pointsman.fsm.session import Session
from pointsman.fsm.snapshots import snapshot
from pointsman.server.engines import writer
from pointsman.server.engines.cache import Current, SessionCache
from pointsman.server.engines.embedded import EmbeddedEngine, Hooks
from pointsman.server.engines.glance import Glance
from pointsman.server.errors import StoreBusy, StoreUnreadable, UnknownDefinition
from pointsman.server.store.principals import Principal, add_principal, list_principals
from tests.server.engines.instruments import assert_verified
from tests.server.outside import locked
from tests.server.tale import ADA, MALLORY, MARIA, SERVER, command, note, opened, send, start, tale, write


async def test_an_acknowledged_command_is_in_the_file(path: Path) -> None:
    workflow = tale()
    async with opened(path, workflow) as engine:
        started = await engine.submit("s1", start("s1", workflow, {"n": 1}))
        noted = await engine.submit("s1", note(2))
        beside = sqlite3.connect(path)
        kinds = beside.execute("SELECT revision, kind FROM audit ORDER BY revision").fetchall()
        stored = beside.execute("SELECT revision, snapshot FROM sessions").fetchone()
        beside.close()
    assert started.session is not None
    assert noted.session is not None
    assert kinds == [(1, "started"), (2, "entered"), (3, "accepted"), (4, "entered")]
    assert stored == (noted.session.revision, snapshot(noted.session))


async def test_a_session_is_what_it_was_after_a_restart(path: Path) -> None:
    async with opened(path) as engine:
        await engine.submit("s1", start("s1", tale(), {"n": 1}))
        before = (await engine.submit("s1", note(2))).session
    async with opened(path) as engine:
        assert await engine.read("s1") == before
        after = (await engine.submit("s1", note(3))).session
        assert before is not None
        assert after is not None
        assert after.revision == before.revision + 2
        await assert_verified(engine)


async def test_a_session_that_does_not_exist_is_read_as_none(path: Path) -> None:
    async with opened(path) as engine:
        assert await engine.read("nobody") is None


async def test_commands_of_many_sessions_share_commits(path: Path) -> None:
    """Design, section 9: commands of many sessions in one commit."""
    commits: list[int] = []
    hooks = Hooks(on_commit=lambda changed: commits.append(len(changed)))
    workflow = tale()
    async with opened(path, workflow, hooks=hooks) as engine:
        names = [f"s{number}" for number in range(50)]
        await asyncio.gather(*(engine.submit(name, start(name, workflow)) for name in names))
        await asyncio.gather(*(engine.submit(name, note(1)) for name in names for _ in range(4)))
        await assert_verified(engine)
    assert len(commits) < 50
    assert max(commits) > 1


async def test_commands_of_one_session_are_decided_one_after_the_other(path: Path) -> None:
    workflow = tale()
    async with opened(path, workflow) as engine:
        await engine.submit("s1", start("s1", workflow))
        decisions = await asyncio.gather(*(engine.submit("s1", note(number)) for number in range(100)))
        assert [each.session.revision for each in decisions if each.session] == list(range(4, 204, 2))
        await assert_verified(engine)


async def test_of_a_hundred_events_that_end_the_session_one_wins(path: Path) -> None:
    """Fault 8: 100 concurrent transitions, 1 wins, 99 clean refusals."""
    workflow = tale()
    async with opened(path, workflow) as engine, opened(path, workflow, instance="there") as other:
        await engine.submit("s1", start("s1", workflow))
        racers = [engine, other] * 50
        decisions = await asyncio.gather(
            *(racer.submit("s1", command(Send("finish", {"n": n}))) for n, racer in enumerate(racers))
        )
        assert len([each for each in decisions if each.refusal is None]) == 1
        assert [each.refusal.code for each in decisions if each.refusal] == ["SESSION_ENDED"] * 99
        await assert_verified(engine)


async def test_an_engine_goes_on_from_what_another_process_has_committed(path: Path) -> None:
    workflow = tale()
    async with opened(path, workflow) as engine, opened(path, workflow, instance="there") as other:
        await engine.submit("s1", start("s1", workflow))
        for number in range(5):
            await other.submit("s1", note(number))
            await engine.submit("s1", note(-number))
        here, there = await engine.read("s1"), await other.read("s1")
        assert here == there
        assert here is not None
        assert here.revision == 22
        await assert_verified(engine)


async def test_a_command_for_an_unknown_session_is_not_found_and_leaves_a_row_in_the_servers_chain(path: Path) -> None:
    async with opened(path) as engine:
        decision = await engine.submit("nobody", note(1))
        rows = await engine.audit_rows("server")
        await assert_verified(engine)
    assert decision.session is None
    assert decision.refusal is not None
    assert decision.refusal.code == "NOT_FOUND"
    assert [(row["revision"], row["code"], row["action"]) for row in rows] == [(1, "NOT_FOUND", "note")]


async def test_a_strangers_command_is_not_found_in_the_same_words_and_leaves_no_row_in_the_session(path: Path) -> None:
    """Fault 35: handle guessing gives identical answers."""
    workflow = tale()
    async with opened(path, workflow) as engine:
        await engine.submit("s1", start("s1", workflow))
        foreign = await engine.submit("s1", command(Call("t.read", {}), MALLORY))
        unknown = await engine.submit("s2", command(Call("t.read", {}), MALLORY))
        assert foreign.refusal == unknown.refusal
        assert len(await engine.audit_rows("s1")) == 2
        assert [row["actor_id"] for row in await engine.audit_rows("server")] == ["mallory", "mallory"]


async def test_a_start_that_fails_leaves_a_row_in_the_servers_chain_and_no_session(path: Path) -> None:
    workflow = tale()
    async with opened(path, workflow) as engine:
        decision = await engine.submit("s1", start("s1", workflow, {"n": "one"}))
        assert decision.refusal is not None
        assert decision.refusal.code == "INVALID_FIELDS"
        assert await engine.read("s1") is None
        (row,) = await engine.audit_rows("server")
        assert (row["code"], row["action"]) == ("INVALID_FIELDS", "start")


async def test_a_session_cannot_take_the_name_of_the_servers_chain(path: Path) -> None:
    workflow = tale()
    async with opened(path, workflow) as engine:
        with pytest.raises(ValueError, match="server"):
            await engine.submit("server", start("server", workflow))
        await engine.submit("nobody", note(1))
        await assert_verified(engine)


async def test_a_mistake_in_decide_fails_its_own_command_only(path: Path) -> None:
    def stumbles(workflow: Workflow, session: Session | None, asked: Command) -> Decision:
        if asked.channel == "broken":
            raise ZeroDivisionError
        return decide(workflow, session, asked)

    workflow = tale()
    async with opened(path, workflow, hooks=Hooks(decide=stumbles)) as engine:
        await engine.submit("s1", start("s1", workflow))
        broken = Command("b", 1, ADA, "broken", "here", Call("t.read", {}))
        results = await asyncio.gather(
            *(engine.submit("s1", each) for each in (note(1), broken, note(2))), return_exceptions=True
        )
        assert [type(each) for each in results] == [Decision, ZeroDivisionError, Decision]
        await assert_verified(engine)


async def test_facts_that_lead_to_another_session_are_not_written(path: Path) -> None:
    def forgets(workflow: Workflow, session: Session | None, asked: Command) -> Decision:
        decision = decide(workflow, session, asked)
        return decision if session is None else Decision(session, decision.facts)

    workflow = tale()
    async with opened(path, workflow, hooks=Hooks(decide=forgets)) as engine:
        before = (await engine.submit("s1", start("s1", workflow))).session
        with pytest.raises(RuntimeError, match="lead somewhere else"):
            await engine.submit("s1", note(1))
        assert await engine.read("s1") == before
        await assert_verified(engine)


@pytest.mark.parametrize("n", [2, 3])
async def test_facts_that_cannot_be_written_fail_their_own_command_only(path: Path, n: int) -> None:
    """A lone surrogate is no Unicode, and SQLite keeps whole numbers up to 2^63."""
    workflow = tale()
    async with opened(path, workflow) as engine:
        await engine.submit("s1", start("s1", workflow))
        opens = await engine.submit("s1", write())
        assert opens.session is not None
        (call,) = opens.session.stay.open
        endless = command(Settle(call, CallResult("done", duration_ms=2**70)), SERVER)
        surrogate = command(Settle(call, CallResult("done", result="\ud800")), SERVER)
        bad = {2: endless, 3: surrogate}[n]
        await engine.submit("s2", start("s2", workflow))
        first, wrong, last = await asyncio.gather(
            engine.submit("s2", note(1)),
            engine.submit("s1", bad),
            engine.submit("s2", note(2)),
            return_exceptions=True,
        )
        assert isinstance(first, Decision)
        assert isinstance(last, Decision)
        assert isinstance(wrong, OverflowError | UnicodeEncodeError)
        settled = await engine.submit("s1", command(Settle(call, CallResult("done")), SERVER))
        assert settled.session is not None
        assert settled.session.stay.open == {}
        await assert_verified(engine)


async def test_a_workflow_that_is_not_loaded_is_told(path: Path) -> None:
    workflow = tale()
    async with opened(path, workflow) as engine:
        await engine.submit("s1", start("s1", workflow))
        with pytest.raises(UnknownDefinition):
            await engine.submit("s2", start("s2", tale("other")))
    async with opened(path, tale("other")) as engine:
        with pytest.raises(UnknownDefinition):
            await engine.submit("s1", note(1))
        assert await engine.read("s1") is not None


async def test_starting_keeps_the_workflows_text_and_where_its_file_stood(path: Path) -> None:
    workflow = tale()
    engine = await EmbeddedEngine.open(
        path, {workflow.digest: workflow}.get, instance="here", path_of=lambda digest: f"/flows/{digest[:9]}.yaml"
    )
    for name in ("s1", "s2"):
        await engine.submit(name, start(name, workflow))
    kept = await engine.definition(workflow.digest)
    assert await engine.definition("sha256:other") is None
    await engine.aclose()
    assert kept is not None
    assert (kept.text, kept.workflow, kept.version) == (workflow.text, "tale", 1)
    assert kept.path == f"/flows/{workflow.digest[:9]}.yaml"


@pytest.mark.parametrize(
    ("change", "said"), [("snapshot = '{'", "damaged"), ("snapshot = '{}'", "damaged"), ("format = 99", "format 99")]
)
async def test_a_snapshot_that_cannot_be_read_fails_its_own_session_only(path: Path, change: str, said: str) -> None:
    workflow = tale()
    async with opened(path, workflow) as engine:
        for name in ("s1", "s2"):
            await engine.submit(name, start(name, workflow))
    beside = sqlite3.connect(path)
    beside.execute(f"UPDATE sessions SET {change} WHERE id = 's1'")
    beside.commit()
    beside.close()
    async with opened(path, workflow) as engine:
        bad, good = await asyncio.gather(
            engine.submit("s1", note(1)), engine.submit("s2", note(1)), return_exceptions=True
        )
        assert isinstance(bad, StoreUnreadable)
        assert said in str(bad)
        assert isinstance(good, Decision)
        with pytest.raises(StoreUnreadable, match=said):
            await engine.read("s1")


async def test_a_command_whose_caller_has_gone_is_finished_and_harms_nobody(path: Path) -> None:
    """Fault 10: client gone mid-call: finishes or never begins."""
    workflow = tale()
    async with opened(path, workflow) as engine:
        await engine.submit("s1", start("s1", workflow))
        gone = asyncio.ensure_future(engine.submit("s1", note(1)))
        await asyncio.sleep(0)
        gone.cancel()
        after = await engine.submit("s1", note(2))
        assert after.session is not None
        assert after.session.record["n"] == 2
        await assert_verified(engine)


async def test_the_synchronous_pragma_is_full_where_commands_are_written(path: Path) -> None:
    """Design, section 9: an acknowledged command survives a power loss (fault 2)."""
    async with opened(path) as engine:
        names = ("synchronous", "journal_mode", "foreign_keys", "recursive_triggers", "busy_timeout")
        values = await engine.writing(
            lambda connection: [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]
        )
    assert values == [2, "wal", 1, 1, 5_000]


async def test_other_writes_run_in_transactions_of_their_own(path: Path) -> None:
    maria = Principal("maria", "human", ("reviewer",), None, None, 1)
    async with opened(path) as engine:
        await engine.writing(add_principal, maria)
        with pytest.raises(Exception, match="UNIQUE"):
            await engine.writing(add_principal, maria)
        assert await engine.reading(list_principals) == [maria]


async def test_sessions_are_found_by_what_they_wait_for(path: Path) -> None:
    workflow, other = tale(), tale("other")
    async with opened(path, workflow, other) as engine:
        for name, flow in (("s1", workflow), ("s2", workflow), ("s3", other), ("s4", workflow)):
            await engine.submit(name, start(name, flow))
        await engine.submit("s1", write())
        await engine.submit("s3", write())
        rests = await engine.submit("s2", send("rest"))
        assert rests.session is not None
        due_at = rests.session.next_timer_at
        assert due_at is not None
        assert await engine.sessions_with_open_calls(["tale"]) == ["s1"]
        assert await engine.sessions_with_open_calls([]) == []
        assert await engine.due_sessions(due_at - 1, ["tale"]) == []
        assert [one.id for one in await engine.due_sessions(due_at, ["tale"])] == ["s2"]
        assert await engine.due_sessions(due_at, ["other"]) == []
        assert await engine.next_due_at(["tale"]) == due_at
        assert await engine.next_due_at(["other"]) is None


async def test_a_review_is_decided_and_its_session_ends(path: Path) -> None:
    workflow = tale()
    async with opened(path, workflow) as engine:
        await engine.submit("s1", start("s1", workflow))
        asked = (await engine.submit("s1", send("ask"))).session
        assert asked is not None
        assert asked.stay.review is not None
        decision = Decide("approve", {}, asked.stay.review.shown_digest, asked.stay.number)
        approve = Command("d", asked.stay.since + 1, MARIA, "cli", "here", decision)
        ended = (await engine.submit("s1", approve)).session
        assert ended is not None
        assert ended.ended is not None
        await assert_verified(engine)


async def test_a_read_the_machine_permits_is_answered_beside_the_writer(path: Path) -> None:
    """Design, section 13: a governed read adds little. It writes nothing, so it need not wait for who writes."""
    workflow = tale()
    async with opened(path, workflow) as engine, opened(path, workflow, instance="there") as other:
        await engine.submit("s1", start("s1", workflow))
        with locked(path):
            permitted = await engine.submit("s1", command(Call("t.read", {})))
        assert permitted.read is not None
        assert permitted.read.stay == 1
        await other.submit("s1", send("finish"))
        refused = await engine.submit("s1", command(Call("t.read", {})))
        assert refused.read is None
        assert refused.refusal is not None
        assert refused.refusal.code == "SESSION_ENDED"
        await assert_verified(engine)


async def test_a_session_is_read_where_a_glance_finds_the_database_locked(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked_out(_glance: Glance, _session: str) -> str:
        raise StoreBusy

    workflow = tale()
    async with opened(path, workflow) as engine:
        started = (await engine.submit("s1", start("s1", workflow))).session
        monkeypatch.setattr(Glance, "head", locked_out)
        assert await engine.read("s1") == started
        assert (await engine.submit("s1", command(Call("t.read", {})))).read is not None


async def test_more_commands_than_one_commit_takes_are_taken_by_the_next(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "COMMANDS_PER_COMMIT", 2)
    workflow = tale()
    async with opened(path, workflow) as engine:
        await engine.submit("s1", start("s1", workflow))
        decisions = await asyncio.gather(*(engine.submit("s1", note(number)) for number in range(7)))
        assert [each.session.revision for each in decisions if each.session] == list(range(4, 18, 2))


async def test_a_session_that_was_unused_for_longest_leaves_memory_first(path: Path) -> None:
    workflow = tale()
    async with opened(path, workflow) as engine:
        current = [
            Current(session, "")
            for name in ("s1", "s2", "s3")
            if (session := (await engine.submit(name, start(name, workflow))).session)
        ]
    cache = SessionCache(2)
    for each in (current[0], current[1], current[0], current[2]):
        cache.put(each)
    assert [cache.get(name) for name in ("s1", "s2", "s3")] == [current[0], None, current[2]]
