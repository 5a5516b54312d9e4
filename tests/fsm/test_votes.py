"""Reviews that several persons decide (workflow format, "event": `approvals: n`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.contracts.values import canonical
from pointsman.fsm.facts import Decided
from pointsman.fsm.session import Actor
from pointsman.fsm.snapshots import snapshot
from pointsman.fsm.votes import tallies, votes_so_far

from .driver import ADA_HERSELF, OUTSIDE, Story, json_object, workflow

NEEDED: Final = 3
BOARD: Final = workflow("""
    record: {total: {type: number}, route: {enum: [one, two]}, why: {type: string}}
    start: {accepts: [total, route]}
    roles: [reviewer]
    initial: review
    states:
      review:
        actor: human
        review:
          role: reviewer
          exclude: [=session.started_by]
          show: [total]
          edit: [route, total]
          due: {in: 1d, then: late}
        events:
          approve: {approvals: 3, next: [{to: odd, when: "record.total == 13.0"}, {to: done}]}
          ask: {approvals: 2, requires: [why], when: "event.why != 'no'", next: asked}
          reject: {next: refused}
      asked: {actor: external, events: {answered: {next: review}}, after: {in: 1d, to: late}}
      done: {final: success}
      odd: {final: success}
      late: {final: stopped}
      refused: {final: stopped}
