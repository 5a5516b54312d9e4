"""Writes happen once: keys, and what the same call is answered (design, section 6; workflow format, `key`)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import pytest

from pointsman.contracts.values import Json
from pointsman.fsm import effects
from pointsman.fsm.facts import Denied, Settled
from pointsman.fsm.snapshots import snapshot

from .driver import Story, with_tools, workflow

HEADER: Final = """
tools:
  t.find: {effect: read}
  t.plain: {effect: write}
  t.noted: {effect: write, key: {over: [y]}}
  t.over: {effect: write, key: {over: [x]}}
  t.stay: {effect: write, key: {over: [x], scope: stay}}
  t.each: {effect: write, key: none}
  t.keyed: {effect: write, key: {over: [x], deliver: {argument: token}}}
  t.asked:
    effect: write
    key: {over: [x]}
    reconcile: {call: t.find, with: {x: =args.x}, happened: result == true}
  t.secret: {effect: write, key: {over: [x], deliver: {argument: token}}, redact: [args.y, result.pin]}
  t.hidden: {effect: write, redact: [args.y]}
"""
COUNTER: Final = workflow(
    """
    record: {got: {}}
    initial: counter
    limits: [{denials: 4, then: stuck}]
    states:
      counter:
        actor: agent
        tools:
          - {use: t.over, save: got, limit: 3}
          - t.plain
          - t.noted
          - t.stay
          - t.each
          - t.keyed
          - t.asked
          - t.secret
          - t.hidden
        failed: stuck
        unknown: doubt
        events: {again: {next: counter}}
      doubt: {actor: agent, events: {back: {next: counter}}}
      stuck: {final: manual, owner: o}
    """,
    header=HEADER,
)


@pytest.fixture
def story() -> Story:
    return Story(COUNTER)


def keys(story: Story) -> list[str]:
    return list(story.session.effects)


def key_of(story: Story, tool: str, arguments: dict[str, object], *, outcome: str = "done") -> str:
    """Make a write, and give its key."""
    story.call(tool, arguments)
    key = story.open_call(tool).key
    story.settle(tool, outcome=outcome, gives=1)
    assert key is not None
    return key


def again(story: Story) -> None:
    """Leave the stay, and come back to the same state."""
    story.send("again")
    assert story.code is None


# Keys.


def test_a_key_is_made_by_the_server_and_is_no_part_of_the_arguments(story: Story) -> None:
    """Design, section 6: the server makes the key."""
    story.call("t.keyed", {"x": 1})
    call = story.open_call("t.keyed")
    assert (call.arguments, call.scope) == ({"x": 1}, "session")
    assert call.key is not None
    assert re.fullmatch("pm-[0-9a-f]{32}", call.key)
    assert keys(story) == [call.key]


def test_a_key_is_made_of_the_session_the_tool_and_the_arguments_that_over_names(story: Story) -> None:
    """Design, section 6: from session, tool and the arguments in `key.over`."""
    first = key_of(story, "t.over", {"x": 1, "y": "a"})
    assert first == key_of(Story(COUNTER), "t.over", {"x": 1, "y": "b"})
    assert first != key_of(story, "t.over", {"x": 2, "y": "a"})
    assert first != key_of(story, "t.asked", {"x": 1, "y": "a"})
    assert first != key_of(Story(COUNTER, named="s-2"), "t.over", {"x": 1, "y": "a"})


def test_where_nothing_is_said_every_argument_tells_two_calls_apart(story: Story) -> None:
    """Format: `over`, all of them if not said."""
    first = key_of(story, "t.plain", {"x": 1})
    assert first != key_of(story, "t.plain", {"x": 1, "y": "a"})
    assert [effect.status for effect in story.session.effects.values()] == ["done", "done"]


def test_an_argument_that_is_not_given_is_another_than_one_that_is_empty(story: Story) -> None:
    """Format: `over` may name arguments that a call leaves out."""
    first = key_of(story, "t.noted", {"x": 1})
    assert first == key_of(Story(COUNTER), "t.noted", {"x": 2})
    assert first != key_of(story, "t.noted", {"x": 1, "y": ""})


@pytest.mark.parametrize(("stated", "default"), [({"default": 7}, 7), ({}, None), (True, None)])
def test_to_leave_an_argument_out_makes_no_other_write_than_to_say_what_it_is_then(stated: Json, default: Json) -> None:
    """Design, section 6: an agent does not make a second write by writing the same one otherwise."""
    story = Story(with_tools(COUNTER, {"t.noted": {"type": "object", "properties": {"x": {}, "y": stated}}}))
    first = key_of(story, "t.noted", {"x": 1})
    story.call("t.noted", {"x": 1, "y": default})
    assert story.code == "KEY_REUSED"
    assert first != key_of(story, "t.noted", {"x": 1, "y": 8})


def test_a_key_is_the_same_after_a_failure_in_a_later_stay_and_after_a_restart(story: Story) -> None:
    """Design, section 6: it stays the same over re-entries and restarts until an outcome is done."""
    first = key_of(story, "t.over", {"x": 1}, outcome="failed")
    assert keys(story) == []
    again(story)
    assert key_of(story, "t.over", {"x": 1, "y": "other"}, outcome="failed") == first
    story.restart()
    assert key_of(story, "t.over", {"x": 1}) == first


def test_a_key_of_a_stay_is_good_in_that_stay(story: Story) -> None:
    """Format: `scope: stay` to allow the same write again after re-entering."""
    first = key_of(story, "t.stay", {"x": 1})
    story.call("t.stay", {"x": 1})
    assert story.last.repeated
    again(story)
    assert keys(story) == []
    assert key_of(story, "t.stay", {"x": 1}) != first


def test_without_a_key_every_call_is_a_new_write(story: Story) -> None:
    """Format: `key: none` says that every call is a new write (two equal deposits, lawfully)."""
    story.call("t.each", {"x": 1})
    story.call("t.each", {"x": 1})
    first, second = story.session.stay.open.values()
    assert (first.scope, first.key == second.key) == ("call", False)
    story.settle("t.each")
    story.settle("t.each")
    assert keys(story) == []


# The same call again.


def test_the_same_call_is_answered_with_the_stored_result(story: Story) -> None:
    """Design, section 6: equal call, the stored result. Fault 6: same result, one effect."""
    story.call("t.over", {"x": 1, "y": "a"})
    story.settle("t.over", gives="receipt")
    settled = story.session.revision
    counts = story.session.counts

    decision = story.call("t.over", {"x": 1, "y": "a"})

    assert (decision.refusal, decision.repeated, decision.stored) == (None, True, settled)
    body = story.facts[-1].body
    assert isinstance(body, Settled)
    assert (story.facts[-1].outcome, body.repeats, body.arguments) == ("repeated", settled, {"x": 1, "y": "a"})
    assert (story.session.stay.open, story.session.counts) == ({}, counts)


def test_the_same_call_is_answered_so_in_a_later_stay_and_after_a_restart(story: Story) -> None:
    """Design, section 6: over re-entries and restarts."""
    key_of(story, "t.over", {"x": 1})
    settled = story.session.revision
    story.restart()
    assert story.call("t.over", {"x": 1}).stored == settled
    again(story)
    story.call("t.over", {"x": 1})
    assert story.open_call("t.over").stored == settled
    story.settle("t.over", gives=1)
    for _ in range(2):
        assert story.call("t.over", {"x": 1}).stored == settled
    assert story.session.stay.uses == {}


def test_what_was_done_before_is_saved_and_is_evidence_in_a_later_stay() -> None:
    """An agent that comes back to a state gets on there, and what was done late or by a person's word counts."""
    story = Story(DONE_BEFORE)
    story.call("t.login")
    story.settle("t.login", gives="first")
    story.call("t.pay")
    call = story.open_call("t.pay").id
    story.settle("t.pay", outcome="unknown")
    story.attest(call, gives="receipt")
    story.send("back")
    story.send("report")
    assert story.code == "MISSING_EVIDENCE"
    story.call("t.pay")
    story.settle("t.pay", gives="receipt")
    assert (story.record["got"], story.session.done["t.pay"].count) == ("receipt", 1)
    assert story.call("t.pay").repeated
    story.send("report")
    assert story.state == "reported"


