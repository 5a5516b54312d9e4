"""Turns of models: each is committed before it is asked, and each answer before anything in it is done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pointsman.contracts.bounds import ARGUMENTS_BYTES, MODEL_PROCESSES, MODEL_WISHES
from pointsman.fsm.commands import Answer, Ask, Call, Send, Settle
from pointsman.fsm.decision import Decision
from pointsman.fsm.driving import CUT_OFF, DECLINED, MALFORMED, NO_EVENT, TOO_LARGE, TOO_MANY
from pointsman.fsm.facts import CallResult
from pointsman.fsm.model_turns import OpenTurn, Tokens, TurnResult
from pointsman.fsm.opening import NOBODY
from pointsman.fsm.session import Actor

from .driver import ADA, MARIA, STRANGER, Story
from .models import HIRED, Reading, reader

MODEL = Actor("model", "some-model", owner="ada", session="s-1")
LOOK = ("t_look", {"x": 1})
DONE = ("done", {"text": "x", "rationale": "it says so", "confidence": 0.8})


def open_turn(story: Story) -> OpenTurn:
    assert story.session.stay.turn is not None
    return story.session.stay.turn


def test_a_state_of_a_models_opens_the_first_turn_by_itself() -> None:
    """One that was opened by a process which asks no models is nobody's, and is taken over."""
    story = Reading(reader())
    assert open_turn(story) == OpenTurn(1, "some-model", NOBODY, story.at)
    story.take_turn_over(gone=NOBODY)
    assert (open_turn(story).instance, open_turn(story).attempt, story.session.counts.turns) == ("two", 2, 1)
    assert story.take_turn_over(gone="another").facts == ()


def test_a_process_that_asks_models_has_the_turns_it_opens() -> None:
    story = Reading(reader())
    story.answers(LOOK)
    story.asks_models = True
    story.ask_next(instance="one")
    assert (open_turn(story).number, open_turn(story).instance) == (2, "one")


def test_only_the_server_answers_and_asks_in_a_models_state() -> None:
    story = Reading(reader())
    result = TurnResult("some-model", "p", "s")
    for actor in (ADA, MODEL, MARIA):
        assert story.submit(Answer(1, 1, 1, result), actor).refusal is not None
        assert story.ask_next(actor=actor).refusal is not None
        assert story.ask_next(actor=actor, model=HIRED).refusal is not None
    assert open_turn(story).answered is False


def test_an_answer_is_recorded_with_all_that_it_has_cost() -> None:
    story = Reading(reader())
    body = story.answers(DONE, request="req_1", duration_ms=70)
    assert body is not None
    assert (body.rationale, body.confidence, body.tokens, body.cost_usd) == ("it says so", 0.8, Tokens(10, 5), 0.5)
    assert (story.facts[-1].kind, story.facts[-1].outcome, story.facts[-1].duration_ms) == ("model", "done", 70)
    counts = story.session.counts
    assert (counts.turns, counts.tokens, counts.cost_usd, story.session.stay.counts.tokens) == (1, 15, 0.5, 15)
    assert (open_turn(story).answered, open_turn(story).name) == (True, "turn:1")


@pytest.mark.parametrize(
    ("given", "confidence"), [({"confidence": True}, None), ({"confidence": "sure"}, None), ({"confidence": 1}, 1.0)]
)
def test_a_confidence_is_a_number_or_none(given: dict[str, object], confidence: float | None) -> None:
    body = Reading(reader()).answers(("done", {"rationale": "r", **given}))
    assert body is not None
    assert body.confidence == confidence


def test_without_an_event_the_rationale_is_what_the_model_has_said() -> None:
    said = ({"type": "text", "text": "I look"}, {"type": "text", "text": "first."})
    body = Reading(reader()).answers(LOOK, ("done", {"rationale": 7}), said=said)
    assert body is not None
    assert (body.rationale, body.confidence) == ("I look\nfirst.", None)


def test_an_answer_is_recorded_once_and_of_a_process_that_has_lost_the_turn_with_its_cost_alone() -> None:
    story = Reading(reader())
    assert story.answers(LOOK, instance="another") is not None
    assert (story.facts[-1].outcome, open_turn(story).answered) == ("late", False)
    assert story.session.stay.counts.cost_usd == 0.5
    assert story.answers(LOOK) is not None
    assert (story.facts[-1].outcome, open_turn(story).answered) == ("done", True)
    assert story.answers(LOOK) is None
    assert story.session.counts.cost_usd == 1.0


def wishes(story: Reading, index: int, *, instance: str = "", event: bool = False) -> Decision:
    """The process does what the answer wants in this place."""
    request = Send("done", {"text": "x"}) if event else Call("t.pay", {"x": index})
    return story.submit(request, MODEL, command_id=f"turn:1.1.{index}", instance=instance)