""")


def person(name: str) -> Actor:
    return Actor("human", name, ("reviewer",))


OTTO, ZOE = person("otto"), person("zoe")


@pytest.fixture
def story() -> Story:
    return Story(BOARD, {"total": 5, "route": "one"})


def last(story: Story) -> Decided:
    body = story.facts[-1].body
    assert isinstance(body, Decided)
    return body


def test_an_event_is_taken_when_so_many_different_persons_have_said_the_same(story: Story) -> None:
    story.decide("approve", {"rationale": "fine", "total": 7})
    assert (story.state, story.facts[-1].kind, story.facts[-1].outcome) == ("review", "decided", "counted")
    assert (last(story).writes, last(story).edits) == ({}, {"total": {"before": 5, "after": 7, "revision": 1}})
    story.decide("approve", {"rationale": "me too", "total": 7}, actor=OTTO)
    assert (story.state, story.record["total"], story.session.decisions) == ("review", 5, {})
    assert votes_so_far(story.session.stay) == [
        {"event": "approve", "with": {"total": 7}, "by": ["maria", "otto"], "count": 2, "of": 3}
    ]

    story.decide("approve", {"total": 7}, actor=ZOE)

    assert (story.state, story.record["total"]) == ("done", 7)
    assert story.session.decisions["review"].by == "zoe"
    rows = [fact for fact in story.facts if isinstance(fact.body, Decided)]
    assert [(row.actor_id, row.outcome, getattr(row.body, "rationale", None)) for row in rows] == [
        ("maria", "counted", "fine"),
        ("otto", "counted", "me too"),
        ("zoe", "done", None),
    ]
    assert story.session.stay.votes == {}


def test_the_same_person_counts_once(story: Story) -> None:
    for _ in range(5):
        story.decide("approve", {"rationale": "again"})
    assert (story.state, [one.by for one in tallies(story.session.stay)]) == ("review", [("maria",)])


def test_two_accounts_of_one_person_count_once(story: Story) -> None:
    """Different persons: by who answers for them."""
    for name in ("maria", "maria-at-home", "maria-on-the-train"):
        story.decide("approve", actor=Actor("human", name, ("reviewer",), owner="maria"))
    assert (story.state, [one.by for one in tallies(story.session.stay)]) == ("review", [("maria",)])


def test_other_edits_are_another_vote(story: Story) -> None:
    story.decide("approve", {"total": 7})
    story.decide("approve", {"total": 8}, actor=OTTO)
    story.decide("approve", {"total": 7}, actor=ZOE)
    assert story.state == "review"
    assert [(one.arguments, one.by) for one in tallies(story.session.stay)] == [
        ({"total": 7}, ("maria", "zoe")),
        ({"total": 8}, ("otto",)),
    ]


def test_the_newer_vote_of_a_person_replaces_the_older(story: Story) -> None:
    story.decide("approve", {"total": 7})
    story.decide("approve", {"total": 7}, actor=OTTO)
    story.decide("ask", {"why": "Which?"})
    story.decide("approve", {"total": 7}, actor=ZOE)
    assert (story.state, len(story.session.stay.votes)) == ("review", 3)
    story.decide("approve", {"total": 7})
    assert story.state == "done"


def test_an_edit_that_changes_nothing_is_none(story: Story) -> None:
    """A form that is filled with what is there already says the same as one left empty."""
    story.decide("approve", {"total": 5, "route": "one"})
    story.decide("approve", actor=OTTO)
    story.decide("approve", {"total": 5.0}, actor=ZOE)
    assert (story.state, story.record["total"]) == ("done", 5)


def test_an_event_that_needs_one_person_is_taken_at_once(story: Story) -> None:
    story.decide("approve")
    story.decide("approve", actor=OTTO)
    story.decide("reject", actor=OTTO)
    assert story.state == "refused"


def test_who_is_excluded_does_not_vote(story: Story) -> None:
    """Format: `exclude`. Nobody decides a session of their own, with others neither."""
    story.decide("approve", actor=ADA_HERSELF)
    assert (story.code, story.session.stay.votes) == ("FORBIDDEN", {})


@pytest.mark.parametrize(
    ("event", "arguments", "code"),
    [
        ("ask", {}, "MISSING_FIELDS"),
        ("ask", {"why": "no"}, "GUARD_FAILED"),
        ("approve", {"route": "three"}, "INVALID_FIELDS"),
    ],
)
def test_a_vote_is_held_to_everything_a_decision_is(
    story: Story, event: str, arguments: Mapping[str, object], code: str
) -> None:
    story.decide(event, arguments)
    assert (story.code, story.session.stay.votes) == (code, {})


def test_votes_are_of_their_stay(story: Story) -> None:
    story.decide("approve")
    story.decide("ask", {"why": "Which?"}, actor=OTTO)
    story.decide("ask", {"why": "Which?"}, actor=ZOE)
    assert story.state == "asked"
    story.send("answered", actor=OUTSIDE)
    story.decide("approve", actor=OTTO)
    story.decide("approve", actor=ZOE)
    assert story.state == "review"


def test_a_vote_puts_nothing_off(story: Story) -> None:
    """The review is due when it is due."""
    story.decide("approve")
    story.pass_time(86_400_000)
    assert story.state == "late"


def test_a_snapshot_without_votes_is_as_it_was_before_there_were_any(story: Story) -> None:
    """Snapshots and rows of earlier versions fold to the same text."""
    assert "votes" not in snapshot(story.session)


said = st.tuples(
    st.sampled_from(["maria", "otto", "zoe", "kim", "ada"]),
    st.sampled_from([{}, {"total": 5}, {"total": 6}, {"route": "two"}, {"rationale": "r"}]),
)


@given(st.lists(said, max_size=25))
def test_nothing_is_taken_before_three_different_persons_agree(votes: list[tuple[str, dict[str, object]]]) -> None:
    """The promise, against a count in plain Python."""
    story = Story(BOARD, {"total": 5, "route": "one"})
    standing: dict[str, str] = {}
    for name, arguments in votes:
        story.decide("approve", arguments, actor=person(name))
        if name == "ada":
            assert story.code == "FORBIDDEN"
            continue
        edits = {
            field: value
            for field, value in arguments.items()
            if field != "rationale" and {"total": 5, "route": "one"}[field] != value
        }
        standing[name] = canonical(json_object(edits))
        agree = sum(1 for other in standing.values() if other == standing[name])
        assert (story.state == "done") == (agree >= NEEDED)
        if agree >= NEEDED:
            assert canonical(story.record["total"]) == canonical(6 if "6" in standing[name] else 5)
            return
    assert story.state == "review"
