"""Workflows in which models act and everything is read twice, and what models answer there: for the properties.

What a reading gives is one field, `n`; so a test can say by itself whether two readings are equal.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from hypothesis import strategies as st

from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import Workflow
from pointsman.fsm.model_turns import MALFORMED_CALL, Tokens, TurnResult

from .driver import workflow

_TEXT: Final = """
    record: {{n: {{type: integer}}, m: {{type: integer}}}}
    roles: [reviewer]
    access: {{view: anyone, drive: anyone}}
    initial: reading
    confidence: {{floor: 0.5, below: doubtful}}
    tools: {{t.look: {{effect: read}}, t.pay: {{effect: write, key: {{over: [x]}}}}}}
    limits: [{in_session}{{calls: 30, then: late}}]
    states:
      reading:
        actor: model
        model: {{name: first-model, max_turns: 3}}
        tools: [t.look, t.pay]
        agree: {{fields: [n], second: {{model: {{name: second-model, max_turns: 3}}}}, differ: comparing}}
        events:
          submit: {{requires: [n], accepts: [m], next: alone}}
          report: {{requires: [n], confidence: off, next: doubtful}}
          give_up: {{agree: off, confidence: off, next: alone}}
        failed: broken
        unknown: doubtful
        limits: [{in_state}{{invalid: 2, then: desk}}]
        after: {{in: 1d, to: late}}
      alone:
        actor: model
        model: {{name: some-model, max_turns: 4}}
        tools: [t.look, t.pay]
        events: {{submit: {{requires: [m], accepts: [n], next: reading}}, give_up: {{confidence: off, next: desk}}}}
        failed: broken
        unknown: doubtful
        limits: [{in_state}{{denials: 3, then: desk}}]
        after: {{in: 1d, to: reading}}
      desk:
        actor: agent
        tools: [t.look, t.pay]
        agree: {{fields: [n], second: {{call: t.look, with: {{x: 1}}, fields: {{n: =result}}}}, differ: comparing}}
        events: {{submit: {{requires: [n], next: reading}}, give_up: {{agree: off, confidence: off, next: alone}}}}
        failed: broken
        unknown: doubtful
        limits: [{in_state}{{calls: 9, then: late}}]
        after: {{in: 1d, to: reading}}
      comparing:
        actor: human
        review: {{role: reviewer, due: {{in: 1d, then: late}}}}
        events: {{accept: {{next: alone}}, again: {{next: reading}}}}
      doubtful:
        actor: human
        review: {{role: reviewer, due: {{in: 1d, then: late}}}}
        events: {{accept: {{next: desk}}, again: {{next: reading}}}}
      late: {{final: stopped}}
      broken: {{final: failed, owner: desk}}
"""


def _observatory(in_state: str = "", in_session: str = "") -> Workflow:
    return workflow(_TEXT.format(in_state=in_state, in_session=in_session))


OBSERVATORIES: Final = (
    _observatory(),
    _observatory(in_state="{cost: 1, then: desk}, "),
    _observatory(in_state="{tokens: 40, then: comparing}, "),
    _observatory(in_session="{cost: 2, then: comparing}, "),
    _observatory(in_session="{tokens: 60, then: desk}, "),
)
PEOPLES: Final = frozenset({"comparing", "doubtful"})
TWICE: Final = frozenset({"reading", "desk"})

numbers = st.sampled_from([1, 1, 2])
confidences = st.sampled_from([0.7, 0.9, 0.2])


reasons = st.just("r")


def called(name: str, **given: st.SearchStrategy[Any]) -> st.SearchStrategy[JsonObject]:
    """A call of a tool or an event, with arguments that are drawn."""
    block = {"type": st.just("tool_use"), "id": st.just("u"), "name": st.just(name)}
    return st.fixed_dictionaries({**block, "input": st.fixed_dictionaries(given)})


readings: Final = called("submit", n=numbers, m=numbers, confidence=confidences, rationale=reasons)
calls: Final = st.one_of(
    readings,
    called("submit", n=numbers, confidence=confidences, rationale=reasons),
    called("submit", m=numbers, confidence=confidences, rationale=reasons),
    called("report", n=numbers, rationale=reasons),
    called("give_up", rationale=reasons),
    called("t_look", x=numbers),
    called("t_pay", x=numbers),
    called("nothing"),
)
_ODD: Final[tuple[dict[str, Any], ...]] = (
    {"stop_reason": "max_tokens"},
    {"stop_reason": MALFORMED_CALL},
    {"stop_reason": "refusal"},
    {"error": "overloaded"},
    {"cost_usd": None},
)


@st.composite
def answers(draw: st.DrawFn) -> TurnResult:
    """What comes of a question: mostly one reading or some calls, sometimes nothing that can be used."""
    content = draw(st.tuples(readings) | st.lists(calls, max_size=3))
    cost_usd, tokens = draw(st.sampled_from([0.0, 0.2, 0.6])), Tokens(draw(st.sampled_from([1, 9, 19])), 1)
    answer = TurnResult("m", "p", "s", "m-1", tokens, cost_usd, "tool_use", content=tuple(content))
    return replace(answer, **draw(st.sampled_from([*[dict[str, Any]()] * 12, *_ODD])))
