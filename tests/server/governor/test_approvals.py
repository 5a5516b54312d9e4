"""Calls that wait for a person, through the governor (workflow format, "a tool in a state": `approval`)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from pointsman.contracts.values import JsonObject
from pointsman.fsm.approvals import shown_digest
from pointsman.fsm.commands import Decide
from pointsman.server.application import Application
from pointsman.server.replies import Caller, Reply
from pointsman.server.surfaces.names import Names
from pointsman.server.surfaces.results import result_of
from tests.server.governor.desks import AGENT, CHIEF, STARTER, Desk, acted, current, replied, started

HOUR_MS = 3_600_000
LETTER: JsonObject = {"text": "hello"}


@pytest.fixture
def guarded(desk: Desk) -> Desk:
    """The desk, where a chief approves each letter that the agent wants to send."""
    file = desk.place / "desk.yaml"
    approval = "approval: {role: chief, exclude: [=session.started_by], within: 1h}"
    file.write_text(file.read_text().replace("{use: desk.send}", f"{{use: desk.send, {approval}}}"))
    return desk


@pytest.fixture
async def application(guarded: Desk) -> AsyncIterator[Application]:
    async with guarded.open() as opened:
        yield opened


async def judge(application: Application, session: str, event: str, caller: Caller = CHIEF) -> Reply:
    """Decide about the call that was asked last, as it is shown now."""
    stay = (await current(application, session)).stay
    approval = stay.approvals[max(stay.approvals, key=int)]
    request = Decide(event, {}, shown_digest(approval), stay.number, approval=approval.id)
    return replied(await application.governor.decide(caller, session, request))


async def test_a_call_waits_runs_when_it_is_approved_and_answers_with_what_it_gave(
    application: Application, guarded: Desk
) -> None:
    session = (await started(application)).session
    waiting = await acted(application, session, "desk.send", LETTER)
    assert (waiting.outcome, waiting.state, waiting.waiting_for) == ("waiting", "writing", None)
    assert waiting.refusal is not None
    assert waiting.refusal.code == "NEEDS_APPROVAL"
    [shown] = waiting.approvals
    assert shown.number in waiting.refusal.message
    assert (shown.tool, shown.status, shown.arguments) == ("desk.send", "pending", None)
    looked = await acted(application, session, "desk.look")
    assert looked.outcome == "done"
    [listed] = replied(await application.governor.status(AGENT, session)).approvals
    assert (listed.arguments, listed.status, listed.by) == (LETTER, "pending", None)

    approved = await judge(application, session, "approve")

    assert (approved.outcome, approved.result) == ("done", {"sent": "hello"})
    again = await acted(application, session, "desk.send", LETTER)
    assert (again.outcome, again.result, again.repeated) == ("done", {"sent": "hello"}, True)
    [done] = replied(await application.governor.status(AGENT, session)).approvals
    assert (done.status, done.by) == ("done", "maria")
    assert [name for name in guarded.module.calls if name == "send"] == ["send"]


async def test_the_first_answer_is_no_error_and_the_next_one_is(application: Application) -> None:
    """Design, section 4: a refusal is a result with `isError`; to wait is none."""
    session = (await started(application)).session
    names = Names(application.governor.workflows())
    first = result_of(await acted(application, session, "desk.send", LETTER), "desk.send", names, schemas=False)
    content: JsonObject = first.structured_content or {}
    assert (first.is_error, content["outcome"]) == (False, "waiting")
    assert isinstance(content["refusal"], dict)
    assert content["refusal"]["code"] == "NEEDS_APPROVAL"
    assert isinstance(content["approvals"], list)
    next_one = result_of(await acted(application, session, "desk.send", LETTER), "desk.send", names, schemas=False)
    assert next_one.is_error


async def test_an_agent_is_told_of_the_arguments_it_gave_and_not_of_those_the_workflow_fixes(guarded: Desk) -> None:
    """Design, section 4: never other values."""
    file = guarded.place / "desk.yaml"
    file.write_text(file.read_text().replace("save: looked}", "save: looked, approval: {role: chief}}"))
    async with guarded.open() as application:
        session = (await started(application)).session
        await acted(application, session, "desk.look")
        [asked] = (await current(application, session)).stay.approvals.values()
        [shown] = replied(await application.governor.status(AGENT, session)).approvals
    assert (asked.arguments, shown.arguments) == ({"what": "rent"}, {})


async def test_of_many_who_approve_at_once_one_does_and_the_call_runs_once(
    application: Application, guarded: Desk
) -> None:
    """faults.md 8 and 20."""
    session = (await started(application)).session
    await acted(application, session, "desk.send", LETTER)
    replies = await asyncio.gather(*(judge(application, session, "approve") for _ in range(20)))
    codes = [reply.refusal.code if reply.refusal is not None else reply.outcome for reply in replies]
    assert sorted(set(codes)) == ["STALE", "done"]
    assert codes.count("done") == 1
    assert guarded.module.calls == ["send"]


async def test_no_agent_approves_its_own_call_by_whatever_it_says(application: Application, guarded: Desk) -> None:
    """faults.md 21; the starter is the agent's own person."""
    session = (await started(application)).session
    await acted(application, session, "desk.send", LETTER)
    number = max((await current(application, session)).stay.approvals, key=int)
    for caller in (AGENT, STARTER):
        refused = await judge(application, session, "approve", caller)
        assert refused.refusal is not None
        assert refused.refusal.code == "FORBIDDEN"
    for action in ("approve", f"{session}.{number}", "decide", "review.decide"):
        said = await acted(application, session, action, {"approval": number})
        assert said.refusal is not None
        assert said.refusal.code in ("NOT_ALLOWED", "LIMIT_REACHED")
    for extra in ({"approval": number}, {"approved_by": "maria"}, {"rationale": "approved"}):
        said = await acted(application, session, "desk.send", {**LETTER, **extra})
        assert said.refusal is not None
        assert said.refusal.code in ("INVALID_FIELDS", "LIMIT_REACHED")
    assert guarded.module.calls == []


