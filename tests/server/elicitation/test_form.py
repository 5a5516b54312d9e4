"""The form of a review: what of a workflow's schemas can be said in MCP's forms, and what an answer says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.contracts.loading import load
from pointsman.contracts.values import Json, JsonObject
from pointsman.fsm.commands import Command, Decide, Start
from pointsman.fsm.decide import decide
from pointsman.fsm.session import Actor
from pointsman.server.bounds import REVIEW_CHOICES, REVIEW_DEFAULT_CHARACTERS
from pointsman.server.elicitation.form import Form, form_of, read
from pointsman.server.elicitation.offer import Offer, offer
from pointsman.tools.forms import misshapen

CHIEF = Actor("human", "maria", ("chief",))
STATES = """
states:
  deciding:
    actor: human
    review: {{role: chief, accept: [elicitation], edit: {edit}}}
    events:
      go: {{next: over}}
      {event}
  over: {{final: success}}
"""
ASK = "ask: {requires: [field], next: over}"
ANSWERS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def offered(schema: Json, event: str = ASK, value: Json = None, *, edit: bool = False, person: Actor = CHIEF) -> Offer:
    """A review of a record with this one field, which may hold a value."""
    started = "" if value is None else "start: {requires: [field]}\n"
    head = (
        f"workflow: w\nversion: 1\nroles: [chief]\ninitial: deciding\n{started}record: {{field: {json.dumps(schema)}}}"
    )
    workflow = load((head + STATES.format(edit="[field]" if edit else "[]", event=event)).encode(), "w.yaml")

    def command(request: Start | Decide, actor: Actor = person) -> Command:
        return Command("c", 1, actor, "elicitation", "i", request)

    fields: JsonObject = {} if value is None else {"field": value}
    session = decide(workflow, None, command(Start("s", "d", fields), Actor("agent", "ann"))).session
    assert session is not None
    found = offer(person, workflow, session, command)
    assert found is not None
    return found


def form(schema: Json, event: str = ASK, value: Json = None, *, edit: bool = False) -> Form:
    made = form_of(offered(schema, event, value, edit=edit))
    assert made is not None
    assert misshapen(made.schema) is None
    return made


def properties(made: Form) -> dict[str, Any]:
    found: Any = made.schema["properties"]
    return {**found}


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "string"}, {"type": "string"}),
        (
            {"type": ["string", "null"], "minLength": 2, "maxLength": 9},
            {"type": "string", "minLength": 2, "maxLength": 9},
        ),
        ({"type": "string", "format": "date"}, {"type": "string", "format": "date"}),
        ({"type": "string", "format": "duration"}, {"type": "string"}),
        ({"type": "string", "title": "T\u202e"}, {"type": "string", "title": "T\\u202e"}),
        ({"type": "integer", "minimum": 1, "maximum": 5}, {"type": "integer", "minimum": 1, "maximum": 5}),
        ({"type": "number", "multipleOf": 2}, {"type": "number"}),
        ({"type": "boolean", "description": "Yes?"}, {"type": "boolean", "description": "Yes?"}),
        ({"enum": ["a", "b", None]}, {"type": "string", "enum": ["a", "b"]}),
        ({"const": "a"}, {"type": "string", "enum": ["a"]}),
    ],
)
def test_what_is_flat_is_said(schema: Json, said: JsonObject) -> None:
    about = f"{said.get('description', '')} (for ask)".strip()
    assert properties(form(schema))["field"] == {**said, "description": about}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"type": "array", "items": {"type": "string"}},
        {"type": ["string", "number"]},
        {"type": "null"},
        {"enum": [1, 2]},
        {"enum": ["a", "b\u200b"]},
        {"enum": ["a", ""]},
        {"enum": [str(number) for number in range(REVIEW_CHOICES + 1)]},
        {"anyOf": [{"type": "string"}, {"type": "number"}]},
        {},
    ],
)
def test_what_cannot_be_said_is_not_edited_and_an_event_that_needs_it_is_not_offered(schema: Json) -> None:
    made = form(schema, edit=True)
    assert made.takes == {"go": ("rationale",)}
    assert set(properties(made)) == {"decision", "rationale"}


def test_a_review_without_an_event_that_can_be_said_has_no_form() -> None:
    only = offered({"type": "object"})
    (_, ask) = only.events
    assert form_of(Offer(CHIEF, only.workflow, only.session, only.state, only.review, (ask,))) is None


@pytest.mark.parametrize(
    ("schema", "value", "default"),
    [
        ({"type": "string"}, "as it is", "as it is"),
        ({"type": "string"}, "two\nlines", None),
        ({"type": "string"}, "h\u202eidden", None),
        ({"type": "string"}, "x" * (REVIEW_DEFAULT_CHARACTERS + 1), None),
        ({"type": "number"}, 1.5, 1.5),
        ({"type": "integer"}, 3, 3),
        ({"type": "boolean"}, False, False),
        ({"enum": ["a", "b"]}, "b", "b"),
        ({"type": ["string", "null"]}, None, None),
    ],
)
def test_what_may_be_edited_stands_in_the_form_as_it_is(schema: Json, value: Json, default: Json) -> None:
    said = properties(form(schema, "stop: {next: over}", value, edit=True))["field"]
    assert said.get("default") == default
    assert "default" not in properties(form(schema, "ask: {accepts: [field], next: over}", value))["field"]


def test_our_own_member_gives_way_to_a_field_of_the_same_name() -> None:
    made = form({}, 'ask: {payload: {"decision?": {type: string}}, next: over}')
    assert made.decision == "decision_"
    said = read(made, {"action": "accept", "content": {"decision_": "ask", "decision": "x"}})
    assert (said.event, said.arguments) == ("ask", {"decision": "x"})


def test_a_name_that_means_two_things_is_said_for_the_first_event_alone() -> None:
    events = "\n      ".join(
        f"{name}: {{payload: {{amount: {{type: {kind}}}}}, next: over}}"
        for name, kind in (("ask", "string"), ("pay", "number"))
    )
    assert set(form({}, events).takes) == {"go", "ask"}


def test_an_event_whose_guard_can_never_pass_is_not_offered() -> None:
    never = 'stop: {when: record.field == "b", next: over}'
    assert "stop" not in form({"type": "string"}, never, "a").takes
    assert "stop" in form({"type": "string"}, never, "b").takes
    assert "stop" in form({"type": "string"}, never, "a", edit=True).takes


@pytest.mark.parametrize("answer", [None, {"action": "accept", "content": "x"}, {"action": "perhaps"}, {}])
def test_what_is_no_result_of_mcp_is_no_answer(answer: JsonObject | None) -> None:
    assert read(form({"type": "string"}), answer).event is None


def test_what_another_event_takes_is_left_out() -> None:
    content: JsonObject = {"decision": "go", "field": "x", "rationale": "so", "other": 1}
    said = read(form({"type": "string"}), {"action": "accept", "content": content})
    assert (said.event, said.arguments) == ("go", {"rationale": "so"})


@given(content=st.dictionaries(st.sampled_from(["decision", "field", "rationale", "other"]), ANSWERS), action=ANSWERS)
def test_any_answer_is_one_that_the_form_allows_or_none(content: dict[str, Any], action: Any) -> None:  # noqa: ANN401
    made = form({"type": "integer", "minimum": 0})
    for how in ("accept", action):
        said = read(made, {"action": how, "content": content})
        assert said.event in (None, "go", "ask")
        assert set(said.arguments) <= {"field", "rationale"}
        assert isinstance(said.arguments.get("field", 0), int | float)
        assert said.event is None or how == "accept"
