"""Properties of floors and of denials: what a confidence can do, and whose refusals a limit counts."""

from __future__ import annotations

from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from pointsman.fsm.session import Actor

from .driver import ADA, ADA_HERSELF, MARIA, OUTSIDE, Story, workflow

DESK: Final = workflow("""
    record: {n: {type: integer}}
    roles: [reviewer]
    access: {view: anyone}
    initial: writing
    confidence: {floor: 0.6, path_floor: 0.5, below: second}
    limits: [{denials: 3, then: stuck}]
    states:
      writing: {actor: agent, events: {clear: {next: done}, ask: {next: first}}}
      first: {actor: human, review: {role: reviewer}, events: {go_on: {next: done}}}
      second: {actor: human, review: {role: reviewer}, events: {go_on: {next: done}}}
      done: {final: success}
      stuck: {final: manual, owner: o}
""")
OTHERS: Final = (Actor("agent", "mallory"), MARIA, ADA_HERSELF, OUTSIDE)


@settings(max_examples=200, deadline=None)
@given(st.floats(0, 1), st.sampled_from(["clear", "ask"]))
def test_a_confidence_sends_a_session_to_a_person_and_never_past_one(confidence: float, event: str) -> None:
    """Format, "confidence": it can send a session to a person, never past one."""
    story = Story(DESK)
    story.send(event, {"confidence": confidence, "rationale": "r"})
    if event == "ask":
        assert story.state == "first", "the review that the event leads to, whatever the floors"
    else:
        assert story.state == ("second" if confidence < 0.6 else "done")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(OTHERS), st.booleans()), min_size=1, max_size=12))
def test_denials_by_others_do_not_count(asked: list[tuple[Actor, bool]]) -> None:
    """Format, "limits": `denials` are refusals of the actor in its own turn."""
    story = Story(DESK)
    for actor, event in asked:
        if event:
            story.send("clear", {}, actor=actor)
        else:
            story.call("t.none", {}, actor=actor)
        assert story.code is not None
    assert (story.state, story.session.counts.denials, story.session.stay.counts.denials) == ("writing", 0, 0)
    for _ in range(3):
        story.send("clear", {}, actor=ADA)
    assert story.state == "writing", "the agent still has all of its own"
    story.send("clear", {}, actor=ADA)
    assert story.state == "stuck"
