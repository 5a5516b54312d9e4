"""What a call rested on when it was asked must still hold when it is approved."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from .approvals import ASKED, TEXT, TIDY, tidying, waits
from .driver import ANY_ARGUMENTS, SERVER, Story, with_tools, workflow


@pytest.fixture
def story() -> Story:
    return tidying()


def test_a_call_whose_guard_no_longer_holds_is_not_approved_and_goes_on_waiting(story: Story) -> None:
    story.call("t.delete", ASKED)
    story.call("t.look", gives=False)
    story.judge("approve")
    assert (story.code, story.message, waits(story).status) == ("GUARD_FAILED", "Only what is stale.", "pending")
    story.call("t.look", gives=True)
    story.judge("approve")
    assert (story.code, waits(story).status) == (None, "approved")


def test_what_the_workflow_fixes_must_still_be_so() -> None:
    """Format: `with` fixes arguments. Those that were shown are never exchanged for newer ones either."""
    changed = workflow(TEXT.replace("{use: t.look, save: {stale: =result}}", "{use: t.look, save: {file: =result}}"))
    story = Story(changed, {"file": "a.txt", "stale": True})
    story.call("t.delete", ASKED)
    story.call("t.look", gives="b.txt")
    story.judge("approve")
    assert (story.code, "has another value now" in story.message) == ("GUARD_FAILED", True)
    story.judge("reject")
    assert waits(story).status == "rejected"


def test_what_the_workflow_fixes_must_still_have_a_value() -> None:
    """Format: an error never passes."""
    text = TEXT.replace("{use: t.look, save: {stale: =result}}", "{use: t.look, save: {seen: =result}}")
    story = Story(workflow(text.replace("=record.file", "=record.seen.n")), {"stale": True})
    story.call("t.look", gives={"n": 1})
    story.call("t.delete", ASKED)
    story.call("t.look", gives={})
    story.judge("approve")
    assert (story.code, "has no value yet" in story.message, waits(story).status) == ("GUARD_FAILED", True, "pending")


def test_the_same_call_of_a_tool_that_is_defined_otherwise_now_is_asked_anew(story: Story) -> None:
    """Nobody can approve the one that waits any more."""
    story.call("t.delete", ASKED)
    story.workflow = with_tools(TIDY, {"t.delete": {**ANY_ARGUMENTS, "title": "Deletes for good"}})
    story.call("t.delete", ASKED)
    assert (story.code, len(story.session.stay.approvals)) == ("NEEDS_APPROVAL", 2)
    story.call("t.delete", ASKED)
    assert (story.code, len(story.session.stay.approvals)) == ("NEEDS_APPROVAL", 2)
    story.judge("approve")
    assert (story.code, waits(story).status) == (None, "approved")


def test_a_call_of_a_tool_that_is_defined_otherwise_now_is_not_approved(story: Story) -> None:
    """Issue: approved for exactly these arguments and this pinned definition."""
    story.call("t.delete", ASKED)
    story.workflow = with_tools(TIDY, {"t.delete": {"type": "object", "properties": {"fixed": {}, "z": {}}}})
    story.judge("approve")
    assert (story.code, waits(story).status) == ("TOOL_CHANGED", "pending")
    story.workflow = replace(TIDY, tool_contracts={})
    story.judge("approve")
    assert (story.code, waits(story).status) == ("NOT_ALLOWED", "pending")
    story.workflow = replace(TIDY, quarantined={"t.delete": "It is not what was pinned."})
    story.judge("approve")
    assert (story.code, story.message) == ("TOOL_CHANGED", "It is not what was pinned.")


def test_a_write_in_doubt_lets_no_approved_write_run(story: Story) -> None:
    story.call("t.delete", ASKED)
    story.call("t.plain", {"x": 1})
    story.call("t.plain", {"x": 2})
    story.settle("t.plain", outcome="unknown")
    story.judge("approve")
    assert (story.code, waits(story).status) == ("OUTCOME_UNKNOWN", "pending")


PROVEN: Final = """
    roles: [reviewer]
    initial: a
    tools:
      t.look: {effect: read}
      t.plain: {effect: write, key: {over: [x]}}
      t.delete: {effect: write, key: {over: [x]}}
    states:
      a:
        actor: agent
        tools:
          - t.look
          - t.plain
          - use: t.delete
            evidence: {seen: {call: t.look, with: {x: =args.x}, until: write}}
            when: evidence.seen.result == 'old'
            approval: {role: reviewer}
        failed: b
        unknown: b
        events: {go: {next: b}}
      b: {final: manual, owner: o}
"""


def test_evidence_that_a_write_has_made_void_must_be_there_anew() -> None:
    """Format: `until`. What the call rested on may have changed since it was asked."""
    story = Story(workflow(PROVEN))
    story.call("t.delete")
    assert (story.code, story.session.stay.approvals) == ("MISSING_EVIDENCE", {})
    story.call("t.look", gives="old")
    story.call("t.delete")
    story.call("t.plain")
    story.settle("t.plain")
    story.judge("approve")
    assert (story.code, waits(story).status) == ("MISSING_EVIDENCE", "pending")
    story.call("t.look", gives="old")
    story.judge("approve")
    assert story.open_call("t.delete").arguments == {"x": 1}


def test_evidence_that_the_server_fetches_is_fetched_anew_before_a_call_runs() -> None:
    """Format: `fetch: true`, right before it judges."""
    story = Story(workflow(PROVEN.replace("until: write", "until: write, fetch: true")))
    story.call("t.look", gives="old")
    story.call("t.delete")
    story.call("t.plain")
    story.settle("t.plain")
    [fetch] = story.judge("approve").fetch
    assert (fetch.read.tool, fetch.read.arguments, waits(story).status) == ("t.look", {"x": 1}, "pending")
    story.observe(fetch.read, gives="new", actor=SERVER)
    story.judge("approve")
    assert (story.code, waits(story).status) == ("GUARD_FAILED", "pending")
