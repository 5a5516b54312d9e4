"""Confidence (workflow format): floors of the step and of the path; a floor sends to a person, never past one."""

import pytest

from pointsman.fsm.facts import Accepted, Entered

from .driver import Story, workflow

DOUBTING = workflow("""
    record: {a: {type: string}, b: {type: string}}
    roles: [reviewer, chief]
    initial: first
    confidence: {floor: 0.8, path_floor: 0.7, below: review}
    states:
      first:
        actor: agent
        events:
          go: {requires: [a], next: [{to: second, when: confidence > 0.1 && path_confidence > 0.1}, {to: done}]}
          sure: {confidence: off, next: second}
          up: {next: chief_review}
          doubt: {when: path_confidence < 0.5, next: second}
      second:
        actor: agent
        events: {go: {next: third}, back: {next: first}}
      third:
        actor: agent
        confidence: off
        events: {go: {accepts: [b], next: done}, back: {next: first}}
      review:
        actor: human
        review: {role: reviewer, due: {in: 1d, then: done}}
        events: {again: {next: first}}
      chief_review:
        actor: human
        review: {role: chief, due: {in: 1d, then: done}}
        events: {again: {next: first}}
      done: {final: success}
""")


def how_sure(confidence: float) -> dict[str, object]:
    return {"confidence": confidence, "rationale": "because"}


@pytest.mark.parametrize("lacks", ["confidence", "rationale"])
def test_every_event_in_force_requires_confidence_and_rationale(lacks: str) -> None:
    """Format: in force, every event requires `confidence` and `rationale`, and accepts `alternatives`."""
    story = Story(DOUBTING)
    whole = {"a": "x", "alternatives": ["y"], **how_sure(0.9)}
    story.send("go", {name: value for name, value in whole.items() if name != lacks})
    assert story.code == "MISSING_FIELDS"
    story.send("go", whole)
    assert story.state == "second"


@pytest.mark.parametrize("confidence", [-0.1, 1.1, "high", True])
def test_a_confidence_is_a_number_from_zero_to_one(confidence: object) -> None:
    """Format: 0 to 1."""
    story = Story(DOUBTING)
    story.send("go", {"a": "x", "confidence": confidence, "rationale": "r"})
    assert story.code == "INVALID_FIELDS"


def test_below_the_floor_of_the_step_a_person_takes_over_in_place_of_next() -> None:
    """Format: the contract is judged first, fields are written, then the floors."""
    story = Story(DOUBTING)
    story.send("go", {"a": "x", **how_sure(0.79)})
    assert (story.state, story.record) == ("review", {"a": "x"})
    entered = story.facts[-1].body
    assert isinstance(entered, Entered)
    assert entered.because == "below"
    assert story.session.provenance["a"].confidence == 0.79


def test_at_the_floor_the_session_goes_on() -> None:
    """Format: below one the session goes to `below`."""
    story = Story(DOUBTING)
    story.send("go", {"a": "x", **how_sure(0.8)})
    assert story.state == "second"


def test_below_the_floor_of_the_path_a_person_takes_over() -> None:
    """Format: the product, over the states passed, of the last accepted confidence in each."""
    story = Story(DOUBTING)
    story.send("go", {"a": "x", **how_sure(0.85)})
    story.send("go", how_sure(0.81))
    assert story.state == "review"
    accepted = story.facts[-2].body
    assert isinstance(accepted, Accepted)
    assert accepted.path_confidence == pytest.approx(0.85 * 0.81)


def test_a_state_passed_again_counts_with_its_last_confidence_alone() -> None:
    """Format: the last accepted confidence in each state."""
    story = Story(DOUBTING)
    for _ in range(5):
        story.send("go", {"a": "x", **how_sure(0.85)})
        story.send("back", how_sure(0.95))
        assert story.state == "first"
    assert story.session.path_confidence == pytest.approx(0.85 * 0.95)


def test_off_counts_as_one() -> None:
    """Format: `off` on a state or event counts as 1."""
    story = Story(DOUBTING)
    story.send("sure")
    story.send("go", how_sure(0.9))
    story.send("go", {"b": "y"})
    assert (story.state, story.session.confidences) == ("done", {"second": 0.9})
    assert story.session.provenance["b"].confidence is None


def test_off_does_not_take_back_an_earlier_doubt_in_the_same_state() -> None:
    """Ambiguous in the format; the reading that fails closed: the last *accepted* confidence stays."""
    story = Story(DOUBTING)
    story.send("go", {"a": "x", **how_sure(0.85)})
    story.send("back", how_sure(0.9))
    story.send("sure")
    assert story.session.confidences["first"] == 0.85


def test_a_decision_of_a_person_begins_the_path_anew() -> None:
    """Format: since the start or the last human decision."""
    story = Story(DOUBTING)
    story.send("go", {"a": "x", **how_sure(0.2)})
    story.decide("again")
    assert (story.state, story.session.confidences) == ("first", {})
    story.send("go", {"a": "x", **how_sure(0.85)})
    assert story.state == "second"


def test_a_floor_does_not_replace_another_person_who_would_decide_anyway() -> None:
    """Format: it can send a session to a person, never past one."""
    story = Story(DOUBTING)
    story.send("up", how_sure(0.1))
    assert story.state == "chief_review"


def test_the_guards_of_an_event_see_its_own_confidence_in_the_path() -> None:
    """Format: `path_confidence`, of the last accepted confidence; fsm: those of the event being judged."""
    story = Story(DOUBTING)
    story.send("doubt", how_sure(0.9))
    assert story.code == "GUARD_FAILED"
    story.send("doubt", how_sure(0.4))
    assert story.state == "review"
    story.decide("again")
    story.send("go", {"a": "x", **how_sure(0.05)})
    assert story.state == "review"