def test_a_wish_is_decided_once_in_its_order_and_by_the_process_that_has_the_turn() -> None:
    """Two processes that both believe to have the turn do nothing twice."""
    story = Reading(reader())
    assert wishes(story, 0).facts == ()  # nothing is answered yet
    story.answers(("t_pay", {"x": 0}), ("done", {"text": "x"}))
    assert wishes(story, 1, event=True).facts == ()
    assert wishes(story, 0, instance="another").facts == ()
    assert [fact.kind for fact in wishes(story, 0).facts] == ["intended"]
    assert open_turn(story).wishes == 1
    assert wishes(story, 0).facts == ()
    story.settle("t.pay", instance="")
    wishes(story, 1, event=True)
    assert story.state == "told"
    assert wishes(story, 1, event=True).facts == ()


def test_a_refusal_of_a_wish_is_what_came_of_it() -> None:
    story = Reading(reader())
    story.answers(("done", {}))
    denied = story.submit(Send("done", {}), MODEL, command_id="turn:1.1.0", instance="")
    assert [fact.kind for fact in denied.facts] == ["denied"]
    assert open_turn(story).wishes == 1


def test_a_question_that_processes_end_of_is_not_asked_without_end() -> None:
    story = Reading(reader())
    for number in range(1, MODEL_PROCESSES):
        gone = open_turn(story).instance
        story.take_turn_over(gone=gone, instance=f"number-{number}")
        assert open_turn(story).attempt == number + 1
    story.take_turn_over(gone=open_turn(story).instance, instance="the-last")
    assert story.state == "broken"


def test_an_answer_that_calls_too_much_or_what_is_no_object_is_not_used() -> None:
    for stop, calls, why in (
        ("tool_use", [LOOK] * (MODEL_WISHES + 1), TOO_MANY),
        ("malformed_call", [], MALFORMED),
        ("model_context_window_exceeded", [LOOK], CUT_OFF),
    ):
        body = Reading(reader()).answers(*calls, stop_reason=stop)
        assert body is not None
        assert body.invalid == why


def test_what_makes_a_block_what_it_is_stays_whatever_is_redacted() -> None:
    body = Reading(reader()).answers(("t_look", {"x": 1, "y": "tool_use"}))
    assert body is not None
    assert body.content == [{"type": "tool_use", "id": "u0", "name": "t_look", "input": {"x": 1, "y": "[redacted]"}}]


def test_the_next_turn_is_opened_when_the_one_before_is_answered_and_once() -> None:
    story = Reading(reader())
    assert story.ask_next().facts == ()
    story.answers(LOOK)
    assert story.ask_next(turn=3).facts == ()
    story.ask_next()
    assert (open_turn(story).number, story.session.stay.counts.turns) == (2, 2)
    assert story.ask_next(turn=2).facts == ()
    assert story.submit(Ask(7, 3)).facts == ()


def test_the_model_acts_in_its_state_and_what_it_did_is_its_own() -> None:
    story = Reading(reader())
    story.answers(LOOK, DONE)
    story.call("t.look", actor=MODEL)
    story.send("done", {"text": "x"}, actor=MODEL)
    assert story.state == "told"
    assert (story.session.provenance["text"].actor_kind, story.session.provenance["text"].actor_id) == (
        "model",
        "some-model",
    )
    assert story.answers(LOOK, turn=1, stay=1, instance="") is not None
    assert story.facts[-1].outcome == "late"


def test_a_model_that_is_bound_to_another_session_has_no_business_here() -> None:
    story = Reading(reader())
    assert story.call("t.look", actor=replace(MODEL, session="s-2")).refusal is not None
    assert story.code == "NOT_FOUND"


def test_too_many_turns_lead_to_failed() -> None:
    story = Reading(reader())
    for _ in range(3):
        story.answers(LOOK)
        story.ask_next()
    assert (story.state, story.session.counts.turns) == ("broken", 3)


def test_an_api_that_does_not_answer_leads_to_failed_and_is_told() -> None:
    story = Reading(reader())
    body = story.answers(error="no answer after 4 attempts", cost_usd=None, tokens=Tokens())
    assert body is not None
    assert (body.error, story.state) == ("no answer after 4 attempts", "broken")


def test_a_refusal_of_the_model_leads_to_failed() -> None:
    story = Reading(reader())
    body = story.answers(DONE, stop_reason="refusal")
    assert body is not None
    assert (body.error, story.state) == (DECLINED, "broken")


