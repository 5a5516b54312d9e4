"""The closed object schemas of events and of the start, made of the record's schemas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from ..bounds import ALTERNATIVES, RATIONALE_CHARACTERS
from ..document.states import EventPart
from ..schema_rules import LITERAL_KEYWORDS, NAMED_KEYWORDS
from ..schemas import Contract
from ..values import Json, JsonObject

RATIONALE: Final[JsonObject] = {
    "type": "string",
    "maxLength": RATIONALE_CHARACTERS,
    "description": "Why; kept in the audit trail.",
}
CONFIDENCE: Final[JsonObject] = {
    "type": "number",
    "minimum": 0,
    "maximum": 1,
    "description": "How sure this step is, from 0 to 1. A low one brings in a person.",
}
ALTERNATIVE: Final[JsonObject] = {
    "type": "array",
    "maxItems": ALTERNATIVES,
    "description": "What else was considered.",
}


def contract(properties: Mapping[str, Json], required: Iterable[str]) -> Contract:
    """Close an object schema over these properties. Their schemas may refer to places of their own."""
    return Contract(
        {
            "type": "object",
            "properties": {
                name: embedded(schema, f"#/properties/{_escaped(name)}") for name, schema in properties.items()
            },
            "required": list(dict.fromkeys(required)),
            "additionalProperties": False,
        }
    )


def embedded(schema: Json, pointer: str) -> Json:
    """Give a schema as it stands inside another, at `pointer`: its references lead to the same places as before."""
    if isinstance(schema, list):
        return [embedded(item, pointer) for item in schema]
    if not isinstance(schema, dict):
        return schema
    moved: JsonObject = {}
    for keyword, value in schema.items():
        if keyword == "$ref" and isinstance(value, str):
            moved[keyword] = pointer + value.removeprefix("#")
        elif keyword in LITERAL_KEYWORDS:
            moved[keyword] = value
        elif keyword in NAMED_KEYWORDS and isinstance(value, dict):
            moved[keyword] = {name: embedded(part, pointer) for name, part in value.items()}
        elif keyword not in ("$id", "$schema"):
            moved[keyword] = embedded(value, pointer)
    return moved


def payload_of(event: EventPart) -> tuple[JsonObject, list[str]]:
    """Give the schemas of an event's payload, and which of them are required: all without a `?` behind the name."""
    schemas = {name.removesuffix("?"): schema for name, schema in event.payload.items()}
    return schemas, [name for name in event.payload if not name.endswith("?")]


def event_fields(event: EventPart, edit: Iterable[str]) -> tuple[str, ...]:
    """Give the record fields an event may write: what it requires and accepts, and what a reviewer may edit."""
    return tuple(dict.fromkeys((*event.requires, *event.accepts, *edit)))


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
