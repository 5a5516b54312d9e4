"""Writes of which nobody knows whether they have happened: taken over, asked again, known late (design, section 6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from pointsman.contracts.values import JsonObject
from pointsman.fsm.calls import DOUBTED
from pointsman.fsm.commands import Settle, TakeOver
from pointsman.fsm.facts import CallResult, Intended
from pointsman.fsm.happenings import NOT_AS_APPROVED, NOT_KEPT, SERVER_DIED

from .driver import MARIA, SERVER, Story, with_tools, workflow
from .told import last_settled

DESK: Final = workflow("""
    record: {got: {}}
    roles: [reviewer]
    initial: desk
    tools:
      t.find: {effect: read}
      t.plain: {effect: write, key: {over: [x]}}
      t.keyed: {effect: write, key: {over: [x], deliver: {argument: token}}}
      t.asked:
        effect: write
        key: {over: [x]}
        success: result.ok == true
        reconcile: {call: t.find, with: {x: =args.x}, happened: result == true}
      t.picky: {effect: write, key: {over: [x]}, success: result.of == args.x}
      t.secret: {effect: write, key: {over: [x], deliver: {argument: token}}, redact: [args.y]}
      t.allowed: {effect: write, key: {over: [x], deliver: {argument: token}}}
      t.peek: {effect: read}
    states:
      desk:
        actor: agent
        tools:
          - t.plain
          - {use: t.keyed, save: got}
          - t.asked
          - t.picky
          - t.secret
          - {use: t.allowed, save: got, approval: {role: reviewer}}
          - {use: t.peek, approval: {role: reviewer}}
        failed: over
        unknown: doubt
        events: {leave: {next: doubt}}
      doubt: {actor: agent, events: {back: {next: desk}, stop: {next: over}}}
      over: {final: success}
