"""A person says how a write ended of which nobody knew (issue: effects, `pointsman effects settle`)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from pointsman.contracts.bounds import RESULT_BYTES
from pointsman.fsm.facts import Administered
from pointsman.fsm.session import Actor

from .driver import ADA, OUTSIDE, SERVER, STRANGER, Story, workflow

TILL: Final = workflow("""
    record: {got: {}, balance: {}}
    roles: [reviewer]
    access: {view: [starter, reviewer]}
    initial: paying
    tools:
      t.balance: {effect: read}
      t.pay: {effect: write, key: {over: [x]}, success: result.ok == true, redact: [result.pin]}
      t.each: {effect: write, key: none}
    states:
      paying:
        actor: system
        run: [{call: t.pay, with: {x: 1}, save: {got: =result.receipt}}]
        next: paid
        failed: failed
        unknown: doubt
      doubt:
        actor: agent
        tools: [t.each, {use: t.balance, save: balance}]
        unknown: over
        failed: over
        events:
          pay: {next: paying}
          close: {evidence: {now: {call: t.balance, until: [t.pay]}}, next: over}
      paid: {final: success}
      failed: {actor: agent, events: {pay: {next: paying}}}
      over: {final: manual, owner: o}
""")


@pytest.fixture
def story() -> Story:
    """A payment of which nobody knows."""
    story = Story(TILL)
    story.settle("t.pay", outcome="unknown")
    assert story.state == "doubt"
    return story


def test_a_write_that_a_person_says_was_done_is_not_made_again_and_gives_what_they_say(story: Story) -> None:
    """Design, section 6: the effect is unknown, and a person settles it."""
    call = story.effect("t.pay").call
    story.attest(call, gives={"receipt": "R-1"})

    fact = story.facts[-1]
    assert (fact.kind, fact.action, fact.outcome, fact.actor_id) == ("admin", "settle", "done", "maria")
    assert isinstance(fact.body, Administered)
    assert (fact.body.act, fact.body.call, fact.body.reason) == ("settled", call, "the bank says so")
    assert (story.state, story.effect("t.pay").status) == ("doubt", "done"), "it moves the session nowhere"

    story.restart()
    story.send("pay")
    assert story.open_call("t.pay").stored == story.effect("t.pay").settled == fact_number(story, fact.kind)
    story.settle("t.pay", gives={"receipt": "R-1"})
    assert (story.state, story.record["got"]) == ("paid", "R-1")


def fact_number(story: Story, kind: str) -> int:
    return next(number for number, fact in enumerate(story.facts, 1) if fact.kind == kind)


def test_a_write_that_a_person_says_has_failed_is_made_again(story: Story) -> None:
    """Design, section 6: what has failed may be asked again."""
    story.attest(story.effect("t.pay").call, "failed")
    assert (story.facts[-1].outcome, story.session.effects) == ("failed", {})
    story.send("pay")
    again = story.open_call("t.pay")
    assert (again.stored, again.doubt) == (None, None)


@pytest.mark.parametrize("actor", [ADA, OUTSIDE, SERVER])
def test_nobody_but_a_person_settles(story: Story, actor: Actor) -> None:
    """Design, section 1: nothing an agent can call switches the governor off."""
    story.attest(story.effect("t.pay").call, actor=actor)
    assert (story.code, story.effect("t.pay").status) == ("FORBIDDEN", "unknown")


def test_who_may_not_see_the_session_settles_nothing(story: Story) -> None:
    """Design, section 4: NOT_FOUND."""
    story.attest(story.effect("t.pay").call, actor=STRANGER)
    assert (story.code, story.last.facts) == ("NOT_FOUND", ())


def test_what_is_running_is_not_settled_by_a_person() -> None:
    """Its outcome is still to come."""
    story = Story(TILL)
    story.attest(story.open_call("t.pay").id)
    assert (story.code, story.effect("t.pay").status) == ("IN_PROGRESS", "intended")


def test_what_is_known_already_is_not_settled_again(story: Story) -> None:
    """A second person, or the same one twice."""
    call = story.effect("t.pay").call
    story.attest(call)
    story.attest(call, "failed")
    assert (story.code, "t.pay was done" in story.message) == ("NOT_ALLOWED", True)
    story.late(call, outcome="failed")
    assert (story.last.facts, story.effect("t.pay").status) == ((), "done")


def test_a_number_that_is_no_write_is_refused(story: Story) -> None:
    """The session has no such write; that says how to find one."""
    story.attest("99")
    assert (story.code, "'99'" in story.message) == ("NOT_ALLOWED", True)


def test_a_result_that_is_too_large_is_refused(story: Story) -> None:
    """Bounds: a result has at most RESULT_BYTES."""
    story.attest(story.effect("t.pay").call, gives="r" * RESULT_BYTES)
    assert (story.code, story.effect("t.pay").status) == ("TOO_LARGE", "unknown")


def test_a_result_is_kept_without_what_is_redacted(story: Story) -> None:
    """Design, section 9: an unredacted secret never reaches a row."""
    story.attest(story.effect("t.pay").call, gives={"receipt": "R-1", "pin": "1234"})
    body = story.facts[-1].body
    assert isinstance(body, Administered)
    assert body.result == {"receipt": "R-1", "pin": "[redacted]"}


def test_a_write_of_a_session_that_has_ended_can_be_settled(story: Story) -> None:
    """An unknown write often leads to a final state with an owner, who finds out."""
    story.call("t.each")
    story.settle("t.each", outcome="unknown")
    assert story.session.ended is not None
    story.attest(story.effect("t.pay").call)
    assert (story.code, story.effect("t.pay").status) == (None, "done")


def test_a_write_is_settled_where_nobody_knows_its_tool_any_more(story: Story) -> None:
    """The command line settles without any source, and a state may offer all tools of one (`source` and `effect`)."""
    story.workflow = replace(TILL, tools={name: one for name, one in TILL.tools.items() if name != "t.pay"})
    story.attest(story.effect("t.pay").call)
    assert (story.code, story.effect("t.pay").status) == (None, "done")


def test_a_write_without_a_key_leaves_the_ledger_when_it_is_known(story: Story) -> None:
    """Ledger: one with a key of its own is there only while it is open or unknown."""
    story.call("t.each")
    story.settle("t.each", outcome="unknown")
    story.attest(story.effect("t.each").call)
    assert [effect.tool for effect in story.session.effects.values()] == ["t.pay"]


@pytest.mark.parametrize("how", ["attested", "late"])
def test_what_was_seen_before_it_is_known_is_no_evidence_of_what_is_now(story: Story, how: str) -> None:
    """Evidence: nobody knows whether the downstream saw the write before or after it."""
    story.call("t.balance", {"x": 1}, gives=100)
    if how == "attested":
        story.attest(story.effect("t.pay").call)
    else:
        story.late(story.effect("t.pay").call, gives={"ok": True})
    assert story.effect("t.pay").status == "done"
    story.send("close")
    assert story.code == "MISSING_EVIDENCE"
    story.call("t.balance", {"x": 1}, gives=90)
    story.send("close")
    assert story.state == "over"
