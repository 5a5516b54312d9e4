"""Calls that wait for a person (workflow format, "a tool in a state": `approval`; design, section 7)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import pytest

from pointsman.contracts.bounds import APPROVAL_ARGUMENTS_BYTES, APPROVALS_PER_STAY
from pointsman.contracts.values import JsonObject, digest
from pointsman.fsm.allowed import allowed, waiting
from pointsman.fsm.approvals import shown_digest
from pointsman.fsm.commands import Decide
from pointsman.fsm.facts import Decided, Intended, Settled, TimerFired
from pointsman.fsm.gate import may_view
from pointsman.fsm.session import Actor, OpenApproval
from pointsman.fsm.snapshots import snapshot

from .driver import ADA, ADA_HERSELF, ANY_ARGUMENTS, MARIA, OUTSIDE, SERVER, Story, with_tools, workflow

HOUR_MS: Final = 3_600_000
TEXT: Final = """
    record: {file: {type: string}, stale: {type: boolean}, kept: {}, seen: {}}
    start: {accepts: [file, stale]}
    roles: [reviewer]
    access: {view: [starter]}
    initial: tidying
    limits: [{calls: 6, then: stuck}]
    tools:
      t.look: {effect: read}
      t.peek: {effect: read}
      t.delete: {effect: write, key: {over: [x]}}
      t.pay: {effect: write, key: none}
      t.plain: {effect: write, key: {over: [x]}}
    states:
      tidying:
        actor: agent
        tools:
          - t.plain
          - use: t.delete
            with: {fixed: =record.file}
            when: args.x < 10 && record.stale
            message: Only what is stale.
            limit: 2
            save: {kept: =result}
            approval: {role: reviewer, exclude: [=session.started_by, =args.y], within: 4h}
          - {use: t.pay, approval: {role: reviewer}}
          - {use: t.peek, save: {seen: =result}, approval: {role: reviewer}}
          - {use: t.look, save: {stale: =result}}
        failed: stuck
        unknown: doubt
        events: {go: {next: done}, again: {accepts: [file], next: tidying}}
        limits: [{denials: 3, then: stuck}]
        after: {in: 2d, to: done}
      done: {final: success}
      doubt: {final: manual, owner: o}
      stuck: {final: manual, owner: o}
