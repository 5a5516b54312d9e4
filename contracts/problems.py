"""What is wrong with a value, in one short phrase that follows its path: `total must be a number`.

The phrases come from the schema alone, so they tell nobody a value that is not theirs.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import jsonschema_rs

from .bounds import SAFE_INTEGER
from .near import near
from .schema_rules import inner_schema
from .values import Json, as_list

_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z", re.ASCII)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_SHOWN_CHARACTERS: Final = 200
_NAME_CHARACTERS: Final = 128
_ARTICLES: Final = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}
_FORMS: Final = {
    "anyOf": "must fit one of the forms allowed here",
    "oneOf": "must fit exactly one of the forms allowed here",
    "not": "must not be of the form that is excluded here",
    "falseSchema": "is not allowed here",
    "uniqueItems": "must not hold the same item twice",
}


@dataclass(frozen=True, slots=True)
class Unmet:
    """One demand of a contract that a value does not meet.

    `path` is dotted with indices in brackets (`line_items[0].qty`), empty for the whole. `schema` is what is demanded
    there, where that helps.
    """

    path: str
    problem: str
    missing: bool
    schema: Json = None


def join(path: str, part: str | int) -> str:
    """Write one more step of a path."""
    if isinstance(part, int):
        return f"{path}[{part}]"
    if len(part) > _NAME_CHARACTERS:
        part = f"{part[:_NAME_CHARACTERS]}…"
    if not _IDENTIFIER.match(part):
        return f"{path}[{json.dumps(part)}]"
    return f"{path}.{part}" if path else part


def foreign(schema: Json, value: Json, path: str) -> Iterator[Unmet]:
    """List what is no JSON whatever a schema says, and integers larger than every reader keeps.

    RFC 8259, section 6; RFC 7493 (I-JSON), section 2.
    """
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from foreign(inner_schema(schema, schema, index), item, join(path, index))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from foreign(None, name, path)
            yield from foreign(inner_schema(schema, schema, name), item, join(path, name))
    elif (demand := _demand_on_scalar(schema, value)) is not None:
        yield Unmet(path, demand, missing=False)


def _demand_on_scalar(schema: Json, value: Json) -> str | None:
    if isinstance(value, str):
        valid = value.isascii() or not _SURROGATE.search(value)
        return None if valid else "is not valid Unicode text"
    if isinstance(value, float):
        return None if math.isfinite(value) else "must be a finite number"
    if isinstance(value, int) and abs(value) > SAFE_INTEGER and not _asks_for(schema, value):
        return f"must lie between {-SAFE_INTEGER} and {SAFE_INTEGER}"
    return None


def _asks_for(schema: Json, value: int) -> bool:
    """Whether a schema says in so many words that integers this large are meant: type and bound."""
    if not isinstance(schema, dict) or "integer" not in (schema.get("type"), *as_list(schema.get("type"))):
        return False
    bounds = [
        schema.get(key) for key in (("maximum", "exclusiveMaximum") if value > 0 else ("minimum", "exclusiveMinimum"))
    ]
    return any(isinstance(bound, int) and abs(bound) > SAFE_INTEGER for bound in bounds)


def unmet_of(document: Json, error: jsonschema_rs.ValidationError, start: str) -> Iterator[Unmet]:
    """Put one error of the validator into our words; an object's names each get their own."""
    kind = error.kind
    schema: Json = document
    path = start
    for part in error.instance_path:
        schema, path = inner_schema(document, schema, part), join(path, part)
    match kind:
        case jsonschema_rs.ValidationErrorKind.Required():
            wanted = inner_schema(document, schema, kind.property)
            yield Unmet(join(path, kind.property), "is missing", missing=True, schema=wanted)
        case (
            jsonschema_rs.ValidationErrorKind.AdditionalProperties()
            | jsonschema_rs.ValidationErrorKind.UnevaluatedProperties()
        ):
            properties = schema.get("properties") if isinstance(schema, dict) else None
            known = list(properties) if isinstance(properties, dict) else []
            for name in kind.unexpected:
                meant = near(name, known)
                hint = f"; did you mean {meant}?" if meant else ""
                yield Unmet(join(path, name), f"is not expected here{hint}", missing=False)
        case _:
            yield Unmet(path, problem(kind), missing=False, schema=schema)


def problem(kind: jsonschema_rs.ValidationErrorKind) -> str:
    """Say what one keyword demands."""
    kinds = jsonschema_rs.ValidationErrorKind
    match kind:
        case kinds.Type():
            return f"must be {_any_of([_ARTICLES.get(name, name) for name in kind.types])}"
        case kinds.Enum():
            return f"must be {_any_of([_shown(option) for option in kind.options] or ['one of no values'])}"
        case kinds.Constant():
            return f"must be {_shown(kind.expected_value)}"
        case kinds.Format():
            return f"must be a valid {kind.format}"
        case kinds.Pattern():
            return f"must match the pattern {kind.pattern}"
        case kinds.PropertyNames():
            return f"has a name that {problem(kind.error.kind)}"
        case _:
            return _FORMS.get(kind.name) or _bound(kind)


def _bound(kind: jsonschema_rs.ValidationErrorKind) -> str:
    """Say what the keywords about sizes demand."""
    kinds = jsonschema_rs.ValidationErrorKind
    match kind:
        case kinds.Minimum():
            return f"must be at least {kind.limit}"
        case kinds.Maximum():
            return f"must be at most {kind.limit}"
        case kinds.ExclusiveMinimum():
            return f"must be more than {kind.limit}"
        case kinds.ExclusiveMaximum():
            return f"must be less than {kind.limit}"
        case kinds.MultipleOf():
            return f"must be a multiple of {kind.multiple_of}"
        case kinds.MinLength():
            return "must not be empty" if kind.limit == 1 else f"must have at least {kind.limit} characters"
        case kinds.MaxLength():
            return f"must have at most {kind.limit} characters"
        case kinds.MinItems():
            return f"must have at least {kind.limit} {'item' if kind.limit == 1 else 'items'}"
        case kinds.MaxItems():
            return f"must have at most {kind.limit} {'item' if kind.limit == 1 else 'items'}"
        case _:
            return f"does not meet `{kind.name}`"


def _any_of(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"
