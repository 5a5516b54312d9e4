"""Turns of models and two readings: whatever is answered, by whatever process, however late (issue 7).

`driver.Story` holds every command to the machine's own promises: the fold of the facts through their stored text gives
the session byte for byte, and a command decided again on a restored session gives the same facts. Here are the
promises that are about models.
"""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import Workflow
from pointsman.fsm.commands import Answer, Ask, Call, Decide, Observe, Request, Restart, Send, Settle, TakeOver
from pointsman.fsm.decision import Decision
from pointsman.fsm.facts import Accepted, Administered, CallResult, Decided, Entered, Fact, Intended
from pointsman.fsm.model_turns import OpenTurn, Turned, TurnResult, is_wish, wish_name
from pointsman.fsm.opening import NOBODY
from pointsman.fsm.redaction import tool_named
from pointsman.fsm.session import Actor, Session

from .driver import ADA, ADA_HERSELF, MARIA, SERVER, Story
from .models import HIRED
from .observatory import OBSERVATORIES, PEOPLES, TWICE, answers, confidences, numbers
from .writes import judge_writes

PROCESSES: Final = ("one", "two", "three")
outcomes = st.sampled_from(["done", "done", "done", "failed", "unknown"])


class Observatory(RuleBasedStateMachine):
    """Models answer, processes end and take over, people decide, time passes: in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.story = Story(OBSERVATORIES[0])
        self.asked: list[tuple[int, OpenTurn]] = []
        self.heard: dict[tuple[int, int], list[JsonObject]] = {}
        self.wished: dict[str, int] = {}
        self.gone: set[str] = {NOBODY}
        self.mark = 0

    @initialize(place=st.integers(0, len(OBSERVATORIES) - 1), asks_models=st.sampled_from([True, True, False]))
    def start(self, place: int, *, asks_models: bool) -> None:
        self.story = Story(OBSERVATORIES[place], asks_models=asks_models)
        self.look_back(None, None)

    @property
    def turn(self) -> OpenTurn | None:
        return self.story.session.stay.turn

    # What a server does that drives a model as it should.

    @rule(data=st.data(), steps=st.integers(1, 12))
    def go_on(self, data: st.DataObject, steps: int) -> None:
        """Whoever must act does the next thing."""
        for _ in range(steps):
            self.go_one_step_on(data)

    def go_one_step_on(self, data: st.DataObject) -> None:
        session, turn = self.story.session, self.turn
        stay = session.stay
        if session.ended is not None:
            self.restart()
        elif stay.open:
            call = stay.open[min(stay.open)]
            self.ask(Settle(call.id, result(data.draw(outcomes), data.draw(numbers))), instance=call.instance)
        elif stay.review is not None:
            event = data.draw(st.sampled_from(["accept", "again"]))
            self.ask(Decide(event, {}, stay.review.shown_digest, stay.number), MARIA, channel="cli")
        elif turn is not None and turn.instance in self.gone:
            self.ask(TakeOver(turn.name, turn.instance), instance=data.draw(st.sampled_from(PROCESSES)))
        elif turn is not None and not turn.answered:
            answer = Answer(stay.number, turn.number, turn.attempt, data.draw(answers()))
            self.ask(answer, instance=turn.instance)
        elif turn is not None and turn.wishes < len(self.wishes(stay.number, turn.number)):
            self.wish(turn, turn.wishes, turn.instance, result(data.draw(outcomes), data.draw(numbers)))
        elif stay.actor == "model":
            self.ask(Ask(stay.number, stay.counts.turns + 1), instance=data.draw(st.sampled_from(PROCESSES)))
        else:
            self.act_at_desk(data)

    def act_at_desk(self, data: st.DataObject) -> None:
        """An agent acts, or whoever drives it hires a model."""
        stay, how = self.story.session.stay, data.draw(st.sampled_from(["submit", "give_up", "pay", "hire"]))
        match how:
            case "submit":
                sure = data.draw(confidences)
                self.ask(Send("submit", {"n": data.draw(numbers), "confidence": sure, "rationale": "r"}), ADA)
            case "give_up":
                self.ask(Send("give_up", {"rationale": "r"}), ADA)
            case "pay":
                self.ask(Call("t.pay", {"x": data.draw(numbers)}), ADA)
            case _:
                self.ask(Ask(stay.number, stay.counts.turns + 1, HIRED), ADA, instance="one")

    def wishes(self, stay: int, turn: int) -> list[JsonObject]:
        return self.heard.get((stay, turn), [])

    def wish(self, turn: OpenTurn, index: int, instance: str, ends: CallResult) -> None:
        """A process has one thing done that the answer wants."""
        stay = self.story.session.stay.number
        wanted = self.wishes(stay, turn.number)
        other: JsonObject = {"name": "give_up", "input": {"rationale": "r"}}
        block = wanted[index] if index < len(wanted) else other
        action, given = str(block["name"]), block["input"]
        assert isinstance(given, dict)
        tool = tool_named(self.story.workflow, action)
        request = Send(action, given) if tool is None else Call(tool, given)
        model = ADA if self.story.session.stay.actor == "agent" else Actor("model", turn.model, owner="ada")
        name = wish_name(stay, turn.number, index)
        decision = self.ask(request, model, instance=instance, name=name)
        if decision.read is not None:
            self.ask(Observe(decision.read, ends), model, instance=instance, name=name)

    # What goes wrong.

    @rule(data=st.data(), instance=st.sampled_from(PROCESSES))
    def wish_anything(self, data: st.DataObject, instance: str) -> None:
        """A process believes that it has a turn, and that a wish is the next."""
        turn = self.turn
        if turn is not None:
            self.wish(turn, data.draw(st.integers(0, 3)), instance, result("done", 1))

    @rule(data=st.data(), answered=answers(), instance=st.sampled_from(PROCESSES), attempt=st.integers(1, 3))
    def answer_anything(self, data: st.DataObject, answered: TurnResult, instance: str, attempt: int) -> None:
        """An answer comes to a question that there has been: late, twice, to a process that has lost it."""
        stay, turn = data.draw(st.sampled_from(self.asked or [(1, OpenTurn(1, "m", "one", 0))]))
        self.ask(Answer(stay, turn.number, attempt, answered), instance=instance)

    @rule(
        stay=st.integers(-1, 0), turn=st.integers(-1, 2), instance=st.sampled_from(PROCESSES), hired=st.booleans(),
        actor=st.sampled_from([SERVER, SERVER, ADA, MARIA]),
    )  # fmt: skip
    def ask_anything(self, stay: int, turn: int, instance: str, *, hired: bool, actor: Actor) -> None:
        """A question is asked for: an old one, one too far ahead, by whoever may not."""
        current = self.story.session.stay
        gone = None if self.turn is None or self.turn.instance not in self.gone else self.turn.instance
        request = Ask(current.number + stay, current.counts.turns + turn, HIRED if hired else None, gone)
        self.ask(request, actor, instance=instance)

    @rule(process=st.sampled_from(PROCESSES))
    def end_process(self, process: str) -> None:
        """A process ends; another one of its name may begin."""
        if process in self.gone:
            self.gone.discard(process)
        elif len(self.gone) < len(PROCESSES):
            self.gone.add(process)

    @rule(data=st.data(), instance=st.sampled_from(PROCESSES))
    def take_over(self, data: st.DataObject, instance: str) -> None:
        """A process that is gone is followed by another: in its turn, or in a call."""
        stay = self.story.session.stay
        named = [*stay.open, *([] if stay.turn is None else [stay.turn.name])]
        if named and self.gone:
            name, gone = data.draw(st.sampled_from(named)), data.draw(st.sampled_from(sorted(self.gone)))
            self.ask(TakeOver(name, gone), instance=instance)

    @rule(hours=st.sampled_from([1, 25]))
    def pass_time(self, hours: int) -> None:
        before = self.story.session
        self.story.pass_time(hours * 3_600_000)
        self.look_back(before, None)

    @precondition(lambda self: self.story.session.revision > 40)
    @rule()
    def restart(self) -> None:
        self.ask(Restart("reading", "r"), ADA_HERSELF, channel="cli")

    # What must hold.

    def ask(
        self, request: Request, actor: Actor = SERVER, *, channel: str = "mcp", instance: str = "one", name: str = ""
    ) -> Decision:
        before = self.story.session
        decision = self.story.submit(request, actor, channel=channel, instance=instance, command_id=name)
        if decision.facts and is_wish(name) and not isinstance(request, Observe):
            turn = before.stay.turn
            assert turn is not None
            assert name == wish_name(before.stay.number, turn.number, turn.wishes)
            assert (turn.answered, turn.instance) == (True, instance)
            assert self.wished.setdefault(name, before.revision) == before.revision, "a wish was done twice"
            known = self.story.facts[: self.mark]
            assert decision.refusal is not None or stay_spent(self.story.workflow, known, before.stay.number) == []
        self.look_back(before, request)
        return decision

    def look_back(self, before: Session | None, request: Request | None) -> None:
        facts = self.story.facts
        for index in range(self.mark, len(facts)):
            self.judge(facts[: index + 1], before, request)
        self.mark = len(facts)

    def judge(self, facts: list[Fact], before: Session | None, request: Request | None) -> None:
        match facts[-1].body:
            case Intended(turn=OpenTurn() as turn):
                self.judge_question(turn, before, request, facts)
            case Turned() as body:
                self.judge_answer(facts[-1], body)
            case Entered():
                judge_entered(facts)
            case _:
                pass

    def judge_question(
        self, turn: OpenTurn, before: Session | None, request: Request | None, facts: list[Fact]
    ) -> None:
        """A question is opened when the one before is answered; again, only from a process that is gone."""
        stay = sum(isinstance(fact.body, Entered) for fact in facts)
        known = [one for number, one in self.asked if number == stay]
        self.asked.append((stay, turn))
        assert stay_spent(self.story.workflow, facts, stay) == []
        if turn.attempt > 1:
            assert before is not None
            assert before.stay.turn is not None
            last = before.stay.turn
            assert (turn.number, turn.attempt) == (last.number, last.attempt + 1)
            assert last.instance in self.gone
            assert isinstance(request, TakeOver | Ask)
        else:
            assert turn.number == max((one.number for one in known), default=0) + 1
            answered = [body.turn for body in answers_in(facts, stay) if body.turn == turn.number - 1]
            assert turn.number == 1 or answered, "a question is opened while one is not answered"

    def judge_answer(self, fact: Fact, body: Turned) -> None:
        if fact.outcome == "late":
            return
        assert (body.stay, body.turn) not in self.heard, "a question was answered twice"
        usable = fact.outcome == "done" and body.invalid is None
        self.heard[body.stay, body.turn] = [one for one in body.content if usable and isinstance(one, dict)]

    def teardown(self) -> None:
        judge_writes(self.story.workflow, self.story.session, self.story.facts)


def answers_in(facts: list[Fact], stay: int) -> list[Turned]:
    """The answers of a stay that did not come late."""
    bodies = [fact.body for fact in facts if fact.outcome != "late"]
    return [body for body in bodies if isinstance(body, Turned) and body.stay == stay]


def stay_spent(played: Workflow, facts: list[Fact], stay: int) -> list[str]:
    """The budgets that are spent at the end of these facts, counted from the answers alone."""
    anew = max((index for index, fact in enumerate(facts) if is_restart(fact)), default=0)
    of_session = [fact.body for fact in facts[anew:] if isinstance(fact.body, Turned)]
    state = played.states[facts[-1].state_before or played.initial]
    entered = [index for index, fact in enumerate(facts) if isinstance(fact.body, Entered)][stay - 1]
    of_stay = [fact.body for fact in facts[entered:] if isinstance(fact.body, Turned) and fact.body.stay == stay]
    spent: list[str] = []
    for rules, bodies in ((state.limits, of_stay), (played.limits, of_session)):
        used = {
            "cost": sum(body.cost_usd or 0.0 for body in bodies),
            "tokens": sum(body.tokens.total for body in bodies),
        }
        spent += [rule.kind for rule in rules if rule.kind in used and used[rule.kind] >= rule.amount]
    return spent


def is_restart(fact: Fact) -> bool:
    """Whether a person lets the session begin anew, with a new budget."""
    return isinstance(fact.body, Administered) and fact.body.act == "restarted"


def judge_entered(facts: list[Fact]) -> None:
    """Two readings that differ, by the field or by the event, lead to a person, and to nobody else."""
    entered = facts[-1].body
    if isinstance(entered, Entered) and entered.because in ("failed", "limit", "after"):
        return  # no reading has led here
    cause = next((fact for fact in reversed(facts[:-1]) if not isinstance(fact.body, Intended)), None)
    if cause is None or not isinstance(cause.body, Accepted) or cause.state_before not in TWICE:
        return
    if cause.body.readings is None:
        assert (cause.action, cause.outcome) == ("give_up", "done")
        return
    first, second = cause.body.readings.first, cause.body.readings.second
    assert second is not None
    equal = first.values == second.values and (second.kind == "tool" or first.event == second.event)
    assert equal or facts[-1].state_after in PEOPLES
    assert not any(isinstance(fact.body, Decided) for fact in facts[first.revision :])


def result(outcome: str, gives: int) -> CallResult:
    if outcome == "done":
        return CallResult("done", gives)
    return CallResult("failed" if outcome == "failed" else "unknown", error="it broke")


TestObservatory: Final = Observatory.TestCase
TestObservatory.settings = settings(max_examples=30, stateful_step_count=30)


@pytest.mark.slow
def test_the_promises_about_models_hold_for_longer() -> None:
    """As above: more sequences, and longer ones."""
    run_state_machine_as_test(Observatory, settings=settings(max_examples=100, stateful_step_count=60))
