"""Workflows in which a model acts, and a story in which it is asked and answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pointsman.contracts.workflow import Model, Workflow
from pointsman.fsm.commands import Answer, Ask, TakeOver
from pointsman.fsm.decision import Decision
from pointsman.fsm.model_turns import Tokens, Turned, TurnResult

from .driver import ADA, SERVER, Story, workflow

HIRED = Model("hired-model", None, 100, 2, 1000)
"""A model that drives an agent from outside, for two turns."""

STEADY = "{calls: 100, then: late}"
"""A limit that no story reaches."""
READER = """
    record: {{text: {{type: string}}}}
    initial: read
    tools: {{t.look: {{effect: read, redact: [args.y]}}, t.pay: {{effect: write}}}}
    {limits}
    states:
      read:
        actor: {actor}
        show: [text]
        tools: [t.look, t.pay]
        events: {{done: {{requires: [text], next: told}}, pause: {{next: spent}}}}
        failed: broken
        unknown: broken
        limits: [{in_state}]
        after: {{in: 1d, to: late}}
      told: {{final: success}}
      late: {{final: stopped}}
      spent: {{actor: agent, goal: Say so., events: {{back: {{next: read}}}}, after: {{in: 1d, to: late}}}}
      broken: {{final: failed, owner: desk}}
"""


def reader(*, in_state: str = "", in_session: str = "", model: bool = True, other: str = "") -> Workflow:
    """A workflow whose state `read` is a model's, or an agent's; with limits of the state and of the session."""
    limits = f"limits: [{in_session}]" if in_session else ""
    actor = "model\n        model: {name: some-model, max_turns: 3}" if model else "agent"
    return workflow(READER.format(limits=limits, actor=actor, in_state=in_state or STEADY) + other)


class Reading(Story):
    """A story whose model is asked by the process `one`, which asks models."""

    def ask_next(self, *, turn: int | None = None, model: Model | None = None, **other: Any) -> Decision:  # noqa: ANN401 -- of `submit`
        """Ask for the turn after the last one."""
        number = self.session.stay.counts.turns + 1 if turn is None else turn
        actor = other.pop("actor", SERVER if model is None else ADA)
        gone = other.pop("gone", None)
        return self.submit(Ask(self.session.stay.number, number, model, gone), actor, **other)

    def answers(
        self,
        *calls: tuple[str, dict[str, Any]],
        turn: int | None = None,
        stay: int | None = None,
        **other: Any,  # noqa: ANN401 -- of a result
    ) -> Turned | None:
        """The model answers with these calls; gives what is recorded of it."""
        current = self.session.stay.turn
        number = turn if turn is not None else 1 if current is None else current.number
        uses: list[dict[str, Any]] = [
            {"type": "tool_use", "id": f"u{i}", "name": name, "input": given} for i, (name, given) in enumerate(calls)
        ]
        content = (*other.pop("said", ()), *uses)
        instance = other.pop("instance", "" if current is None else current.instance)
        attempt = other.pop("attempt", 1 if current is None else current.attempt)
        result = TurnResult("some-model", "p", "s", answered_by="some-model-1", tokens=Tokens(10, 5), content=content)
        result = replace(result, **{"cost_usd": 0.5, "stop_reason": "tool_use", **other})
        before = len(self.facts)
        self.submit(Answer(stay or self.session.stay.number, number, attempt, result), instance=instance)
        bodies = [fact.body for fact in self.facts[before:] if isinstance(fact.body, Turned)]
        return bodies[0] if bodies else None

    def take_turn_over(self, *, gone: str, instance: str = "two") -> Decision:
        """Another process takes the turn over."""
        current = self.session.stay.turn
        assert current is not None
        return self.submit(TakeOver(current.name, gone), instance=instance)
