"""Calls of an agent through the governor, over a real engine and a real source."""

from __future__ import annotations

import asyncio

import pytest

from pointsman.server.application import Application
from pointsman.server.errors import EngineClosed
from pointsman.server.replies import Stray
from tests.server.governor.desks import AGENT, STARTER, STRANGER, Desk, acted, replied, started


async def test_a_start_says_where_the_session_is_and_what_is_allowed(application: Application) -> None:
    """design.md, section 4."""
    reply = await started(application)
    assert (reply.state, reply.outcome, reply.goal, reply.forbid) == (
        "writing",
        "done",
        "Write the letter.",
        "Do not send it.",
    )
    assert reply.context == {"subject": "rent"}
    assert [action.name for action in reply.allowed] == ["desk.look", "desk.send", "ready", "again"]


async def test_a_read_is_one_row_with_its_outcome(application: Application) -> None:
    """design.md, section 3: a read asked by the agent is committed once."""
    session = (await started(application)).session
    reply = await acted(application, session, "desk_look")
    assert (reply.outcome, reply.result, reply.entered) == ("done", {"what": "rent"}, False)
    rows = [row for row in await application.engine.audit_rows(session) if row["action"] == "desk.look"]
    assert [(row["kind"], row["outcome"]) for row in rows] == [("settled", "done")]


async def test_a_write_has_its_intent_committed_before_it_runs(application: Application, desk: Desk) -> None:
    """design.md, section 3: a write's intent is committed before it runs."""
    session = (await started(application)).session
    gate = desk.hold("send")
    call = asyncio.create_task(acted(application, session, "desk.send", {"text": "hello"}))
    await desk.called()
    rows = await application.engine.audit_rows(session)
    assert (rows[-1]["kind"], rows[-1]["action"]) == ("intended", "desk.send")
    gate.set()
    reply = await call
    assert (reply.outcome, reply.result) == ("done", {"sent": "hello"})
    rows = await application.engine.audit_rows(session)
    assert (rows[-1]["kind"], rows[-1]["outcome"]) == ("settled", "done")


async def test_an_equal_write_that_runs_is_in_progress(application: Application, desk: Desk) -> None:
    session = (await started(application)).session
    gate = desk.hold("send")
    call = asyncio.create_task(acted(application, session, "desk.send", {"text": "hello"}))
    await desk.called()
    second = await acted(application, session, "desk.send", {"text": "hello"})
    assert second.refusal is not None
    assert second.refusal.code == "IN_PROGRESS"
    gate.set()
    assert (await call).outcome == "done"
    assert desk.module.calls == ["send"]


async def test_a_client_that_goes_away_does_not_cut_off_a_write(application: Application, desk: Desk) -> None:
    """faults.md 10: it finishes or never begins, and its outcome can be had."""
    session = (await started(application)).session
    gate = desk.hold("send")
    call = asyncio.create_task(acted(application, session, "desk.send", {"text": "hello"}))
    await desk.called()
    call.cancel()
    await asyncio.wait([call])
    gate.set()
    while (current := await application.engine.read(session)) is not None and current.stay.open:
        await application.engine.wait_for_change(session, current.revision, 5_000)
    rows = await application.engine.audit_rows(session)
    assert (rows[-1]["kind"], rows[-1]["action"], rows[-1]["outcome"]) == ("settled", "desk.send", "done")


async def test_a_write_that_is_being_decided_when_the_server_ends_is_made_and_its_outcome_is_kept(desk: Desk) -> None:
    """faults.md 10: it finishes or never begins, and its outcome can be had."""
    async with desk.open() as application:
        session = (await started(application)).session
        call = asyncio.create_task(acted(application, session, "desk.send", {"text": "hello"}))
        async with asyncio.timeout(5):
            while not application.governor.is_deciding:  # noqa: ASYNC110 -- nobody is told of what is being decided
                await asyncio.sleep(0)
    assert desk.module.calls == ["send"]
    await asyncio.wait([call])
    async with desk.open() as application:
        rows = await application.engine.audit_rows(session)
    assert (rows[-1]["kind"], rows[-1]["action"], rows[-1]["outcome"]) == ("settled", "desk.send", "done")


async def test_a_server_that_is_ending_begins_nothing(desk: Desk) -> None:
    async with desk.open() as application:
        session = (await started(application)).session
        await application.governor.aclose()
        with pytest.raises(EngineClosed):
            await acted(application, session, "desk.send", {"text": "hello"})
        rows = await application.engine.audit_rows(session)
        assert desk.module.calls == []
    assert [row["action"] for row in rows if row["kind"] == "intended"] == []


async def test_a_write_that_ends_in_doubt_takes_the_states_unknown(application: Application) -> None:
    """design.md, section 6: an error alone never proves that nothing happened."""
    session = (await started(application)).session
    reply = await acted(application, session, "desk.send", {"text": "broken"})
    assert (reply.outcome, reply.state) == ("unknown", "in_doubt")


