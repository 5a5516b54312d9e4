"""Fields of forms, made from the JSON Schema that a contract demands, and what people write in them read as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from pointsman.contracts.json_reader import Fault, JsonReader
from pointsman.contracts.values import Json, JsonObject, as_list, as_object, canonical

from .values import as_text

Kind: TypeAlias = Literal["choice", "text", "paragraph", "number", "yes_or_no", "json", "kept"]
"""`kept` is for a value that is too large for a form: it stays as it is."""

_PARAGRAPH: Final = 120
"""A text that may be longer, or may be of any length, is written in several lines."""
_FLAGS: Final[Mapping[str, bool]] = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Field:
    """A field. `id` is its name in the form; `choices` are texts, each that of a value; `value` is what it holds."""

    name: str
    id: str
    kind: Kind
    required: bool
    description: str | None
    choices: tuple[str, ...] = ()
    value: str = ""
    problem: str | None = None


class Unreadable(Exception):
    """What somebody wrote in a field is no value of its kind: why."""


def field_of(name: str, identifier: str, schema: Json, *, required: bool) -> Field:
    """Make the field of a property."""
    said: JsonObject = as_object(schema)
    description = said.get("description")
    kind, choices = _kind(said)
    return Field(name, identifier, kind, required, description if isinstance(description, str) else None, choices)


def read(field: Field, text: str, schema: Json) -> Json:
    """Read what somebody wrote.

    Raises:
        Unreadable: it is no value of the field's kind.
    """
    match field.kind:
        case "choice":
            return _chosen(text, schema)
        case "yes_or_no":
            if text not in _FLAGS:
                raise Unreadable("choose yes or no")
            return _FLAGS[text]
        case "text" | "paragraph":
            return text
        case "number":
            return _json(text.strip(), "write a number, such as 12 or 12.50")
        case "json":
            return _json(text, "write it as JSON")
        case "kept":
            raise Unreadable("it is too large to be changed here")


def _kind(schema: JsonObject) -> tuple[Kind, tuple[str, ...]]:
    values = schema.get("enum")
    if isinstance(values, list) and values:
        return "choice", tuple(as_text(one) for one in values)
    kinds = schema.get("type")
    match "string" if isinstance(kinds, list) and "string" in kinds else kinds:
        case "string":
            longest = schema.get("maxLength")
            short = isinstance(longest, int) and longest <= _PARAGRAPH
            return ("text" if short or "pattern" in schema or "format" in schema else "paragraph"), ()
        case "number" | "integer":
            return "number", ()
        case "boolean":
            return "yes_or_no", ()
        case _:
            return "json", ()


def _chosen(text: str, schema: Json) -> Json:
    values = schema.get("enum") if isinstance(schema, dict) else None
    for one in as_list(values):
        if as_text(one) == text:
            return one
    raise Unreadable("choose one of those that are offered")


def _json(text: str, otherwise: str) -> Json:
    found = JsonReader().read(text.encode("utf-8", "surrogatepass"))
    if isinstance(found, Fault) or found.fault is not None:
        fault = found if isinstance(found, Fault) else found.fault
        raise Unreadable(f"{otherwise}: {fault.message}" if fault is not None else otherwise)
    return found.value


def as_sent(field: Field, text: str) -> str:
    """Give what a browser sends of a text that it was given for a field and that nobody has touched (HTML, 4.10).

    A field of one line loses line breaks; one of several has them all as line feeds. No page has the character NUL.
    """
    lines = text.replace("\x00", "\ufffd").replace("\r\n", "\n").replace("\r", "\n")
    return lines if field.kind in ("paragraph", "json", "choice", "yes_or_no") else lines.replace("\n", "")


def is_same(one: Json, other: Json) -> bool:
    """Whether two values are one."""
    return canonical(one) == canonical(other)
