"""Evidence that the server fetches by itself (workflow format, `fetch`)."""

from __future__ import annotations

import pytest

from pointsman.fsm.commands import Call, Decide, Send
from pointsman.fsm.decision import Decision
from pointsman.fsm.facts import Settled

from .bank import balance, login, serving
from .driver import ADA, MARIA, SERVER, Story


def fetched(story: Story, gives: object, outcome: str = "done") -> Decision:
    """Make the reads the machine asks for, as the server does, and submit the request again."""
    event, asked = "", story.last
    assert asked.fetch
    for one in asked.fetch:
        story.observe(one.read, gives=gives, outcome=outcome, actor=SERVER)
        event = one.evidence
    return story.submit(Send("quote", {}, fetched=(event,)), ADA)


def test_what_may_be_fetched_is_read_by_the_server_right_before_it_judges() -> None:
    """Format: `fetch: true`. What rests on it is fetched after it."""
    story = serving()
    story.send("quote")
    assert [(one.evidence, one.read.tool, one.read.arguments) for one in story.last.fetch] == [
        ("rate", "t.rate", {"of": "ann"})
    ]
    facts = len(story.facts)
    fetched(story, {"value": 3, "account": "a-1"})
    assert [(one.evidence, one.read.arguments) for one in story.last.fetch] == [("fee", {"of": "a-1"})]
    fetched(story, {"value": 1})
    assert story.state == "closed"
    reads = [fact for fact in story.facts[facts:] if isinstance(fact.body, Settled)]
    assert [(fact.actor_kind, fact.body.purpose) for fact in reads if isinstance(fact.body, Settled)] == [
        ("system", "fetch"),
        ("system", "fetch"),
    ]
    assert story.session.counts.calls == 0, "limits count what the agent asks"


def test_what_was_fetched_before_and_is_not_void_is_not_fetched_again() -> None:
    story = serving()
    story.call("t.rate", {"of": "ann"}, gives={"value": 3, "account": "a-1"})
    story.send("quote")
    assert [one.evidence for one in story.last.fetch] == ["fee"]
    story.call("t.note", {"text": "x"})
    story.settle("t.note", gives=None)
    story.send("quote")
    assert [one.evidence for one in story.last.fetch] == ["rate"]


def test_evidence_of_a_tool_is_fetched_before_the_call_is_judged() -> None:
    story = serving()
    story.call("t.print", {"of": "ann"})
    (asked,) = story.last.fetch
    assert (asked.read.tool, asked.read.arguments) == ("t.rate", {"of": "ann"})
    story.observe(asked.read, gives=2, actor=SERVER)
    story.submit(Call("t.print", {"of": "ann"}, fetched=("rate",)), ADA)
    assert story.last.read is not None


def test_a_fetch_that_fails_is_not_tried_again_for_this_request() -> None:
    story = serving()
    story.send("quote")
    fetched(story, None, "failed")
    assert story.code == "MISSING_EVIDENCE"
    assert 't.rate {"of":"ann"}' in story.message


def test_guards_of_next_and_of_when_see_the_evidence() -> None:
    story = serving()
    story.call("t.rate", {"of": "ann"}, gives={"value": 6, "account": "a"})
    story.call("t.balance", {"of": "a", "currency": "EUR"}, gives={"value": 12})
    story.send("quote")
    assert story.code == "GUARD_FAILED"
    story.call("t.balance", {"of": "a", "currency": "USD"}, gives={"value": 1})
    story.send("quote")
    assert story.state == "review"


@pytest.mark.parametrize(("value", "state"), [(7, "review"), (8, "closed"), (101, "serving")])
def test_a_decision_of_a_person_can_need_evidence_that_the_server_fetches(value: int, state: str) -> None:
    story = serving()
    story.call("t.rate", {"of": "ann"}, gives={"value": 6, "account": "a"})
    story.send("quote")
    fetched(story, {"value": 1})
    assert story.state == "review"
    story.settle("t.rate", gives={"value": 1000})
    story.decide("approve")
    for one in story.last.fetch:
        story.observe(one.read, gives={"value": value}, actor=SERVER)
    review = story.session.stay.review
    assert review is not None
    request = Decide("approve", {}, review.shown_digest, story.session.stay.number, ("rate",))
    story.submit(request, MARIA, channel="cli")
    assert story.state == state
    assert story.code == ("GUARD_FAILED" if state == "review" else None)


@pytest.mark.parametrize("tool", ["t.transfer", "t.login"])
def test_a_request_says_what_was_fetched_for_it_and_nothing_else_of_it_changes(tool: str) -> None:
    story = serving()
    login(story)
    balance(story)
    story.submit(Call(tool, {"user": "ann", "amount": 1}, fetched=("login",)), ADA)
    assert story.code is None