async def test_a_write_that_certainly_did_nothing_has_failed_and_may_be_asked_again(application: Application) -> None:
    session = (await started(application)).session
    reply = await acted(application, session, "desk.send", {"text": "nothing"})
    assert (reply.outcome, reply.state) == ("failed", "writing")
    assert reply.result == {"error": "The letter has no address."}


async def test_an_event_waits_for_evidence_that_is_in_flight(application: Application, desk: Desk) -> None:
    """design.md, section 3: so the parallel calls of one agent turn pass."""
    session = (await started(application)).session
    gate = desk.hold("look")
    look = asyncio.create_task(acted(application, session, "desk.look"))
    await desk.called()
    event = asyncio.create_task(acted(application, session, "ready", {"text": "hello"}))
    await asyncio.sleep(0.05)
    assert not event.done()
    gate.set()
    assert (await look).outcome == "done"
    assert (await event).state == "review"


async def test_reads_in_flight_count_towards_the_limit_on_calls(application: Application, desk: Desk) -> None:
    session = (await started(application)).session
    gate = desk.hold("look")
    looks = [asyncio.create_task(acted(application, session, "desk.look")) for _ in range(7)]
    await desk.called(4)
    gate.set()
    replies = await asyncio.gather(*looks)
    codes = [reply.refusal.code for reply in replies if reply.refusal is not None]
    assert len(desk.module.calls) == 4
    assert "LIMIT_REACHED" in codes
    current = await application.engine.read(session)
    assert current is not None
    assert current.state == "dropped"


async def test_of_a_hundred_equal_transitions_one_wins_and_the_others_are_told_so(application: Application) -> None:
    """faults.md 8. The same event by the same actor is a repetition; others are refused cleanly."""
    session = (await started(application)).session
    await acted(application, session, "desk.look")
    sent = [acted(application, session, "ready", {"text": f"letter {number}"}) for number in range(100)]
    replies = await asyncio.gather(*sent)
    assert sum(reply.outcome == "done" for reply in replies) == 1
    refused = [reply.refusal.code for reply in replies if reply.refusal is not None]
    assert len(refused) == 99
    assert set(refused) <= {"NOT_YOUR_TURN", "NOT_ALLOWED"}
    kinds = [row["kind"] for row in await application.engine.audit_rows(session)]
    assert kinds.count("accepted") == 1


async def test_the_same_event_sent_again_is_answered_as_repeated(application: Application) -> None:
    session = (await started(application)).session
    await acted(application, session, "desk.look")
    first = await acted(application, session, "ready", {"text": "hello"})
    again = await acted(application, session, "ready", {"text": "hello"})
    assert (first.repeated, again.repeated, again.outcome, again.state) == (False, True, "done", "review")


async def test_a_session_of_somebody_else_is_not_found_in_the_same_words(application: Application) -> None:
    """design.md, section 4: unknown, expired, or not this caller's."""
    session = (await started(application)).session
    governor = application.governor
    foreign = await governor.status(STRANGER, session)
    unknown = await governor.status(STRANGER, "a" * 26)
    acts = await governor.act(STRANGER, session, "desk.look", {})
    assert isinstance(foreign, Stray)
    assert foreign == unknown == acts
    rows = await application.engine.audit_rows("server")
    assert [(row["actor_id"], row["code"]) for row in rows] == [("local:eve", "NOT_FOUND")] * 3
    assert [row["actor_id"] for row in await application.engine.audit_rows(session)] == ["local:ann"] * 2


async def test_a_start_that_fails_leaves_its_row_in_the_servers_chain(application: Application) -> None:
    answer = await application.governor.start(AGENT, "desk", {"subject": 5})
    assert isinstance(answer, Stray)
    assert answer.refusal.code == "INVALID_FIELDS"
    rows = await application.engine.audit_rows("server")
    assert [(row["action"], row["code"]) for row in rows] == [("start", "INVALID_FIELDS")]


async def test_an_old_revision_is_stale_and_one_of_this_stay_is_not(application: Application) -> None:
    """design.md, section 3: stale is what is older than the current stay."""
    first = await started(application)
    await acted(application, first.session, "desk.look")
    governor = application.governor
    same_stay = replied(await governor.act(AGENT, first.session, "again", {}, first.revision))
    assert same_stay.outcome == "done"
    stale = replied(await governor.act(AGENT, first.session, "desk.look", {}, first.revision))
    assert stale.refusal is not None
    assert stale.refusal.code == "STALE"


async def test_an_agent_reads_the_audit_without_the_values_in_it(application: Application) -> None:
    """design.md, section 4: its own arguments, the fields of show and a guard's message; never other values."""
    session = (await started(application)).session
    await acted(application, session, "desk.look")
    shown = await application.governor.audit(AGENT, session)
    kept = await application.governor.audit(STARTER, session)
    assert not isinstance(shown, Stray)
    assert not isinstance(kept, Stray)
    assert all("body" not in row for row in shown.rows)
    assert all("body" in row for row in kept.rows)
    assert [row["hash"] for row in shown.rows] == [row["hash"] for row in kept.rows]
