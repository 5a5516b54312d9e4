"""Deliveries: an event with a name of its sender's is taken once in a session, however often it comes."""

from __future__ import annotations

import pytest

from pointsman.contracts.bounds import DELIVERIES_PER_SESSION
from pointsman.fsm.commands import Start
from pointsman.fsm.session import Actor

from .driver import ADA, MARIA, SERVER, STRANGER, Story, workflow

LETTERS = workflow("""
    record: {answer: {type: string}}
    initial: asking
    states:
      asking:
        actor: external
        events:
          answered: {requires: [answer], next: reading}
          refused: {requires: [answer], next: reading}
        after: {in: 1d, to: done}
      reading: {actor: agent, events: {ask: {next: asking}}}
      done: {final: success}
""")
WEBHOOK = Actor("system", "webhook:tale")


@pytest.fixture
def story() -> Story:
    return Story(LETTERS)


def deliver(story: Story, answer: str, name: str | None, event: str = "answered") -> str | None:
    """Deliver an answer; say how it was taken."""
    decision = story.send(event, {"answer": answer}, actor=WEBHOOK, delivery=name)
    return "repeated" if decision.repeated else story.code


def test_a_delivery_is_taken_once_though_the_session_waits_for_its_like_again(story: Story) -> None:
    assert deliver(story, "yes", "d1") is None
    assert deliver(story, "yes", "d1") == "repeated"
    story.send("ask")
    assert deliver(story, "yes", "d1") == "repeated"
    assert (story.state, story.session.visits["asking"]) == ("asking", 2)
    assert deliver(story, "yes", "d2") is None
    assert story.state == "reading"


def test_a_delivery_that_was_refused_may_come_again(story: Story) -> None:
    assert deliver(story, "yes", "d1") is None
    assert deliver(story, "no", "d2") == "NOT_YOUR_TURN"
    story.send("ask")
    assert deliver(story, "no", "d2") is None


def test_another_delivery_with_equal_fields_is_another_event(story: Story) -> None:
    assert deliver(story, "yes", "d1") is None
    assert deliver(story, "yes", "d2") == "NOT_YOUR_TURN"


@pytest.mark.parametrize(("answer", "event"), [("no", "answered"), ("yes", "refused")])
def test_the_same_name_with_something_else_is_refused(story: Story, answer: str, event: str) -> None:
    deliver(story, "yes", "d1")
    story.send("ask")
    assert deliver(story, answer, "d1", event) == "KEY_REUSED"
    assert story.state == "asking"


def test_without_a_name_the_event_that_ended_the_stay_is_known_again(story: Story) -> None:
    assert deliver(story, "yes", None) is None
    assert deliver(story, "yes", None) == "repeated"
    story.send("ask")
    assert deliver(story, "yes", None) is None


def test_a_session_that_has_taken_too_many_deliveries_takes_no_more_of_them(story: Story) -> None:
    """None may be forgotten: it could come again."""
    for number in range(DELIVERIES_PER_SESSION):
        assert deliver(story, "yes", f"d{number}") is None
        story.send("ask")
    assert deliver(story, "yes", "one more") == "LIMIT_REACHED"
    assert deliver(story, "yes", "d0") == "repeated"
    assert deliver(story, "yes", None) is None


def test_a_start_with_the_same_handle_is_the_session_there_is_to_its_starter_alone() -> None:
    story = Story(LETTERS, starter=WEBHOOK)
    for digest in (LETTERS.digest, "sha256:of the file as it is now"):
        again = story.submit(Start("s-1", digest, {"answer": "other"}), WEBHOOK)
        assert (again.repeated, again.facts, again.session) == (True, (), story.session)
    for other in (ADA, MARIA, STRANGER, SERVER):
        story.submit(Start("s-1", LETTERS.digest, {}), other)
        assert story.code == "NOT_FOUND"
