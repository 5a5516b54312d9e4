"""Two readings by models (workflow format, `agree`): two conversations in one stay."""

from __future__ import annotations

from typing import cast

import pytest

from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import AgentState, Model
from pointsman.fsm.commands import Answer, Ask, Call, Send
from pointsman.fsm.decision import Decision
from pointsman.fsm.facts import Accepted
from pointsman.fsm.model_turns import Tokens, Turned, TurnResult
from pointsman.fsm.opening import model_of
from pointsman.fsm.session import Actor

from .driver import SERVER, Story, workflow
from .told import because

BY_MODELS = workflow("""
    record: {total: {type: number}, vendor: {type: string}, note: {type: string}}
    roles: [reviewer]
    initial: reading
    confidence: {floor: 0.8, below: doubtful}
    tools: {t.look: {effect: read}}
    states:
      reading:
        actor: model
        model: {name: first-model, prompt: Read it., max_turns: 2}
        tools: [{use: t.look, limit: 1}]
        agree:
          fields: [total, vendor]
          second: {model: {name: second-model, prompt: Read it well., max_turns: 2}}
          differ: comparing
        events:
          submit: {requires: [total, vendor], accepts: [note], evidence: [t.look], next: done}
          report: {requires: [total, vendor], confidence: off, next: doubtful}
          give_up: {agree: off, confidence: off, next: doubtful}
        failed: broken
        limits: [{invalid: 2, then: broken}]
      comparing:
        actor: human
        review: {role: reviewer, due: {in: 1d, then: broken}}
        events: {accept: {next: done}}
      doubtful:
        actor: human
        review: {role: reviewer, due: {in: 1d, then: broken}}
        events: {accept: {next: done}}
      done: {final: success}
      broken: {final: failed, owner: desk}
""")
STATE = BY_MODELS.states["reading"]
SAME: JsonObject = {"total": 12, "vendor": "Acme"}


def sure(confidence: object = 0.9, **values: object) -> JsonObject:
    given = {**SAME, "confidence": confidence, "rationale": "as printed", **values}
    return cast("JsonObject", given)


class Readers:
    """The two models of a story, as the server drives them: a turn is answered, and what it wants is done."""

    def __init__(self) -> None:
        self.story = Story(BY_MODELS, asks_models=True)
        self.wishes = 0

    def answer(self) -> None:
        """The model whose turn is open answers something that calls a tool."""
        turn = self.story.session.stay.turn
        assert turn is not None
        self.wishes = 0
        content: JsonObject = {"type": "tool_use", "id": "u", "name": "t_look", "input": {}}
        result = TurnResult(turn.model, "p", "s", tokens=Tokens(3, 4), cost_usd=0.0, content=(content,))
        self.story.submit(Answer(self.story.session.stay.number, turn.number, turn.attempt, result))

    def act(self, request: Call | Send) -> Decision:
        """Do one of the things that the answer wanted."""
        turn, stay = self.story.session.stay.turn, self.story.session.stay.number
        assert turn is not None
        name, self.wishes = f"turn:{stay}.{turn.number}.{self.wishes}", self.wishes + 1
        return self.story.submit(request, Actor("model", turn.model, owner="ada"), command_id=name)

    def look(self) -> None:
        decision = self.act(Call("t.look", {"x": 1}))
        assert decision.read is not None
        self.story.observe(decision.read, gives=1, actor=Actor("model", "m", owner="ada"))

    def send(self, event: str, arguments: JsonObject) -> Decision:
        return self.act(Send(event, arguments))

    def ask(self) -> None:
        stay = self.story.session.stay
        self.story.submit(Ask(stay.number, stay.counts.turns + 1), SERVER)

    def read(self, event: str = "submit", **values: object) -> None:
        """Read in one turn: look, and send the event."""
        self.answer()
        self.look()
        self.send(event, sure(**values) if event == "submit" else {**SAME, **sure(**values)})


def test_the_second_reading_is_a_conversation_of_its_own_with_the_second_model() -> None:
    readers = Readers()
    readers.read()
    assert readers.story.state == "reading"
    assert readers.story.record == {}
    readers.ask()
    turn = readers.story.session.stay.turn
    assert turn is not None
    assert (turn.number, turn.model, turn.reading) == (2, "second-model", 2)
    readers.read()
    turns = [fact.body for fact in readers.story.facts if isinstance(fact.body, Turned)]
    assert [(one.turn, one.reading, one.model) for one in turns] == [(1, 1, "first-model"), (2, 2, "second-model")]