def test_what_was_made_void_since_is_no_evidence_when_it_is_looked_up() -> None:
    """Evidence, `until`: nothing is called again, so it is as old as the call that was made."""
    story = Story(DONE_BEFORE)
    story.call("t.login")
    story.settle("t.login", gives="first")
    story.call("t.logout")
    story.send("again")
    voids = story.session.voids
    story.call("t.login")
    story.settle("t.login", gives="first")
    assert story.session.voids == voids, "what is looked up makes nothing void"
    story.send("trade")
    assert (story.code, "made void by a call of t.logout" in story.message) == ("MISSING_EVIDENCE", True)


def test_what_is_answered_from_the_ledger_is_counted_by_no_limit(story: Story) -> None:
    """An agent that lost an answer and asks again has not failed."""
    key_of(story, "t.over", {"x": 1})
    for _ in range(5):
        assert story.call("t.over", {"x": 1}).repeated
    assert story.session.stay.uses == {"t.over": 1}


def test_the_same_key_with_other_arguments_is_refused_and_counted(story: Story) -> None:
    """Design, sections 4 and 6: KEY_REUSED."""
    story.call("t.over", {"x": 1, "y": "a"})
    for outcome, said in (("", "is running"), ("done", "was done")):
        if outcome:
            story.settle("t.over", outcome=outcome)
        story.call("t.over", {"x": 1, "y": "b"})
        assert (story.code, said in story.message, "the same x" in story.message) == ("KEY_REUSED", True, True)
    assert story.session.counts.denials == 2


def test_the_same_key_with_other_arguments_is_refused_while_nobody_knows(story: Story) -> None:
    """As above: of a write that may have been done."""
    key_of(story, "t.over", {"x": 1, "y": "a"}, outcome="unknown")
    story.send("back")
    story.call("t.over", {"x": 1, "y": "b"})
    assert (story.code, "may have been done" in story.message) == ("KEY_REUSED", True)


