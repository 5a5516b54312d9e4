"""How long a call waits for a person (workflow format, `within`)."""

from __future__ import annotations

import pytest

from pointsman.fsm.facts import TimerFired

from .approvals import ASKED, HOUR_MS, tidying, waits
from .driver import Story


@pytest.fixture
def story() -> Story:
    return tidying()


def test_an_approval_lapses_when_nobody_decides_in_time_and_may_be_asked_anew(story: Story) -> None:
    """Format: `within`."""
    story.call("t.delete", ASKED)
    first = waits(story)
    story.at += 4 * HOUR_MS
    story.expire(f"1.approval.{first.id}")
    body = story.facts[-1].body
    assert isinstance(body, TimerFired)
    assert (body.effect, story.state, waits(story).status) == ("lapsed", "tidying", "lapsed")
    story.judge("approve")
    assert (story.code, "time to approve" in story.message) == ("STALE", True)
    story.call("t.delete", ASKED)
    assert (story.code, waits(story).id != first.id) == ("NEEDS_APPROVAL", True)
    story.judge("approve")
    assert story.code is None


def test_a_decision_that_comes_too_late_is_refused_even_before_the_timer_has_fired(story: Story) -> None:
    """Faults 20. A race of decision and timer has one end."""
    story.call("t.delete", ASKED)
    story.at += 4 * HOUR_MS
    story.judge("approve")
    assert (story.code, story.session.stay.open) == ("STALE", {})
    story.call("t.delete", ASKED)
    assert (story.code, len(story.session.stay.approvals)) == ("NEEDS_APPROVAL", 2)
    story.pass_time(0)
    assert [one.status for one in story.session.stay.approvals.values()] == ["lapsed", "pending"]


def test_an_approval_lapses_while_a_write_runs(story: Story) -> None:
    """It moves nothing, so no open write holds it up."""
    story.call("t.delete", ASKED)
    story.call("t.plain")
    story.pass_time(5 * HOUR_MS)
    assert waits(story).status == "lapsed"


def test_a_timer_that_became_due_while_an_outcome_was_awaited_lapses_with_it(story: Story) -> None:
    story.call("t.delete", ASKED)
    story.call("t.plain")
    story.at += 5 * HOUR_MS
    story.settle("t.plain")
    assert waits(story).status == "lapsed"


def test_without_within_a_call_waits_as_long_as_the_stay(story: Story) -> None:
    story.call("t.pay")
    assert waits(story).expires_at is None
    assert story.session.stay.timers.keys() == {"1.after.0"}
    story.at += 47 * HOUR_MS
    story.judge("approve")
    assert story.code is None
