"""The exception package (issue 7): what a reviewer sees of a step that a confidence floor sent to them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from pointsman.contracts.bounds import CALLS_BEHIND_EVENT, EXCEPTION_PATH
from pointsman.fsm.exception_package import ExceptionPackage, InputField, PathStep
from pointsman.fsm.facts import Entered, Intended, Settled
from pointsman.fsm.floors import MissedFloor
from pointsman.fsm.remembered import CallMade

from .driver import T0, Story, workflow

CLAIM: Final = """
    record:
      claim: {type: string}
      policy: {type: string}
      notes: {type: string}
      category: {type: string}
      amount: {type: number}
    start: {requires: [claim], accepts: [policy]}
    roles: [reviewer]
    initial: triage
    tools: {t.look: {effect: read}, t.file: {effect: read}, t.post: {effect: write, key: {over: [x]}}}
    confidence: {floor: 0.6, path_floor: 0.86, below: adjustment}
    states:
      triage:
        actor: agent
        show: [notes, claim]
        tools: [t.look]
        events:
          file: {requires: [category], accepts: [policy, notes], next: valuation}
          again: {next: triage}
      valuation:
        actor: agent
        show: [claim, category]
        tools: [t.look, t.file]
        events:
          value: {requires: [amount], accepts: [claim], next: paid}
          prove: {requires: [amount], evidence: {seen: {call: t.look, with: {x: 2}, within: session}}, next: paid}
          back: {next: triage}
        EXIT
        failed: paid
      adjustment:
        actor: human
        ENTRY
        review: {role: reviewer, show: [amount SHOW], due: {in: 1d, then: paid}}
        events: {pay: {next: paid}, again: {next: triage}}
        failed: paid
      paid: {final: success}
"""
DOUBT: Final = {"amount": 310, "confidence": 0.91, "rationale": "two quotes differ", "alternatives": [290, "none"]}


def claims(*, leaves: str = "", enters: str = "", shows: str = "") -> Story:
    """A claim that was filed with confidence 0.94, before its amount is named."""
    text = CLAIM.replace("EXIT", leaves).replace("ENTRY", enters).replace("SHOW", shows)
    story = Story(workflow(text), {"claim": "C-7", "policy": "P-1"})
    story.call("t.look", {"x": 2}, gives="torn")
    story.send("file", {"category": "water", "notes": "n", "confidence": 0.94, "rationale": "wet"})
    assert story.state == "valuation"
    return story


def opened(story: Story) -> ExceptionPackage:
    review = story.session.stay.review
    assert story.state == "adjustment"
    assert review is not None
    assert review.exception is not None
    return review.exception


def test_a_reviewer_sees_why_the_session_is_with_them_and_all_that_the_step_rested_on() -> None:
    """Issue 7: input, evidence, rationale, confidence of the step and along the path, alternatives, the floor."""
    story = claims()
    story.at += 1000
    story.call("t.file", {"x": 7}, gives="report")
    call = story.session.revision
    story.send("value", DOUBT)
    assert opened(story) == ExceptionPackage(
        revision=call + 1,
        at=T0 + 1000,
        state="valuation",
        event="value",
        instead_of="paid",
        missed=[MissedFloor("path", 0.86, 0.8554)],
        confidence=0.91,
        path_confidence=0.8554,
        path=[PathStep("triage", 0.94, 4), PathStep("valuation", 0.91, call + 1)],
        rationale="two quotes differ",
        input={"claim": InputField("C-7", 1), "policy": InputField("P-1", 1), "category": InputField("water", 4)},
        calls=[CallMade("t.file", call, T0 + 1000)],
        alternatives=[290, "none"],
        left_out=[],
    )


def test_the_input_is_what_it_was_before_the_event() -> None:
    """Fsm, packing: what the event writes over is not what it was made from."""
    story = claims()
    story.send("value", {**DOUBT, "claim": "C-8"})
    assert story.record["claim"] == "C-8"
    assert opened(story).input["claim"] == InputField("C-7", 1)


def test_an_event_with_evidence_rests_on_that_and_on_nothing_else() -> None:
    """Fsm, facts: the calls that are its evidence, also of an earlier stay."""
    story = claims()
    story.call("t.file", {"x": 7})
    story.send("prove", DOUBT)
    assert opened(story).calls == [CallMade("t.look", 3, T0)]


def test_the_calls_of_a_stay_are_the_last_ones_that_succeeded() -> None:
    """Contracts, bounds: `CALLS_BEHIND_EVENT`."""
    story = claims()
    story.call("t.look", {"x": 0}, outcome="failed")
    for x in range(CALLS_BEHIND_EVENT + 3):
        story.call("t.look", {"x": x})
    last = story.session.revision
    story.send("value", DOUBT)
    assert [call.revision for call in opened(story).calls] == list(range(last - CALLS_BEHIND_EVENT + 1, last + 1))


def test_what_is_too_large_for_the_package_is_named() -> None:
    """Contracts, bounds: `EXCEPTION_BYTES`. A smaller value behind a larger one still has room."""
    story = Story(workflow(CLAIM.replace("EXIT", "").replace("ENTRY", "").replace("SHOW", "")), {"claim": "c" * 70_000})
    story.send("file", {"category": "water", "confidence": 0.94, "rationale": "wet"})
    story.send("value", {**DOUBT, "alternatives": ["short", "x" * 70_000, 3]})
    package = opened(story)
    assert package.left_out == ["alternatives[1]", "claim"]
    assert (package.alternatives, [*package.input]) == (["short", 3], ["category"])


def test_of_a_long_path_the_last_states_are_told() -> None:
    """Contracts, bounds: `EXCEPTION_PATH`."""
    names = [f"s{number}" for number in range(EXCEPTION_PATH + 2)]
    states = "\n".join(
        f"      {name}: {{actor: agent, events: {{go: {{next: {following}}}}}}}"
        for name, following in zip(names, [*names[1:], "done"], strict=True)
    )
    story = Story(
        workflow(f"""
    roles: [chief]
    initial: s0
    confidence: {{floor: 0.5, below: review}}
    states:
{states}
      review: {{actor: human, review: {{role: chief, due: {{in: 1d, then: done}}}}, events: {{go: {{next: done}}}}}}
      done: {{final: success}}
