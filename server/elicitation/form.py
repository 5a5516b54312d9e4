"""The form by which a review is decided, and what an answer to it says.

MCP's forms are flat and know texts, numbers, choices and yes or no. A field that cannot be said so is not in the form;
an event that needs one is not offered. Whether values fit is the machine's to say: a form only leads to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from pointsman.contracts.bounds import RATIONALE_CHARACTERS
from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.visible import UNSEEN, visible
from pointsman.contracts.workflow import Event
from pointsman.tools.forms import Action, judged

from ..bounds import REVIEW_CHOICES, REVIEW_DEFAULT_CHARACTERS
from .offer import RATIONALE, Offer

_DECISION: Final = "decision"
_FORMATS: Final = ("date", "date-time", "email", "uri")
_BOUNDS: Final[Mapping[str, tuple[str, ...]]] = {
    "string": ("minLength", "maxLength"),
    "integer": ("minimum", "maximum"),
    "number": ("minimum", "maximum"),
    "boolean": (),
}
"""What a form can say of a value of each type (MCP, elicitation, requested schema)."""
_TEXT_CHARACTERS: Final = 300
"""What is said of a field or an event."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form: its schema, the member that names the event, and which others each event takes."""

    schema: JsonObject
    decision: str
    takes: Mapping[str, tuple[str, ...]]


class Answer(NamedTuple):
    """How a form was answered: the event and its arguments, or why there is none."""

    action: Action
    event: str | None
    arguments: JsonObject
    why: str | None


def form_of(offer: Offer) -> Form | None:
    """Make the form of a review; None where none of its events can be said."""
    fields: JsonObject = {}
    takes: dict[str, tuple[str, ...]] = {}
    events: list[Event] = []
    for event in offer.events:
        said = _fields(event, fields)
        if said is not None:
            events.append(event)
            fields |= said
            takes[event.name] = tuple(said)
    if not events:
        return None
    decision = _DECISION
    while decision in fields:
        decision += "_"
    properties: JsonObject = {decision: _choice(events), **fields}
    for name, field in fields.items():
        whose = [event.name for event in events if name in takes[event.name]]
        properties[name] = _told(field, offer, name, [] if len(whose) == len(events) else whose)
    required: list[Json] = [decision]
    if any(_has_rationale(event) for event in events):
        wanted = offer.state.review.rationale_required
        properties[RATIONALE] = _rationale(required=wanted)
        takes = {event.name: (*takes[event.name], *([RATIONALE] * _has_rationale(event))) for event in events}
        required += [RATIONALE] * wanted
    return Form({"type": "object", "properties": properties, "required": required}, decision, takes)


def read(form: Form, answer: JsonObject | None) -> Answer:
    """Say what was answered. What was left empty was not answered, and what does not fit the form is no answer."""
    content = None if answer is None else answer.get("content")
    if answer is None:
        return Answer("cancel", None, {}, "nobody answered")
    if isinstance(content, dict):
        answer = {**answer, "content": {name: value for name, value in content.items() if value not in ("", None)}}
    action, values, why = judged(answer, {"requestedSchema": form.schema})
    if values is None:
        return Answer(action, None, {}, why)
    event = str(values[form.decision])
    return Answer(action, event, {name: values[name] for name in form.takes[event] if name in values}, None)


def _fields(event: Event, others: JsonObject) -> JsonObject | None:
    """Say an event's fields in a form that has these others; None where one it requires cannot be said."""
    schema = event.contract.input_schema
    properties, required = schema.get("properties"), schema.get("required")
    said: JsonObject = {}
    for name, one in properties.items() if isinstance(properties, dict) else ():
        field = None if name == RATIONALE else _primitive(one)
        if field is not None and others.get(name, field) == field and not UNSEEN.search(name):
            said[name] = field
    needed = set(required) - {RATIONALE} if isinstance(required, list) else set[Json]()
    return said if needed <= set(said) else None


def _primitive(schema: Json) -> JsonObject | None:
    """Say a schema as MCP's forms do; None where it cannot be said."""
    if not isinstance(schema, dict):
        return None
    said: JsonObject = {
        word: visible(text)[:_TEXT_CHARACTERS]
        for word in ("title", "description")
        if isinstance(text := schema.get(word), str)
    }
    if "enum" in schema or "const" in schema:
        return _one_of(schema.get("enum", [schema.get("const")]), said)
    kinds = schema.get("type")
    named = [one for one in (kinds if isinstance(kinds, list) else [kinds]) if one != "null"]
    kind = named[0] if len(named) == 1 else None
    if not isinstance(kind, str) or kind not in _BOUNDS:
        return None
    bounds: JsonObject = {word: schema[word] for word in _BOUNDS[kind] if word in schema}
    if kind == "string" and schema.get("format") in _FORMATS:
        bounds["format"] = schema["format"]
    if kind == "string" and isinstance(pattern := schema.get("pattern"), str):
        said["description"] = f"{said.get('description', '')} Pattern: {visible(pattern)[:_TEXT_CHARACTERS]}".strip()
    return {"type": kind, **said, **bounds}


def _one_of(values: Json, said: JsonObject) -> JsonObject | None:
    listed = [one for one in values if one is not None] if isinstance(values, list) else []
    texts = [one for one in listed if isinstance(one, str) and one and not UNSEEN.search(one)]
    if not texts or len(texts) != len(listed) or len(texts) > REVIEW_CHOICES:
        return None
    return {"type": "string", **said, "enum": [*texts]}


def _told(field: Json, offer: Offer, name: str, whose: list[str]) -> JsonObject:
    """Say which events a field is for, if not for all of them, and what it holds, if that may be edited."""
    told: JsonObject = dict(field) if isinstance(field, dict) else {}
    if whose:
        told["description"] = f"{told.get('description', '')} (for {', '.join(whose)})".strip()
    value = offer.session.record.get(name)
    if name in offer.state.review.edit and _can_be_edited(value, told):
        told["default"] = value
    return told


def _can_be_edited(value: Json, field: JsonObject) -> bool:
    """Whether a value stands in the form as it is: in one line, with nothing hidden."""
    choices = field.get("enum")
    match field["type"]:
        case "string" if isinstance(choices, list):
            return value in choices
        case "string":
            return isinstance(value, str) and len(value) <= REVIEW_DEFAULT_CHARACTERS and not UNSEEN.search(value)
        case "boolean":
            return isinstance(value, bool)
        case _:
            return isinstance(value, int | float) and not isinstance(value, bool)


def _choice(events: list[Event]) -> JsonObject:
    """Let one of the events be chosen. The titles stand where every revision of MCP that has forms knows them."""
    names: list[Json] = [event.name for event in events]
    titles: list[Json] = [_title(event) for event in events]
    return {"type": "string", "title": "Decision", "enum": names, "enumNames": titles}


def _title(event: Event) -> str:
    leads = " or ".join(dict.fromkeys(transition.to for transition in event.next))
    about = event.description or f"leads to {leads}"
    return f"{event.name}: {visible(about)}"[:_TEXT_CHARACTERS]


def _rationale(*, required: bool) -> JsonObject:
    why = "Why you decide so; kept in the audit trail."
    least: JsonObject = {"minLength": 1} if required else {}
    return {"type": "string", "title": "Rationale", "description": why, **least, "maxLength": RATIONALE_CHARACTERS}


def _has_rationale(event: Event) -> bool:
    properties = event.contract.input_schema.get("properties")
    return isinstance(properties, dict) and RATIONALE in properties