""")
OTHER: Final[JsonObject] = {"type": "object", "properties": {"x": {"type": "number"}}}


@pytest.fixture
def story() -> Story:
    return Story(DESK)


def doubted(story: Story, tool: str, *, unanswered: bool = False) -> str:
    """Make a write of which nobody knows, come back to the desk, and give its number."""
    story.call(tool)
    call = story.open_call(tool).id
    story.end(tool, CallResult("unknown", error="it broke", unanswered=unanswered))
    assert (story.state, story.effect(tool).status) == ("doubt", "unknown")
    story.send("back")
    return call


def approved(story: Story, tool: str) -> None:
    """Have a call run that a person has approved."""
    story.call(tool)
    story.judge("approve")
    assert story.code is None


# Asked again by an agent.


def test_a_write_nobody_knows_of_is_refused_and_names_what_a_person_has_to_settle(story: Story) -> None:
    """Design, section 4: OUTCOME_UNKNOWN, and what happens next."""
    call = doubted(story, "t.plain")
    story.call("t.plain")
    assert (story.code, f"s-1.{call}" in story.message) == ("OUTCOME_UNKNOWN", True)
    assert (story.session.counts.denials, story.session.stay.open) == (1, {})


@pytest.mark.parametrize("tool", ["t.keyed", "t.asked"])
def test_a_write_nobody_knows_of_is_opened_in_doubt_where_the_server_can_find_out(story: Story, tool: str) -> None:
    """Design, section 6: with the same key, or by `reconcile`."""
    doubted(story, tool, unanswered=True)
    story.call(tool)
    call = story.open_call(tool)
    assert (story.code, call.doubt, call.attempt, call.unanswered) == (None, DOUBTED, 1, True)
    story.call(tool)
    assert story.code == "IN_PROGRESS"
    story.settle(tool, gives={"ok": True})
    settled = story.session.revision
    assert story.call(tool).stored == settled


def test_a_write_with_redacted_arguments_is_refused_even_where_its_downstream_takes_the_key(story: Story) -> None:
    """Design, section 6: redacted arguments; two calls that look the same may be two."""
    story.call("t.secret", {"x": 1, "y": "hunter2"})
    story.settle("t.secret", outcome="unknown")
    story.send("back")
    story.call("t.secret", {"x": 1, "y": "hunter2"})
    assert story.code == "OUTCOME_UNKNOWN"


# Another process takes it over.


@pytest.mark.parametrize("tool", ["t.keyed", "t.asked"])
def test_a_write_that_the_server_can_find_out_about_is_taken_over_in_doubt(story: Story, tool: str) -> None:
    """Fault 1: kill -9 at each step of an effect."""
    story.call(tool)
    first = story.open_call(tool)
    story.take_over(tool)
    again = story.open_call(tool)
    assert (again.id, again.key, again.instance) == (first.id, first.key, "two")
    assert (again.attempt, again.doubt, story.effect(tool).attempt) == (2, SERVER_DIED, 2)
    assert story.session.counts.calls == 1
    story.settle(tool, instance="two", gives={"ok": True})
    assert story.effect(tool).status == "done"


def test_a_write_that_nobody_can_find_out_about_is_unknown_when_its_process_is_gone(story: Story) -> None:
    """Fault 1: `done` or `unknown` after restart."""
    story.call("t.plain")
    story.take_over("t.plain")
    assert (story.state, story.effect("t.plain").status, last_settled(story).error) == ("doubt", "unknown", SERVER_DIED)


def test_a_write_with_redacted_arguments_is_unknown_when_its_process_is_gone(story: Story) -> None:
    """Design, section 6: an interrupted write with redacted arguments becomes `unknown`."""
    story.call("t.secret", {"x": 1, "y": "hunter2"})
    story.take_over("t.secret")
    assert (story.state, story.effect("t.secret").status) == ("doubt", "unknown")


def test_a_write_that_was_made_without_a_key_is_not_made_again_with_one(story: Story) -> None:
    """A session of an earlier version: its downstream has never seen a key, and would take this for a new write."""
    story.call("t.keyed")
    call = story.open_call("t.keyed")
    old = replace(call, key=None, scope=None)
    stay = replace(story.session.stay, open={call.id: old})
    story.restart(replace(story.session, stay=stay, effects={}))
    story.take_over("t.keyed")
    assert (story.state, story.session.effects, last_settled(story).error) == ("doubt", {}, SERVER_DIED)


def test_an_approved_write_is_taken_over_in_doubt(story: Story) -> None:
    """Issue: executed by the server, once, even after a restart."""
    approved(story, "t.allowed")
    story.take_over("t.allowed")
    assert story.open_call("t.allowed").doubt == SERVER_DIED
    story.settle("t.allowed", instance="two")
    assert [one.status for one in story.session.stay.approvals.values()] == ["done"]


def test_an_approved_write_of_a_tool_that_is_defined_otherwise_now_is_not_made_again(story: Story) -> None:
    """Issue: approved for exactly these arguments and this pinned definition."""
    approved(story, "t.allowed")
    story.workflow = with_tools(DESK, {"t.allowed": OTHER})
    story.take_over("t.allowed")
    assert (story.state, story.effect("t.allowed").status) == ("doubt", "unknown")


def test_an_approved_write_of_a_tool_that_is_gone_is_not_made_again(story: Story) -> None:
    """As above: its source says nothing of it any more."""
    approved(story, "t.allowed")
    definitions = {name: one for name, one in DESK.definitions.items() if name != "t.allowed"}
    story.workflow = replace(DESK, definitions=definitions)
    story.take_over("t.allowed")
    assert (story.state, story.effect("t.allowed").status) == ("doubt", "unknown")


def test_an_approved_read_of_a_tool_that_is_defined_otherwise_now_fails(story: Story) -> None:
    """As above: it may well run again, but not as something else."""
    approved(story, "t.peek")
    story.workflow = with_tools(DESK, {"t.peek": OTHER})
    story.take_over("t.peek")
    assert (story.state, last_settled(story).error) == ("desk", NOT_AS_APPROVED)


def test_a_read_with_redacted_arguments_cannot_be_run_again() -> None:
    """Design, section 6: what the process alone had is gone with it."""
    story = Story(
        workflow("""
            record: {n: {type: string}}
            start: {requires: [n]}
            initial: a
            tools: {t.look: {effect: read, redact: [args.y]}}
            states:
              a: {actor: system, run: [{call: t.look, with: {x: 1, y: =record.n}}], next: b, failed: b}
              b: {final: success}
        """),
        {"n": "hunter2"},
    )
    story.take_over("t.look")
    assert (story.state, last_settled(story).error) == ("b", NOT_KEPT)


def test_what_is_not_open_any_more_is_not_taken_over(story: Story) -> None:
    """Happenings: a command that no longer fits says nothing new."""
    story.call("t.keyed")
    call = story.open_call("t.keyed")
    story.take_over("t.keyed", gone="three")
    assert story.last.facts == ()
    story.settle("t.keyed")
    story.submit(TakeOver(call.id, "one"), SERVER)
    assert (story.last.facts, story.effect("t.keyed").status) == ((), "done")


@pytest.mark.parametrize("stands", [True, False])
def test_what_a_process_has_sent_that_only_stands_still_may_be_under_way(story: Story, stands: bool) -> None:
    """Effects: that it has not happened is believed only when it cannot be under way any more."""
    story.call("t.keyed")
    story.submit(TakeOver(story.open_call("t.keyed").id, "one", stands=stands), SERVER, instance="two")
    assert story.open_call("t.keyed").unanswered is stands


def test_taking_it_over_is_a_fact(story: Story) -> None:
    """Design, section 9: the audit holds intent and outcome."""
    story.call("t.keyed")
    story.take_over("t.keyed")
    body = story.facts[-1].body
    assert isinstance(body, Intended)
    assert body.call == story.open_call("t.keyed")


# Known late.


def test_a_late_result_settles_a_write_nobody_knew_of(story: Story) -> None:
    """Design, section 6: a late result of a timed-out write settles it too."""
    call = doubted(story, "t.plain", unanswered=True)
    story.late(call, gives="receipt")
    late = last_settled(story)
    assert (late.call, late.purpose, late.result, late.writes) == (call, "late", "receipt", {})
    assert (story.facts[-1].outcome, story.facts[-1].action) == ("done", "t.plain")
    effect = story.effect("t.plain")
    assert (effect.status, effect.settled, effect.unanswered) == ("done", story.session.revision, False)
    story.call("t.plain")
    assert story.open_call("t.plain").stored == effect.settled


def test_a_late_refusal_settles_it_as_failed(story: Story) -> None:
    """As above: it may be asked again."""
    story.late(doubted(story, "t.plain"), outcome="failed")
    assert (story.facts[-1].outcome, story.session.effects) == ("failed", {})


def test_a_late_result_that_says_nothing_changes_nothing(story: Story) -> None:
    """An error that comes late proves as little as one that comes in time."""
    call = doubted(story, "t.plain")
    story.late(call, outcome="unknown")
    assert (story.last.facts, story.effect("t.plain").status) == ((), "unknown")


@pytest.mark.parametrize(("gives", "status"), [({"ok": True}, "done"), ({"ok": False}, None), ({}, "unknown")])
def test_a_late_result_is_judged_by_what_counts_as_a_success(
    story: Story, gives: JsonObject, status: str | None
) -> None:
    """Format: `success`."""
    story.late(doubted(story, "t.asked"), gives=gives)
    assert [effect.status for effect in story.session.effects.values()] == ([] if status is None else [status])


def test_a_late_result_that_cannot_be_judged_without_the_arguments_changes_nothing(story: Story) -> None:
    """Fail closed: what is not kept is not guessed."""
    story.late(doubted(story, "t.picky"), gives={"of": 1})
    assert (story.last.facts, story.effect("t.picky").status) == ((), "unknown")


def test_that_one_process_failed_says_nothing_of_the_one_that_took_the_write_over(story: Story) -> None:
    """A process stood still longer than its lease before it sent anything; the other one has sent it."""
    story.call("t.keyed")
    call = story.open_call("t.keyed").id
    story.take_over("t.keyed")
    story.settle("t.keyed", outcome="unknown", instance="two")
    story.late(call, outcome="failed", instance="one")
    assert (story.last.facts, story.effect("t.keyed").status) == ((), "unknown")
    story.late(call, instance="one")
    assert story.effect("t.keyed").status == "done"


def test_a_late_result_of_a_write_that_is_made_again_changes_nothing(story: Story) -> None:
    """The call in doubt that came after it finds out by itself."""
    call = doubted(story, "t.keyed")
    story.call("t.keyed")
    story.late(call)
    assert (story.last.facts, story.effect("t.keyed").status) == ((), "intended")


def test_a_late_result_settles_a_write_of_a_session_that_has_ended(story: Story) -> None:
    """Where an unknown write leads is often an end."""
    call = doubted(story, "t.plain")
    story.send("leave")
    story.send("stop")
    story.late(call)
    assert (story.session.ended is not None, story.effect("t.plain").status) == (True, "done")


def test_only_the_server_knows_late_results(story: Story) -> None:
    """Fsm: no agent, person or outside settles by itself."""
    call = doubted(story, "t.plain")
    story.submit(Settle(call, CallResult("done")), replace(MARIA, id="ada"))
    assert (story.code, story.effect("t.plain").status) == ("FORBIDDEN", "unknown")


# Approvals and the ledger.


def test_a_call_that_was_done_after_an_approval_is_answered_in_a_later_stay_and_not_asked_again(story: Story) -> None:
    """Design, section 6: equal call, the stored result, whoever has let it run."""
    approved(story, "t.allowed")
    story.settle("t.allowed", gives="receipt")
    settled = story.session.revision
    story.send("leave")
    story.send("back")
    assert story.call("t.allowed").refusal is None
    assert (story.open_call("t.allowed").stored, story.session.stay.approvals) == (settled, {})


def test_a_call_the_ledger_stands_against_is_not_approved(story: Story) -> None:
    """What the call rested on may have changed since it was asked; it waits on."""
    story.call("t.allowed", {"x": 1, "y": "a"})
    first = story.session.stay.approvals
    story.call("t.allowed", {"x": 1, "y": "b"})
    (number,) = first
    assert story.judge("approve", number=number).refusal is None
    story.judge("approve")
    assert story.code == "KEY_REUSED"
    story.settle("t.allowed")
    story.judge("approve")
    assert (story.code, len(story.session.stay.approvals)) == ("KEY_REUSED", 2)


def test_an_approved_call_in_doubt_is_put_before_a_person_again(story: Story) -> None:
    """The first approval is used; the call that finds out may make it again."""
    approved(story, "t.allowed")
    story.settle("t.allowed", outcome="unknown")
    story.send("back")
    story.call("t.allowed")
    assert story.code == "NEEDS_APPROVAL"
    story.judge("approve")
    assert story.open_call("t.allowed").doubt == DOUBTED


def test_a_call_that_was_done_since_it_was_asked_is_approved_and_looked_up(story: Story) -> None:
    """Nothing is made twice: what was in doubt when it was asked became known, and its result is given."""
    approved(story, "t.allowed")
    call = story.open_call("t.allowed").id
    story.settle("t.allowed", outcome="unknown")
    story.send("back")
    story.call("t.allowed")
    story.late(call, gives="receipt")
    settled = story.effect("t.allowed").settled
    story.judge("approve")
    assert story.open_call("t.allowed").stored == settled
    story.settle("t.allowed", gives="receipt")
    assert (story.record["got"], story.effect("t.allowed").settled) == ("receipt", settled)
    assert [one.status for one in story.session.stay.approvals.values()] == ["done"]