@pytest.mark.parametrize(
    ("calls", "stop_reason", "invalid"),
    [
        ((), "end_turn", NO_EVENT),
        ((DONE,), "max_tokens", CUT_OFF),
        ((DONE, ("t_look", {"x": 1, "y": "z" * ARGUMENTS_BYTES})), "tool_use", TOO_LARGE),
    ],
)
def test_an_answer_of_which_nothing_can_be_done_counts_as_invalid(
    calls: tuple[tuple[str, dict[str, object]], ...], stop_reason: str, invalid: str
) -> None:
    story = Reading(reader(in_state="{invalid: 1, then: late}"))
    body = story.answers(*calls, stop_reason=stop_reason)
    assert body is not None
    assert (body.invalid, story.facts[-1].code, story.session.stay.counts.invalid) == (invalid, "INVALID_FIELDS", 1)
    story.ask_next()
    story.answers(*calls, stop_reason=stop_reason)
    assert (story.state, story.session.counts.invalid) == ("late", 2)


def test_what_is_redacted_stands_nowhere_in_an_answer() -> None:
    """Not in the call, and not where the model says it once more, in lists and objects too."""
    story = Reading(reader())
    thought = {"type": "text", "text": "The word is hush-hush."}
    more = {"type": "other", "list": ["hush-hush", 7, None], "object": {"a": "hush-hush"}}
    body = story.answers(("t_look", {"x": 1, "y": "hush-hush"}), said=(thought, more), error="it said hush-hush")
    assert body is not None
    assert "hush-hush" not in str(story.facts)
    assert "hush-hush" not in str(story.session)
    assert body.error == "it said [redacted]"


def test_a_turn_that_is_late_is_recorded_with_its_cost_and_changes_nothing_else() -> None:
    """The session was moved by a timer while the question was out."""
    story = Reading(reader(in_state="{invalid: 1, then: late}"))
    story.pass_time(86_400_000)
    assert story.state == "late"
    before = story.session
    story.answers(stop_reason="max_tokens", turn=1, stay=1)
    late = story.facts[-1]
    assert (late.outcome, late.code, story.state) == ("late", None, "late")
    assert story.session.counts == replace(before.counts, tokens=15, cost_usd=0.5)
    assert story.session.stay == before.stay


def test_an_agent_that_is_a_model_is_asked_from_outside() -> None:
    """Who may drive the session says which model it is; its turns are counted like any."""
    story = Reading(reader(model=False))
    assert story.session.stay.turn is None
    assert story.ask_next(model=HIRED, actor=STRANGER).refusal is not None
    assert story.submit(Ask(1, 1), ADA).refusal is not None
    story.asks_models = True
    story.ask_next(model=HIRED)
    assert (open_turn(story).model, open_turn(story).instance) == ("hired-model", "one")
    refusal = story.ask_next(turn=1, model=HIRED, instance="two").refusal
    assert refusal is not None
    assert refusal.code == "IN_PROGRESS"  # the other process may live
    story.ask_next(turn=1, model=HIRED, instance="two", gone="one")
    assert (open_turn(story).instance, open_turn(story).attempt) == ("two", 2)
    story.take_turn_over(gone="two", instance="three")
    assert open_turn(story).instance == "two"
    story.answers(LOOK)
    story.ask_next(turn=1, model=HIRED, instance="two")
    assert open_turn(story).answered is True
    for _ in range(2):
        story.ask_next(model=HIRED)
        story.answers(LOOK)
    assert story.state == "broken"


def test_nothing_is_asked_and_no_limit_moves_while_a_write_is_open() -> None:
    """It goes where it is to go when the outcome is known, at the next question."""
    story = Reading(reader(in_state="{cost: 0.4, then: late}, {invalid: 1, then: late}"))
    story.submit(Call("t.pay", {"x": 1}), MODEL)
    story.answers(LOOK)
    assert story.state == "read"
    assert story.ask_next().facts == ()
    story.submit(Settle(story.open_call("t.pay").id, CallResult("done", {})))
    story.ask_next()
    assert story.state == "late"


def test_a_failure_does_not_move_the_session_while_a_write_is_open() -> None:
    story = Reading(reader())
    story.submit(Call("t.pay", {"x": 1}), MODEL)
    story.answers(error="it did not answer")
    assert (story.state, open_turn(story).answered) == ("read", True)


def test_an_error_that_comes_late_does_not_fail_the_turn_that_is_open() -> None:
    """Of a process that has lost the turn, while another one asks the same question."""
    story = Reading(reader())
    story.answers(error="no answer after 4 attempts", instance="another")
    assert (story.facts[-1].outcome, story.state, open_turn(story).answered) == ("late", "read", False)
