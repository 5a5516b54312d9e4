"""What becomes of a call when a person has decided (workflow format, "approval"; design, section 7)."""

from __future__ import annotations

import pytest

from pointsman.fsm.facts import Decided, Intended, Settled

from .approvals import ASKED, TIDY, tidying, waits
from .driver import Story


@pytest.fixture
def story() -> Story:
    return tidying()


def test_an_approved_call_runs_once_with_exactly_the_arguments_that_were_shown(story: Story) -> None:
    story.call("t.delete", ASKED)
    approval = waits(story)
    story.judge("approve", {"rationale": "It is old."})

    decided, intended = story.last.facts
    assert isinstance(decided.body, Decided)
    assert isinstance(intended.body, Intended)
    assert intended.body.call is not None
    assert (decided.kind, decided.action, decided.outcome, decided.actor_id) == (
        "decided",
        "approve",
        "approved",
        "maria",
    )
    assert (decided.body.approval, decided.body.rationale) == (approval.id, "It is old.")
    assert (intended.body.call.tool, intended.body.call.arguments) == ("t.delete", approval.arguments)
    assert (intended.body.call.purpose, intended.body.call.approval) == ("agent", approval.id)
    assert story.session.stay.timers.keys() == {"1.after.0"}
    assert story.session.stay.counts.calls == 1
    assert (waits(story).status, waits(story).by) == ("approved", "maria")
    assert story.session.decisions == {}

    story.call("t.delete", ASKED)
    assert (story.code, "maria has approved" in story.message) == ("IN_PROGRESS", True)
    story.settle("t.delete", gives={"deleted": 1})
    assert (waits(story).status, waits(story).settled) == ("done", story.session.revision)
    assert (story.record["kept"], story.session.done["t.delete"].count) == ({"deleted": 1}, 1)


def test_the_same_call_after_it_was_done_is_answered_with_what_it_gave_then(story: Story) -> None:
    """As an event that is sent again: nothing is done again, and nothing is counted."""
    story.call("t.delete", ASKED)
    story.judge("approve")
    story.settle("t.delete", gives="gone")
    counts, settled = story.session.stay.counts, waits(story).settled

    again = story.call("t.delete", ASKED)

    assert (story.code, again.repeated, again.stored) == (None, True, settled)
    body = story.facts[-1].body
    assert isinstance(body, Settled)
    assert (story.facts[-1].outcome, body.repeats, body.result) == ("repeated", settled, None)
    assert settled is not None
    assert story.facts[settled - 1].outcome == "done"
    assert (story.session.stay.counts, story.session.stay.open) == (counts, {})


def test_where_every_call_is_a_new_write_the_same_call_is_asked_anew(story: Story) -> None:
    """Format: `key: none` (two equal deposits, lawfully)."""
    story.call("t.pay")
    for asked in (2, 3):
        story.judge("approve")
        story.call("t.pay")
        assert (story.code, len(story.session.stay.approvals)) == ("NEEDS_APPROVAL", asked)
        assert waits(story).status == "pending"
        story.call("t.pay")
        assert (story.code, len(story.session.stay.approvals)) == ("NEEDS_APPROVAL", asked)
        story.settle("t.pay")


def test_an_approved_read_runs_as_one_and_is_remembered(story: Story) -> None:
    story.call("t.peek")
    story.judge("approve")
    assert story.open_call("t.peek").effect == "read"
    story.take_over("t.peek")
    assert (story.open_call("t.peek").attempt, story.session.stay.counts.calls) == (2, 1)
    story.settle("t.peek", gives="p", instance="two")
    assert (story.record["seen"], waits(story).status) == ("p", "done")
    assert story.call("t.peek").repeated


@pytest.mark.parametrize("outcome", ["failed", "unknown"])
def test_a_call_that_was_not_done_needs_another_approval(story: Story, outcome: str) -> None:
    """An approval is used once."""
    story.call("t.peek")
    story.judge("approve")
    story.settle("t.peek", outcome=outcome)
    if outcome == "failed":
        assert waits(story).status == "failed"
        story.call("t.peek")
        assert (story.code, len(story.session.stay.approvals)) == ("NEEDS_APPROVAL", 2)
    else:
        assert story.state == "doubt"


def test_an_approved_write_that_was_interrupted_is_unknown_and_never_runs_again(story: Story) -> None:
    """Faults 1: at most one effect."""
    story.call("t.delete", ASKED)
    story.judge("approve")
    story.call("t.plain")
    story.take_over("t.delete")
    assert (waits(story).status, story.state) == ("unknown", "tidying")
    story.call("t.delete", ASKED)
    assert story.code == "OUTCOME_UNKNOWN"
    assert [call.tool for call in story.session.stay.open.values()] == ["t.plain"]
    story.settle("t.plain")
    assert story.state == "doubt"


def test_a_rejected_call_is_refused_with_who_and_why(story: Story) -> None:
    story.call("t.delete", ASKED)
    story.judge("reject", {"rationale": "The lawyers need it."})
    assert (waits(story).status, story.session.stay.open) == ("rejected", {})
    story.call("t.delete", ASKED)
    assert (story.code, "maria has rejected this call of t.delete: The lawyers need it." in story.message) == (
        "FORBIDDEN",
        True,
    )
    assert story.session.stay.counts.denials == 1
    other = Story(TIDY)
    other.call("t.pay")
    other.judge("reject")
    other.call("t.pay")
    assert other.message.endswith("of t.pay.")


def test_an_agent_that_insists_on_a_rejected_call_is_stopped_by_the_limit_on_refusals(story: Story) -> None:
    story.call("t.delete", ASKED)
    story.judge("reject")
    for _ in range(4):
        story.call("t.delete", ASKED)
    assert story.state == "stuck"
