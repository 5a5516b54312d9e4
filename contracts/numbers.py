"""How numbers of the record are handed to CEL: by what their schema says, not by how they were written.

JSON has one kind of number, CEL has two that do not mix in arithmetic. A value whose schema says
`number` is always a double and one whose schema says `integer` always an int, so that
`record.tax * 2.0` gives the same for 12 and for 12.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from .values import Json

NumberKind: TypeAlias = Literal["double", "int"]


@dataclass(frozen=True, slots=True)
class Numbers:
    """Where the numbers of a value are: the value itself, its members, its items."""

    kind: NumberKind | None = None
    members: Mapping[str, Numbers] | None = None
    items: Numbers | None = None


DOUBLE: Final = Numbers("double")


def numbers_of(schema: Json) -> Numbers | None:
    """Find the numbers that a schema types. None where it types none.

    References and combined schemas are not followed; a number behind one is handed over as it was written.
    """
    if not isinstance(schema, dict):
        return None
    declared = schema.get("type")
    types = declared if isinstance(declared, list) else [declared]
    kind: NumberKind | None = "double" if "number" in types else "int" if "integer" in types else None
    properties = schema.get("properties")
    found = {name: numbers_of(part) for name, part in properties.items()} if isinstance(properties, dict) else {}
    members = {name: part for name, part in found.items() if part is not None}
    items = numbers_of(schema.get("items"))
    return Numbers(kind, members or None, items) if kind or members or items else None


def with_numbers(value: Json, numbers: Numbers) -> Json:
    """Give the value with its numbers in the kinds their schema says.

    Raises:
        OverflowError: an integer is larger than any double.
    """
    if isinstance(value, dict):
        members = numbers.members or {}
        return {name: with_numbers(item, part) if (part := members.get(name)) else item for name, item in value.items()}
    if isinstance(value, list):
        return [with_numbers(item, numbers.items) for item in value] if numbers.items else value
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and numbers.kind == "double":
        return float(value)
    if isinstance(value, float) and numbers.kind == "int" and value.is_integer():
        return int(value)
    return value
