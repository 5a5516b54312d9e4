"""Whose turn it is, and which refusal comes first (design, section 4; workflow format, "state")."""

import pytest

from pointsman.fsm.session import Actor

from .driver import ADA, ADA_HERSELF, MARIA, OUTSIDE, SERVER, STRANGER, Story, workflow


def test_who_may_not_drive_a_session_they_see_is_forbidden() -> None:
    """Design, section 4: FORBIDDEN is known to the caller, but not theirs to do."""
    story = Story(
        workflow("""
            access: {view: anyone, drive: starter}
            initial: a
            tools: {t.look: {effect: read}}
            states:
              a: {actor: agent, tools: [t.look], events: {go: {next: b}}}
              b: {final: success}
        """)
    )
    story.send("go", actor=STRANGER)
    assert story.code == "FORBIDDEN"
    story.call("t.look", actor=MARIA)
    assert story.code == "FORBIDDEN"
    assert story.session.stay.counts.denials == 0  # not in their turn


OUTER = workflow("""
    record: {answer: {type: string}}
    initial: asking
    states:
      asking:
        actor: external
        events:
          answered: {requires: [answer], next: [{to: done, when: "record.answer == 'yes'"}, {to: asking}]}
        after: {in: 1d, to: done}
      done: {final: success}
""")


@pytest.mark.parametrize("actor", [OUTSIDE, SERVER])
def test_the_outside_delivers_the_event_a_session_waits_for(actor: Actor) -> None:
    """Format: external, events delivered by a trigger or the HTTP interface."""
    story = Story(OUTER)
    story.send("answered", {"answer": 1}, actor=actor)
    assert story.code == "INVALID_FIELDS"
    story.send("something", {}, actor=actor)
    assert story.code == "NOT_ALLOWED"
    story.send("answered", {"answer": "no"}, actor=actor)
    assert story.last.refusal is None
    assert story.state == "asking"
    story.send("answered", {"answer": "yes"}, actor=actor)
    assert story.state == "done"


@pytest.mark.parametrize("actor", [ADA, ADA_HERSELF])
def test_nobody_inside_answers_for_the_outside(actor: Actor) -> None:
    """Format: external is an answer from outside."""
    story = Story(OUTER)
    story.send("answered", {"answer": "yes"}, actor=actor)
    assert story.code == "NOT_YOUR_TURN"
    assert "the outside" in story.message


def test_the_outside_calls_no_tools() -> None:
    """Format: tools are for agents and models."""
    story = Story(OUTER)
    story.call("t.look", actor=OUTSIDE)
    assert story.code == "NOT_YOUR_TURN"


ORDER = workflow("""
    record: {amount: {type: number}}
    initial: a
    confidence: {floor: 0.5, path_floor: 0.5, below: review}
    roles: [reviewer]
    tools: {t.look: {effect: read}, t.post: {effect: write}}
    states:
      a:
        actor: agent
        tools: [t.look, {use: t.post, limit: 1}]
        failed: end
        unknown: end
        events:
          go: {requires: [amount], evidence: [t.look], when: record.amount > 0.0, next: end}
        limits: [{calls: 2, then: end}]
      review:
        actor: human
        review: {role: reviewer, due: {in: 1d, then: end}}
        events: {ok: {next: end}}
      end: {final: stopped}
""")


def test_refusals_of_an_event_come_in_the_order_of_the_codes() -> None:
    """Design, section 4: where several codes apply, the first in this order is given."""
    story = Story(ORDER)
    sure = {"confidence": 0.9, "rationale": "r"}
    story.call("t.post", {"x": 1})
    seen: list[str | None] = []

    story.send("nowhere", {}, actor=STRANGER, expected_revision=0)
    seen.append(story.code)
    story.send("nowhere", {}, actor=ADA_HERSELF, expected_revision=0)
    seen.append(story.code)
    story.send("nowhere", {}, expected_revision=0)
    seen.append(story.code)
    story.send("nowhere", {})
    seen.append(story.code)
    story.send("go", {"confidence": 2})
    seen.append(story.code)
    story.send("go", {"amount": 1, **sure, "confidence": 2})
    seen.append(story.code)
    story.send("go", {"amount": 1, **sure})
    seen.append(story.code)
    story.call("t.look")
    story.send("go", {"amount": 1, **sure})  # the guard sees the record before it is written
    seen.append(story.code)

    assert seen == [
        "NOT_FOUND",
        "NOT_YOUR_TURN",
        "STALE",
        "NOT_ALLOWED",
        "MISSING_FIELDS",
        "INVALID_FIELDS",
        "MISSING_EVIDENCE",
        "GUARD_FAILED",
    ]