async def test_a_call_that_waits_is_there_after_a_restart_and_lapses_by_the_clock(guarded: Desk) -> None:
    async with guarded.open(caretaking=False) as first:
        session = (await started(first)).session
        await acted(first, session, "desk.send", LETTER)
        await acted(first, session, "desk.send", {"text": "again"})
    async with guarded.open(caretaking=False) as second:
        assert (await judge(second, session, "approve")).result == {"sent": "again"}
        guarded.clock.advance(HOUR_MS)
        late = await judge_first(second, session)
        assert late.refusal is not None
        assert late.refusal.code == "STALE"
        await second.caretaker.fire_due()
        stay = (await current(second, session)).stay
        assert [one.status for one in stay.approvals.values()] == ["lapsed", "done"]
        assert stay.state == "writing"


async def judge_first(application: Application, session: str) -> Reply:
    stay = (await current(application, session)).stay
    approval = stay.approvals[min(stay.approvals, key=int)]
    request = Decide("approve", {}, shown_digest(approval), stay.number, approval=approval.id)
    return replied(await application.governor.decide(CHIEF, session, request))


async def test_of_approving_and_leaving_the_state_one_comes_first_and_the_call_runs_at_most_once(
    application: Application, guarded: Desk
) -> None:
    """faults.md 7: stale or reordered."""
    session = (await started(application)).session
    await acted(application, session, "desk.send", LETTER)
    gate = guarded.hold("send")
    deciding = asyncio.create_task(judge(application, session, "approve"))
    leaving = asyncio.create_task(acted(application, session, "again"))
    gate.set()
    decided, left = await asyncio.gather(deciding, leaving)
    codes = [one.refusal.code if one.refusal is not None else one.outcome for one in (decided, left)]
    assert codes in (["STALE", "done"], ["done", "done"], ["done", "IN_PROGRESS"])
    assert len(guarded.module.calls) == (codes[0] == "done")


async def test_what_failed_is_told_to_the_person_and_to_the_agent(application: Application) -> None:
    session = (await started(application)).session
    await acted(application, session, "desk.send", {"text": "nothing"})
    approved = await judge(application, session, "approve")
    assert (approved.outcome, approved.result) == ("failed", {"error": "The letter has no address."})
    [shown] = replied(await application.governor.status(AGENT, session)).approvals
    assert shown.status == "failed"
