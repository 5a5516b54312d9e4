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
        events: {{submit: {{requires: [m], next: reading}}, give_up: {{confidence: off, next: desk}}}}
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

numbers = st.sampled_from([1, 1, 1, 2])
confidences = st.sampled_from([0.2, 0.7, 0.9])


def _sent(event: str, **values: Any) -> JsonObject:  # noqa: ANN401 -- of an event
    return {"type": "tool_use", "id": "u", "name": event, "input": {"rationale": "r", **values}}


calls: Final[st.SearchStrategy[JsonObject]] = st.one_of(
    st.builds(lambda n, sure: _sent("submit", n=n, confidence=sure), numbers, confidences),
    st.builds(lambda n, m, sure: _sent("submit", n=n, m=m, confidence=sure), numbers, numbers, confidences),
    st.builds(lambda m, sure: _sent("submit", m=m, confidence=sure), numbers, confidences),
    st.builds(lambda n: _sent("report", n=n), numbers),
    st.just(_sent("give_up")),
    st.builds(lambda x: {"type": "tool_use", "id": "u", "name": "t_look", "input": {"x": x}}, numbers),
    st.builds(lambda x: {"type": "tool_use", "id": "u", "name": "t_pay", "input": {"x": x}}, numbers),
    st.just(_sent("nothing")),
)
_ANSWER: Final = TurnResult("m", "p", "s", answered_by="m-1", stop_reason="tool_use")
answers: Final[st.SearchStrategy[TurnResult]] = st.builds(
    lambda content, cost, tokens, other: replace(
        _ANSWER, content=tuple(content), tokens=Tokens(tokens, 1), **{"cost_usd": cost, **other}
    ),
    st.lists(calls, max_size=3),
    st.sampled_from([0.0, 0.2, 0.6]),
    st.sampled_from([1, 9, 19]),
    st.sampled_from(
        [
            *[dict[str, Any]()] * 12,
            {"stop_reason": "max_tokens"},
            {"stop_reason": MALFORMED_CALL},
            {"stop_reason": "refusal"},
            {"error": "overloaded"},
            {"cost_usd": None},
        ]
    ),
)