def test_equal_readings_are_taken_with_the_lower_confidence_of_the_two() -> None:
    readers = Readers()
    readers.read(confidence=0.95, note="one")
    readers.ask()
    readers.read(confidence=0.85, note="other", total=12.0)
    story = readers.story
    assert (story.state, story.record) == ("done", {"total": 12, "vendor": "Acme", "note": "one"})
    bodies = [(fact.outcome, fact.actor_id, fact.body) for fact in story.facts if isinstance(fact.body, Accepted)]
    assert [(outcome, by, body.reading) for outcome, by, body in bodies] == [
        ("held", "first-model", 1),
        ("held", "second-model", 2),
        ("done", "first-model", None),
    ]
    assert (bodies[2][2].confidence, bodies[2][2].arguments["confidence"]) == (0.85, 0.95)
    assert story.session.confidences == {"reading": 0.85}


def test_the_lower_confidence_is_what_the_floor_is_held_to() -> None:
    readers = Readers()
    readers.read(confidence=0.95)
    readers.ask()
    readers.read(confidence=0.5)
    assert (readers.story.state, because(readers.story)) == ("doubtful", "below")


def test_readings_that_differ_go_to_a_person_with_both_models_and_their_reasons() -> None:
    readers = Readers()
    readers.read(rationale="the sum at the bottom")
    readers.ask()
    readers.read(total=21, rationale="the sum at the top")
    story = readers.story
    assert (story.state, because(story), story.record["total"]) == ("comparing", "differ", 12)
    review = story.session.stay.review
    assert review is not None
    found = review.readings
    assert found is not None
    assert found.second is not None
    assert (found.first.by, found.first.kind, found.first.rationale) == (
        "first-model",
        "model",
        "the sum at the bottom",
    )
    assert (found.second.by, found.second.values["total"]) == ("second-model", 21)
    assert (found.differ, found.second.rationale) == (("total",), "the sum at the top")
    assert (found.arguments, found.evidence, found.calls) == ({}, {}, ())


def test_another_event_differs_although_the_fields_are_equal() -> None:
    readers = Readers()
    readers.read()
    readers.ask()
    readers.answer()
    readers.send("report", {**SAME, "rationale": "illegible"})
    review = readers.story.session.stay.review
    assert (readers.story.state, because(readers.story)) == ("comparing", "differ")
    assert review is not None
    assert review.readings is not None
    assert (review.readings.differ, review.readings.events_differ) == ((), True)


def test_an_event_that_is_no_reading_ends_the_second_conversation_as_one_that_differs() -> None:
    readers = Readers()
    readers.read()
    readers.ask()
    readers.answer()
    readers.send("give_up", {"rationale": "illegible"})
    assert (readers.story.state, because(readers.story)) == ("comparing", "differ")


def test_the_second_reader_has_to_call_for_its_own_evidence_and_has_its_own_calls() -> None:
    readers = Readers()
    readers.read()
    readers.ask()
    readers.answer()
    readers.send("submit", sure())
    assert readers.story.code == "MISSING_EVIDENCE"
    readers.look()
    readers.send("submit", sure())
    assert readers.story.state == "done"


@pytest.mark.parametrize("request_", [Call("t.look", {"x": 1}), Send("submit", sure()), Send("submit", sure(total=13))])
def test_what_the_first_answer_wants_besides_is_not_taken_for_the_second_reading(request_: Call | Send) -> None:
    readers = Readers()
    readers.read()
    readers.act(request_)
    assert readers.story.code == "NOT_YOUR_TURN"
    assert "another conversation" in readers.story.message
    assert readers.story.session.stay.counts.denials == 0


def test_each_reader_has_its_own_number_of_turns() -> None:
    readers = Readers()
    readers.answer()
    readers.look()
    readers.ask()
    readers.answer()
    readers.send("submit", sure())
    for _ in range(2):
        readers.ask()
        assert readers.story.state == "reading"
        readers.answer()
    readers.ask()
    assert (readers.story.state, because(readers.story)) == ("broken", "failed")


def test_a_second_model_that_cannot_be_asked_leads_to_failed_and_nothing_is_written() -> None:
    readers = Readers()
    readers.read()
    readers.ask()
    turn = readers.story.session.stay.turn
    assert turn is not None
    failed = TurnResult(turn.model, "p", "s", error="overloaded")
    readers.story.submit(Answer(readers.story.session.stay.number, turn.number, turn.attempt, failed))
    assert (readers.story.state, readers.story.record) == ("broken", {})


def test_each_reading_is_asked_of_its_model() -> None:
    assert isinstance(STATE, AgentState)
    asked = [model_of(STATE, reading) for reading in (1, 2)]
    assert [one.name for one in asked if isinstance(one, Model)] == ["first-model", "second-model"]
