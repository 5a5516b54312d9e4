"""Confidence (workflow format): floors of the step and of the path; a floor sends to a person, never past one."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.contracts.workflow import Floors
from pointsman.fsm.facts import Accepted, Entered
from pointsman.fsm.floors import MissedFloor, missed, product

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


def last_accepted(story: Story) -> Accepted:
    return next(one.body for one in reversed(story.facts) if isinstance(one.body, Accepted))


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
    assert last_accepted(story).path_confidence == 0.6885


CLAIMS = """
    record: {{category: {{type: string}}, amount: {{type: number}}}}
    roles: [adjuster]
    initial: triage
    confidence: {{floor: 0.8, path_floor: {floor}, below: adjustment}}
    states:
      triage: {{actor: agent, events: {{file: {{requires: [category], next: valuation}}}}}}
      valuation: {{actor: agent, events: {{value: {{requires: [amount], next: paid}}}}}}
      adjustment:
        actor: human
        review: {{role: adjuster, due: {{in: 1d, then: paid}}}}
        events: {{pay: {{next: paid}}}}
      paid: {{final: success}}
"""


@pytest.mark.parametrize(("floor", "state"), [(0.85, "paid"), (0.86, "adjustment")])
def test_a_path_of_0_94_and_0_91_passes_a_floor_of_0_85_and_none_of_0_86(floor: float, state: str) -> None:
    """Issue 7: claims, 0.94 then 0.91, continues at path floor 0.85 and stops at 0.86, and the review says why."""
    story = Story(workflow(CLAIMS.format(floor=floor)))
    story.send("file", {"category": "water", **how_sure(0.94)})
    story.send("value", {"amount": 310.5, **how_sure(0.91)})
    accepted = last_accepted(story)
    assert (story.state, accepted.path_confidence) == (state, 0.8554)
    assert accepted.missed == ([] if state == "paid" else [MissedFloor("path", 0.86, 0.8554)])


@pytest.mark.parametrize(
    ("floor", "steps"),
    [(0.81, (0.9, 0.9)), (0.729, (0.9, 0.9, 0.9)), (0.7, (0.7, 1)), (0.33, (0.6, 0.55)), (0.0121, (0.11, 0.11))],
)
def test_a_path_that_is_exactly_at_the_floor_meets_it(floor: float, steps: tuple[float, ...]) -> None:
    """Fsm, floors: decimals are multiplied as they are written. As floats, 0.6 * 0.55 is less than 0.33."""
    assert product(steps) == floor
    assert missed(Floors(0, floor, "review"), 1, product(steps)) == []


def test_both_floors_that_are_missed_are_named_the_one_of_the_step_first() -> None:
    """Issue 7: which floor was missed."""
    story = Story(DOUBTING)
    story.send("go", {"a": "x", **how_sure(0.5)})
    assert last_accepted(story).missed == [MissedFloor("step", 0.8, 0.5), MissedFloor("path", 0.7, 0.5)]


def test_a_floor_that_is_missed_on_the_way_to_a_person_is_told_too() -> None:
    """Fsm, facts: also where the event leads to a person anyway; and that person sees no exception package."""
    story = Story(DOUBTING)
    story.send("up", how_sure(0.75))
    assert (story.state, last_accepted(story).missed) == ("chief_review", [MissedFloor("step", 0.8, 0.75)])
    review = story.session.stay.review
    assert review is not None
    assert review.exception is None


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_a_path_is_never_surer_than_its_least_sure_step(steps: list[float]) -> None:
    """Fsm, floors: rounded or not, a product of confidences is no greater than any of them."""
    whole = product(steps)
    assert 0 <= whole <= min(steps)
    assert whole == product(reversed(steps)) == pytest.approx(math.prod(steps), rel=1e-12, abs=1e-300)


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
