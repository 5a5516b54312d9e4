"""`success` of a tool (workflow format, "tools"): what counts as a success, judged when a call has ended."""

from __future__ import annotations

import pytest

from pointsman.fsm.calls import NO_SUCCESS, NOT_JUDGED

from .driver import Story, workflow
from .told import last_settled

BANK = workflow(
    """
    record: {token: {type: string}}
    initial: hall
    tools:
      t.login: {effect: read, success: result.ok}
      t.pay: {effect: write, key: {over: [x]}, success: result.paid == args.x}
      t.look: {effect: read, success: result.ok}
    states:
      hall:
        actor: agent
        tools: [{use: t.login, save: {token: =result.token}}, {use: t.pay, save: {token: =result.receipt}}]
        events:
          enter: {evidence: [t.login], next: vault}
          seen: {when: done.t.login.count > 0, next: vault}
          hurry: {next: vault}
        unknown: lost
        failed: lost
      vault:
        actor: system
        run: [{call: t.look, with: {x: 1}, save: {token: =result.token}}]
        next: review
        failed: broken
      review:
        actor: human
        review: {role: boss, show: [{call: t.look, with: {x: 2}, as: view}]}
        events: {stop: {next: closed}}
      closed: {final: success}
      broken: {final: failed, owner: o}
      lost: {final: manual, owner: o}
""",
    header="roles: [boss]\n",
)


def test_a_call_that_is_no_success_has_failed_whatever_it_answered() -> None:
    """A login that answers `false` is no evidence; its answer stays in the row."""
    story = Story(BANK)
    story.call("t.login", gives={"ok": False, "token": "no"})
    assert (story.facts[-1].outcome, last_settled(story).error) == ("failed", NO_SUCCESS)
    assert last_settled(story).result == {"ok": False, "token": "no"}
    assert (story.record, story.session.done) == ({}, {})
    story.send("enter")
    assert story.code == "MISSING_EVIDENCE"
    story.send("seen")
    assert story.code == "GUARD_FAILED"


def test_a_call_that_is_a_success_is_done() -> None:
    """`result.ok` is true."""
    story = Story(BANK)
    story.call("t.login", gives={"ok": True, "token": "yes"})
    assert (story.facts[-1].outcome, story.record) == ("done", {"token": "yes"})
    story.send("enter")
    assert story.state == "vault"


def test_a_call_that_did_not_work_is_not_judged() -> None:
    """What failed by itself keeps its own error."""
    story = Story(BANK)
    story.call("t.login", outcome="failed")
    assert last_settled(story).error == "it did not work"


def test_a_read_that_cannot_be_judged_has_failed() -> None:
    """Fail closed: a missing value never counts as a success. What was answered is not repeated in the error."""
    story = Story(BANK)
    story.call("t.login", gives={"secret": "x"})
    assert (story.facts[-1].outcome, last_settled(story).error) == ("failed", NOT_JUDGED)


def test_a_write_that_is_no_success_leaves_the_agent_where_it_is() -> None:
    """It has answered, so it is not in doubt."""
    story = Story(BANK)
    story.call("t.pay", {"x": 3})
    story.settle("t.pay", gives={"paid": 2, "receipt": "r"})
    assert (story.facts[-1].outcome, story.state, story.record) == ("failed", "hall", {})
    story.call("t.pay", {"x": 3})
    story.settle("t.pay", gives={"paid": 3, "receipt": "r"})
    assert (story.facts[-1].outcome, story.record) == ("done", {"token": "r"})


def test_a_write_that_cannot_be_judged_is_unknown() -> None:
    """It may have happened."""
    story = Story(BANK)
    story.call("t.pay", {"x": 3})
    story.settle("t.pay", gives={"receipt": "r"})
    assert (last_settled(story).error, story.state) == (NOT_JUDGED, "lost")


@pytest.mark.parametrize(
    ("gives", "state"), [({"ok": False, "token": "t"}, "broken"), ({"ok": True, "token": "t"}, "review")]
)
def test_a_step_that_is_no_success_has_failed(gives: object, state: str) -> None:
    """Steps and what a review shows are judged alike."""
    story = Story(BANK)
    story.send("hurry")
    story.settle("t.look", gives=gives)
    assert (story.state, "token" in story.record) == (state, state == "review")


def test_a_review_shows_that_a_call_was_no_success() -> None:
    """The review opens all the same."""
    story = Story(BANK)
    story.send("hurry")
    story.settle("t.look", gives={"ok": True, "token": "t"})
    story.settle("t.look", gives={"ok": False})
    review = story.session.stay.review
    assert review is not None
    assert review.shown == {"view": {"error": NO_SUCCESS}}
