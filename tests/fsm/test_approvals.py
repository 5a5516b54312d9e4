"""Calls that wait for a person (workflow format, "a tool in a state": `approval`; design, section 7)."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pointsman.contracts.bounds import APPROVAL_ARGUMENTS_BYTES, APPROVALS_PER_STAY
from pointsman.contracts.values import JsonObject, digest
from pointsman.fsm.allowed import allowed, waiting
from pointsman.fsm.approvals import shown_digest
from pointsman.fsm.gate import may_view
from pointsman.fsm.session import Actor
from pointsman.fsm.snapshots import snapshot

from .approvals import ASKED, HOUR_MS, TEXT, TIDY, tidying, waits
from .driver import MARIA, Story, workflow


@pytest.fixture
def story() -> Story:
    return tidying()


def test_a_call_that_needs_a_person_waits_with_all_its_arguments(story: Story) -> None:
    """Format: with `approval` the call waits for a person. Design, section 4: NEEDS_APPROVAL, with its number."""
    story.call("t.delete", ASKED)

    approval = waits(story)
    assert (story.code, story.last.facts[0].kind, story.last.facts[0].outcome) == (
        "NEEDS_APPROVAL",
        "intended",
        "waiting",
    )
    assert f"s-1.{approval.id}" in story.message
    assert "role reviewer" in story.message
    assert approval.arguments == {"x": 1, "y": "tmp", "fixed": "a.txt"}
    assert (approval.id, approval.asked_by, approval.status) == (str(story.session.revision), "ada", "pending")
    assert approval.expires_at == story.at + 4 * HOUR_MS
    assert story.session.stay.open == {}
    assert (story.session.stay.counts.calls, story.session.stay.uses) == (1, {"t.delete": 1})
    call: JsonObject = {"tool": "t.delete", "arguments": approval.arguments, "definition": approval.definition}
    where: JsonObject = {"session": "s-1", "started_by": "ada", "state": story.state, "stay": 1}
    assert shown_digest(approval) == digest({**where, "approval": approval.id, "call": call})
    assert shown_digest(replace(approval, shown_digest=None)) == digest(call), "as older facts have it"


@pytest.mark.parametrize(
    ("arguments", "stale", "code"),
    [
        ({"x": 1, "fixed": "b"}, True, "INVALID_FIELDS"),
        ({"x": 11}, True, "GUARD_FAILED"),
        ({"x": 1}, False, "GUARD_FAILED"),
    ],
)
def test_only_a_call_that_passes_every_rule_is_put_before_a_person(
    arguments: dict[str, object], stale: bool, code: str
) -> None:
    story = Story(TIDY, {"file": "a.txt", "stale": stale})
    story.call("t.delete", arguments)
    assert (story.code, story.session.stay.approvals) == (code, {})


def test_the_agent_goes_on_meanwhile(story: Story) -> None:
    """An approval that waits is no open write: nothing is held up by it."""
    story.call("t.delete", ASKED)
    story.call("t.look", gives=True)
    assert story.code is None
    story.call("t.plain")
    story.settle("t.plain")
    who = waiting(story.session)
    assert who is not None
    assert (who.actor, who.due_at) == ("agent", story.session.stay.since + 48 * HOUR_MS)
    story.send("go")
    assert (story.state, story.session.stay.approvals) == ("done", {})


def test_a_call_that_waits_holds_up_neither_timers_nor_cancellation(story: Story) -> None:
    story.call("t.pay")
    story.pass_time(48 * HOUR_MS)
    assert story.state == "done"
    other = Story(TIDY)
    other.call("t.pay")
    other.cancel()
    assert other.session.ended is not None
    assert other.session.stay.approvals == {}


def test_the_same_call_again_is_told_the_same_number_and_costs_nothing(story: Story) -> None:
    """An agent that waits and looks is no agent that fails: neither `calls` nor `denials` count it."""
    story.call("t.delete", ASKED)
    number, counts = waits(story).id, story.session.stay.counts
    for _ in range(9):
        story.call("t.delete", {"y": "tmp", "x": 1})
        assert (story.code, f"s-1.{number}" in story.message) == ("NEEDS_APPROVAL", True)
        assert story.facts[-1].kind == "denied"
    assert list(story.session.stay.approvals) == [number]
    assert story.session.stay.counts == counts


def test_other_arguments_are_another_call_and_limits_count_what_was_asked(story: Story) -> None:
    story.call("t.delete", {"x": 1})
    story.call("t.delete", {"x": 2})
    assert len(story.session.stay.approvals) == 2
    story.call("t.delete", {"x": 3})
    assert (story.code, len(story.session.stay.approvals)) == ("LIMIT_REACHED", 2)
    story.call("t.delete", {"x": 2})
    assert story.code == "NEEDS_APPROVAL"


def test_the_limit_of_the_state_on_calls_counts_them_too() -> None:
    story = Story(TIDY)
    for x in range(6):
        story.call("t.pay", {"x": x})
    story.call("t.pay", {"x": 6})
    assert (story.code, story.state) == ("LIMIT_REACHED", "stuck")


def test_a_person_is_not_asked_to_read_more_than_the_bound(story: Story) -> None:
    story.call("t.pay", {"x": 1, "y": "y" * APPROVAL_ARGUMENTS_BYTES})
    assert (story.code, story.session.stay.approvals) == ("TOO_LARGE", {})


def test_no_stay_puts_more_calls_before_people_than_the_bound() -> None:
    story = Story(workflow(TEXT.replace("{calls: 6", "{calls: 999")))
    for x in range(APPROVALS_PER_STAY):
        story.call("t.pay", {"x": x})
    story.call("t.pay", {"x": -1})
    assert (story.code, len(story.session.stay.approvals)) == ("LIMIT_REACHED", APPROVALS_PER_STAY)


def test_the_list_of_tools_says_that_a_person_approves_each_call(story: Story) -> None:
    described = {action.name: action.description for action in allowed(story.workflow, story.session)}
    assert "until a person approves" in described["t.delete"]
    assert "until a person approves" not in described["t.look"]


def test_who_may_approve_a_call_sees_the_session_while_it_waits(story: Story) -> None:
    """Format, "access": the reviewers of a state see its session."""
    assert not may_view(story.workflow, story.session, MARIA)
    story.call("t.delete", ASKED)
    assert may_view(story.workflow, story.session, MARIA)
    assert not may_view(story.workflow, story.session, Actor("human", "otto", ("cook",)))


def test_a_session_without_approvals_is_stored_as_before_there_were_any(story: Story) -> None:
    """Rows and snapshots of earlier versions fold to the same text."""
    assert "approvals" not in json.loads(snapshot(story.session))["stay"]