def test_the_same_write_is_in_progress_while_it_runs_and_that_is_no_denial(story: Story) -> None:
    """Design, section 4: IN_PROGRESS, the same write is running."""
    story.call("t.over", {"x": 1})
    for _ in range(5):
        story.call("t.over", {"x": 1})
        assert story.code == "IN_PROGRESS"
    body = story.facts[-1].body
    assert isinstance(body, Denied)
    assert (body.counts_denial, story.state) == (False, "counter")


def test_a_write_that_failed_may_be_made_again(story: Story) -> None:
    """Design, section 6: failed only if nothing has happened."""
    key_of(story, "t.over", {"x": 1, "y": "a"}, outcome="failed")
    story.call("t.over", {"x": 1, "y": "b"})
    assert story.open_call("t.over").doubt is None


def test_a_tool_that_is_not_what_was_pinned_answers_nothing(story: Story) -> None:
    """Fault 25: one changed byte quarantines the tool, with what the ledger has of it."""
    key_of(story, "t.over", {"x": 1})
    story.workflow = replace(COUNTER, quarantined={"t.over": "It is not what was pinned."})
    story.call("t.over", {"x": 1})
    assert story.code == "TOOL_CHANGED"


DONE_BEFORE: Final = workflow("""
    record: {got: {}}
    roles: [reviewer]
    access: {view: [starter, reviewer]}
    initial: desk
    tools:
      t.pay: {effect: write, key: {over: [x]}}
      t.login: {effect: write, key: {over: [x]}}
      t.logout: {effect: read}
    states:
      desk:
        actor: agent
        tools: [{use: t.pay, save: got}, t.login, t.logout]
        failed: doubt
        unknown: doubt
        events:
          report: {evidence: [t.pay], next: reported}
          trade: {evidence: {login: {call: t.login, until: [t.logout, t.login]}}, next: reported}
          again: {next: desk}
      doubt: {actor: agent, events: {back: {next: desk}}}
      reported: {final: success}
""")

# What is redacted.


def test_a_call_with_redacted_arguments_is_the_same_by_what_is_kept(story: Story) -> None:
    """Design, section 6: redaction happens before a fact is made; the key is made of what is kept."""
    story.call("t.secret", {"x": 1, "y": "hunter2"})
    story.settle("t.secret", gives={"pin": "1234", "ok": True})
    settled = story.facts[-1].body
    assert isinstance(settled, Settled)
    assert settled.result == {"pin": "[redacted]", "ok": True}

    story.call("t.secret", {"x": 1, "y": "hunter3"})

    body = story.facts[-1].body
    assert isinstance(body, Settled)
    assert (story.last.repeated, body.arguments) == (True, {"x": 1, "y": "[redacted]"})
    assert "hunter" not in snapshot(story.session)


def test_a_key_is_never_made_of_what_is_redacted(story: Story) -> None:
    """Two secrets look the same when they are kept, so nobody can say that the second call is the first again."""
    key_of(story, "t.hidden", {"x": 1, "y": "hunter2"})
    for secret in ("hunter3", "hunter2"):
        story.call("t.hidden", {"x": 1, "y": secret})
        assert (story.code, "redacted" in story.message, "`key`" in story.message) == ("KEY_REUSED", True, True)
    story.call("t.hidden", {"x": 1})
    assert story.code is None, "that none was given is kept"


# The bound.


def test_a_session_whose_ledger_is_full_makes_no_further_write(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds: one more is refused, because none may be forgotten."""
    monkeypatch.setattr(effects, "EFFECTS_PER_SESSION", 2)
    key_of(story, "t.over", {"x": 1})
    key_of(story, "t.each", {"x": 1})
    key_of(story, "t.stay", {"x": 1})
    for tool in ("t.over", "t.each"):
        story.call(tool, {"x": 2})
        assert (story.code, story.session.stay.open) == ("LIMIT_REACHED", {})
    assert story.call("t.over", {"x": 1}).repeated
    again(story)
    story.call("t.over", {"x": 2})
    assert story.code is None, "the key of the other stay is good no more"


def test_what_was_done_elsewhere_counts_here_only_when_it_meets_what_is_demanded_here() -> None:
    """Design, section 1: the agent proposes; what a guard of this state refuses is no evidence in it."""
    story = Story(
        workflow(
            """
            initial: first
            states:
              first: {actor: agent, tools: [t.over], failed: over, unknown: over, events: {on: {next: second}}}
              second:
                actor: agent
                tools: [{use: t.over, when: args.x == 2}]
                failed: over
                unknown: over
                events: {finish: {evidence: [t.over], next: over}}
              over: {final: success}
            """,
            header=HEADER,
        )
    )
    for x in (1, 2):
        story.call("t.over", {"x": x})
        story.settle("t.over", gives=x)
    story.send("on")
    story.call("t.over", {"x": 1})
    assert story.code == "GUARD_FAILED"
    story.send("finish")
    assert story.code == "MISSING_EVIDENCE"
    story.call("t.over", {"x": 2})
    story.settle("t.over", gives=2)
    story.send("finish")
    assert story.state == "over"