"""
TIDY: Final = workflow(TEXT)
ASKED: Final = {"x": 1, "y": "tmp"}


@pytest.fixture
def story() -> Story:
    return Story(TIDY, {"file": "a.txt", "stale": True})


@dataclass(frozen=True)
class About:
    """A decision that is about something else in one respect."""

    event: str = "approve"
    arguments: Mapping[str, object] | None = None
    number: str = ""
    digest: str | None = None
    stay: int | None = None


def waits(story: Story) -> OpenApproval:
    """The approval asked last."""
    approvals = story.session.stay.approvals
    return approvals[max(approvals, key=int)]


# Asking.


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


# Deciding.


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


# Time.


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


# Who, and on what.


@pytest.mark.parametrize(
    "actor",
    [ADA, Actor("agent", "maria", ("reviewer",)), SERVER, OUTSIDE, ADA_HERSELF, Actor("human", "tmp", ("reviewer",))],
)
def test_nobody_but_a_person_who_may_decides(story: Story, actor: Actor) -> None:
    """Faults 21: an agent approves its own. `exclude` sees the arguments: who is named in them is excluded."""
    story.call("t.delete", ASKED)
    for event in ("approve", "reject", "nothing"):
        story.judge(event, actor=actor)
        assert (story.code, waits(story).status) == ("FORBIDDEN", "pending")
    assert story.session.stay.open == {}


def test_a_person_without_the_role_does_not_find_the_session_or_is_forbidden(story: Story) -> None:
    story.call("t.delete", ASKED)
    story.judge("approve", actor=Actor("human", "otto", ("cook",)))
    assert story.code == "NOT_FOUND"
    story.judge("approve", actor=Actor("human", "ada", ()))
    assert story.code == "FORBIDDEN"


@pytest.mark.parametrize("channel", ["elicitation", "mcp", "script"])
def test_a_call_is_not_approved_through_the_agents_own_client(story: Story, channel: str) -> None:
    """Design, section 7. Faults 21: an elicitation that answers itself."""
    story.call("t.delete", ASKED)
    story.judge("approve", channel=channel)
    assert (story.code, waits(story).status) == ("FORBIDDEN", "pending")


ZOE: Final = Actor("human", "zoe", ("reviewer",))


@pytest.mark.parametrize(
    ("actor", "owns", "code"),
    [(ZOE, (), "FORBIDDEN"), (MARIA, ("bot",), "FORBIDDEN"), (MARIA, ("other",), None)],
)
def test_who_answers_for_the_agent_that_asked_may_not_approve_where_anybody_is_excluded(
    actor: Actor, owns: tuple[str, ...], code: str | None
) -> None:
    """Nobody approves what an agent of their own has asked."""
    open_to_all = workflow(TEXT.replace("view: [starter]", "view: anyone, drive: anyone"))
    story = Story(open_to_all, {"file": "a.txt", "stale": True})
    bot = Actor("agent", "bot", owner="zoe")
    story.call("t.delete", ASKED, actor=bot)
    story.call("t.pay", actor=bot)
    deleting, paying = sorted(story.session.stay.approvals.values(), key=lambda one: int(one.id))
    assert (deleting.asked_by, deleting.answers_for) == ("bot", "zoe")
    decide = Decide("approve", {}, shown_digest(deleting), 1, approval=deleting.id, owns=owns)
    story.submit(decide, actor, channel="cli")
    assert story.code == code
    story.judge("approve", number=paying.id, actor=ZOE)
    assert story.code is None, "where nobody is excluded, they may"


def test_where_it_cannot_be_said_who_is_excluded_nobody_decides(story: Story) -> None:
    story.call("t.delete", {"x": 1})
    story.judge("approve")
    assert (story.code, "cannot be said" in story.message) == ("FORBIDDEN", True)


@pytest.mark.parametrize(
    ("about", "code"),
    [
        (About(digest="sha256:0"), "STALE"),
        (About(stay=0), "STALE"),
        (About(number="999"), "STALE"),
        (About(event="agree"), "NOT_ALLOWED"),
        (About(arguments={"amount": 1}), "INVALID_FIELDS"),
    ],
)
def test_a_decision_is_about_this_call_as_it_was_shown(story: Story, about: About, code: str) -> None:
    """Faults 20: bound to what was shown. A person can approve or reject, and change nothing."""
    story.call("t.delete", ASKED)
    story.judge(about.event, about.arguments, number=about.number, digest=about.digest, stay=about.stay)
    assert (story.code, waits(story).status, story.session.stay.open) == (code, "pending", {})


def test_what_was_shown_of_one_call_approves_no_other(story: Story) -> None:
    story.call("t.pay", {"x": 1})
    one = waits(story)
    story.call("t.pay", {"x": 2})
    story.judge("approve", digest=shown_digest(one))
    assert (story.code, story.session.stay.open) == ("STALE", {})


@pytest.mark.parametrize(("first", "told"), [("approve", "approved"), ("reject", "rejected")])
def test_of_two_persons_who_decide_at_once_one_wins(story: Story, first: str, told: str) -> None:
    """Faults 8 and 20: used once."""
    story.call("t.delete", ASKED)
    otto = Actor("human", "otto", ("reviewer",))
    story.judge(first)
    for event in ("approve", "reject"):
        story.judge(event, actor=otto)
        assert (story.code, f"maria has {told}" in story.message) == ("STALE", True)
    assert len(story.session.stay.open) == (first == "approve")


def test_leaving_the_stay_makes_what_waits_void(story: Story) -> None:
    """Coming back to the state is another stay, where the number means nothing."""
    story.call("t.delete", ASKED)
    approval = waits(story)
    story.send("again")
    for stay in (1, 2):
        story.judge("approve", number=approval.id, digest=shown_digest(approval), stay=stay)
        assert (story.code, story.session.stay.open) == ("NOT_FOUND", {})
        story.judge("approve", number=approval.id, digest=shown_digest(approval), stay=stay, actor=ADA_HERSELF)
        assert (story.code, story.session.stay.open) == ("STALE", {})
    story.call("t.delete", ASKED)
    assert (story.code, waits(story).id != approval.id) == ("NEEDS_APPROVAL", True)


def test_what_was_shown_in_another_stay_or_session_approves_nothing_however_equal_it_looks(story: Story) -> None:
    """Faults 20: a digest is of this very asking."""
    story.call("t.delete", ASKED)
    earlier = waits(story)
    other = Story(TIDY, {"file": "a.txt", "stale": True}, named="s-2")
    other.call("t.delete", ASKED)
    story.judge("approve", digest=shown_digest(waits(other)))
    assert (story.code, story.facts[-1].code) == ("STALE", "STALE")
    story.send("again")
    story.call("t.delete", ASKED)
    assert waits(story).arguments == earlier.arguments
    story.judge("approve", digest=shown_digest(earlier))
    assert (story.code, waits(story).status, story.facts[-1].kind) == ("STALE", "pending", "denied")


def test_of_a_session_that_has_ended_nothing_is_approved(story: Story) -> None:
    story.call("t.delete", ASKED)
    approval = waits(story)
    story.cancel()
    story.judge("approve", number=approval.id, digest=shown_digest(approval), actor=ADA_HERSELF)
    assert story.code == "SESSION_ENDED"


# What it rested on.


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


def test_a_session_without_approvals_is_stored_as_before_there_were_any(story: Story) -> None:
    """Rows and snapshots of earlier versions fold to the same text."""
    assert "approvals" not in json.loads(snapshot(story.session))["stay"]
