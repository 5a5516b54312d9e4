"""What models may cost: a budget that is spent stops the session within one turn (issue 7)."""

from __future__ import annotations

import pytest

from pointsman.fsm.commands import Call, Settle
from pointsman.fsm.facts import CallResult, Entered
from pointsman.fsm.model_turns import Tokens
from pointsman.fsm.session import Actor
from pointsman.fsm.spent_limit import SpentLimit

from .driver import ADA
from .models import HIRED, Reading, reader

LOOK = ("t_look", {"x": 1})
DONE = ("done", {"text": "x"})


@pytest.mark.parametrize("rule", ["cost: 0.5", "cost: 0.9", "tokens: 15", "tokens: 20"])
@pytest.mark.parametrize("in_state", [True, False], ids=["of the state", "of the session"])
def test_a_budget_moves_the_session_with_the_answer_that_reaches_it(rule: str, *, in_state: bool) -> None:
    """Nothing of that answer is done: the stay it belongs to is over."""
    limit = f"{{{rule}, then: late}}"
    story = Reading(reader(in_state=limit) if in_state else reader(in_session=limit))
    while story.state == "read":
        story.answers(DONE)
        if story.state == "read":
            story.ask_next()
    assert story.state == "late"
    assert story.session.counts.turns <= 2
    assert "text" not in story.record


def test_a_budget_is_reached_by_what_adds_up_to_it_in_decimals() -> None:
    """As binary fractions the sum is a little less, and one answer more would be asked and paid."""
    costs = (0.1, 0.7)
    assert sum(costs) < 0.8
    story = Reading(reader(in_session="{cost: 0.8, then: spent}"))
    story.answers(cost_usd=costs[0])
    story.ask_next()
    story.answers(cost_usd=costs[1])
    assert (story.state, story.session.counts.turns) == ("spent", 2)


def test_the_last_turn_is_not_opened_when_the_budget_is_spent_on_entering() -> None:
    """A session limit that has moved the session before moves it no more: the state has failed, and asks nothing."""
    story = Reading(reader(in_session="{cost: 0.4, then: spent}"))
    story.answers(LOOK)
    assert (story.state, story.session.spent) == ("spent", ("cost.0",))
    story.send("back", actor=Actor("agent", "ada"))
    assert (story.state, story.session.counts.turns) == ("broken", 1)


def test_a_budget_is_spent_by_an_answer_that_came_late() -> None:
    """What came too late has cost all the same: the model that acts now is asked nothing more."""
    story = Reading(reader(in_session="{tokens: 15, then: spent}"))
    story.answers(LOOK, turn=9, stay=9)
    assert [fact.outcome for fact in story.facts if fact.kind == "model"] == ["late"]
    assert story.state == "spent"


def test_a_model_without_a_price_fails_where_the_cost_is_limited() -> None:
    story = Reading(reader(in_state="{cost: 1, then: late}"))
    body = story.answers(DONE, cost_usd=None)
    assert body is not None
    assert "no price is known for some-model-1" in str(body.error)
    assert story.state == "broken"


def test_a_model_without_a_price_goes_on_where_it_is_not_limited() -> None:
    story = Reading(reader(in_state="{tokens: 100, then: late}"))
    story.answers(LOOK, cost_usd=None)
    assert (story.state, story.session.counts.cost_usd) == ("read", 0.0)


def test_answers_of_unknown_price_are_counted_and_a_question_that_was_not_answered_is_none() -> None:
    """What the others have cost would else be taken for all that was spent."""
    story = Reading(reader())
    story.answers(LOOK)
    story.ask_next()
    story.answers(LOOK, cost_usd=None)
    counts = story.session.counts
    assert (counts.cost_usd, counts.unpriced, story.session.stay.counts.unpriced) == (0.5, 1, 1)
    story.ask_next()
    story.answers(cost_usd=None, tokens=Tokens(), error="The key is wrong.")
    assert story.session.counts.unpriced == 1


@pytest.mark.parametrize(
    ("rule", "spent"),
    [("cost: 0.4", SpentLimit("cost", 0.4, 0.5)), ("tokens: 10", SpentLimit("tokens", 10, 15))],
)
@pytest.mark.parametrize("in_state", [True, False], ids=["of the state", "of the session"])
def test_the_history_says_which_budget_is_spent_and_by_how_much(
    rule: str, spent: SpentLimit, *, in_state: bool
) -> None:
    limit = f"{{{rule}, then: late}}"
    story = Reading(reader(in_state=limit) if in_state else reader(in_session=limit))
    story.answers(LOOK)
    entered = story.facts[-1].body
    assert isinstance(entered, Entered)
    assert (story.state, entered.spent, entered.limit is None) == ("late", spent, in_state)


def test_the_history_says_so_of_answers_that_are_no_events() -> None:
    story = Reading(reader(in_state="{invalid: 1, then: late}"))
    story.answers()
    story.ask_next()
    story.answers()
    entered = story.facts[-1].body
    assert isinstance(entered, Entered)
    assert (story.state, entered.spent) == ("late", SpentLimit("invalid", 1, 1))


def test_tokens_of_every_kind_count() -> None:
    story = Reading(reader(in_state="{tokens: 10, then: late}"))
    story.answers(LOOK, tokens=Tokens(1, 2, 3, 4))
    assert story.state == "late"


def test_nothing_is_done_of_an_answer_that_has_spent_the_budget_while_a_write_is_open() -> None:
    """The session cannot move before the outcome is known, and the agent beside the model has made a write."""
    story = Reading(reader(in_state="{cost: 0.4, then: late}", model=False), asks_models=True)
    story.ask_next(model=HIRED)
    story.submit(Call("t.pay", {"x": 1}), ADA)
    story.answers(("t_pay", {"x": 2}))
    assert story.state == "read"
    assert story.submit(Call("t.pay", {"x": 2}), ADA, command_id="turn:1.1.0", instance="one").facts == ()
    story.submit(Settle(story.open_call("t.pay").id, CallResult("done", {})))
    story.ask_next(model=HIRED)
    assert story.state == "late"
