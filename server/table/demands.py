"""What an event demands, as lines a person reads: name, type, whether it must be given, what it may be. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from pointsman.contracts.values import Json, JsonObject, as_list

_TYPES: Final = {
    "string": "text",
    "integer": "whole number",
    "boolean": "true or false",
    "array": "list",
    "null": "nothing",
}
_BOUNDS: Final = (
    ("minimum", "at least {}"),
    ("exclusiveMinimum", "more than {}"),
    ("maximum", "at most {}"),
    ("exclusiveMaximum", "less than {}"),
    ("multipleOf", "a multiple of {}"),
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {} items"),
    ("maxItems", "at most {} items"),
    ("pattern", "like {}"),
    ("format", "a {}"),
)


def demands(schema: JsonObject) -> Iterator[tuple[str, str, str]]:
    """Give every argument of an event: its name, `required` or `optional`, and what it may be."""
    properties, required = schema.get("properties"), schema.get("required")
    must = as_list(required)
    if isinstance(properties, dict):
        for name, one in properties.items():
            yield name, "required" if name in must else "optional", described(one)


def described(schema: Json) -> str:
    """Say what a value may be. What has no words here is given as JSON Schema."""
    if not isinstance(schema, dict):
        return "anything" if schema is True else "nothing"
    rest = {name: value for name, value in schema.items() if name not in ("description", "title", "default")}
    parts = list(_kinds(rest))
    parts += [words.format(_plain(rest.pop(name))) for name, words in _BOUNDS if name in rest]
    items = rest.pop("items", None)
    if items is not None:
        parts.append(f"each {described(items)}")
    if rest:
        parts.append(json.dumps(rest, ensure_ascii=False))
    said = schema.get("description")
    about = f" ({said})" if isinstance(said, str) else ""
    return (", ".join(parts) or "anything") + about


def _kinds(schema: JsonObject) -> Iterator[str]:
    """Take out what says which kinds of values, or which values, there may be."""
    kinds, choices = schema.pop("type", None), schema.pop("enum", None)
    names = [kinds] if isinstance(kinds, str) else as_list(kinds)
    if isinstance(choices, list):
        yield f"one of {', '.join(map(_plain, choices))}"
    elif names:
        yield " or ".join(_TYPES.get(str(name), str(name)) for name in names)
    if "const" in schema:
        yield f"exactly {_plain(schema.pop('const'))}"


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