""")
    )
    for name in names:
        assert story.state == name
        story.send("go", {"confidence": 0.4 if name == names[-1] else 1, "rationale": "r"})
    review = story.session.stay.review
    assert review is not None
    assert review.exception is not None
    assert [step.state for step in review.exception.path] == names[2:]
    assert review.exception.left_out == ["path"]


def test_the_path_begins_after_the_last_decision_of_a_person() -> None:
    """Format: since the start or the last human decision."""
    story = claims()
    story.send("value", DOUBT)
    story.decide("again")
    story.send("file", {"category": "water", "confidence": 0.5, "rationale": "wet"})
    assert [(step.state, step.confidence) for step in opened(story).path] == [("triage", 0.5)]
    assert story.session.confidence_revisions == {"triage": opened(story).revision}


def test_of_a_confidence_that_an_older_version_has_kept_no_row_is_known() -> None:
    """Facts of before version 6 lead to sessions that do not say it."""
    story = claims()
    story.restart(replace(story.session, confidence_revisions={}))
    story.send("value", DOUBT)
    assert opened(story).path[0] == PathStep("triage", 0.94, None)


def test_a_decision_is_bound_to_the_package() -> None:
    """Issue 7: frozen when the review opens, and bound into its hash."""
    digests = set[str]()
    for rationale in ("two quotes differ", "one quote differs"):
        story = claims()
        story.send("value", {**DOUBT, "rationale": rationale})
        review = story.session.stay.review
        assert review is not None
        digests.add(review.shown_digest)
    assert len(digests) == 2


@pytest.mark.parametrize(
    ("leaves", "enters", "shows", "calls"),
    [
        ("exit: [{call: t.look, with: {x: 9}}]", "", "", 1),
        ("", "entry: [{call: t.look, with: {x: 9}}]", "", 1),
        ("", "", ", {call: t.look, with: {x: 9}, as: seen}", 1),
        ("exit: [{set: {notes: left}}]", "entry: [{set: {notes: here}}]", "", 0),
    ],
)
def test_the_package_waits_for_the_review_to_open(leaves: str, enters: str, shows: str, calls: int) -> None:
    """Format: `exit`, `entry` and the calls of `show` come before. The package is of the event, whatever they do."""
    story = claims(leaves=leaves, enters=enters, shows=shows)
    at_once = claims()
    for one in (story, at_once):
        one.send("value", DOUBT)
    for _ in range(calls):
        assert story.session.stay.review is None
        story.settle("t.look", gives="now")
    assert opened(story) == opened(at_once)
    assert story.session.stay.exception is None
    kept = [
        fact
        for fact in story.facts
        for body in [fact.body]
        if (isinstance(body, Entered | Settled) and body.review is not None and body.review.exception is not None)
    ]
    assert len(kept) == 1, "the review has it in one row"


def test_an_exit_that_fails_does_not_keep_the_package_from_the_reviewer() -> None:
    """Flow: where a floor sends the session there, it goes there all the same."""
    story = claims(leaves="exit: [{call: t.look, with: {x: 9}}]")
    story.send("value", DOUBT)
    leaving = story.facts[-2].body
    assert isinstance(leaving, Intended)
    story.settle("t.look", outcome="failed")
    assert opened(story).event == "value"


def test_a_package_ends_with_its_way_to_the_review() -> None:
    """Flow: where the limit on states entered sends the session elsewhere, no floor has sent it there."""
    text = CLAIM.replace("EXIT", "").replace("ENTRY", "").replace("SHOW", "")
    text = text.replace("    states:\n", "    limits: [{steps: 2, then: adjustment}]\n    states:\n", 1)
    story = Story(workflow(text), {"claim": "C-7"})
    story.send("file", {"category": "water", "confidence": 0.94, "rationale": "wet"})
    story.send("value", DOUBT)
    review = story.session.stay.review
    assert story.state == "adjustment"
    assert review is not None
    assert review.exception is None


def test_a_review_that_a_timer_or_an_event_leads_to_has_no_package() -> None:
    """Issue 7: only where a floor sent the session there."""
    story = claims()
    story.send("value", DOUBT)
    story.decide("again")
    story.send("file", {"category": "water", "confidence": 0.95, "rationale": "dry"})
    assert story.session.stay.exception is None
    assert story.session.stay.review is None
