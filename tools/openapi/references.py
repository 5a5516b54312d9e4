"""References inside an OpenAPI document, followed without I/O. What points elsewhere is never fetched."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

from pointsman.contracts.bounds import FILE_DEPTH
from pointsman.contracts.errors import PointsmanError
from pointsman.contracts.schema_rules import target_of
from pointsman.contracts.values import Json, JsonObject
from pointsman.contracts.visible import visible

_SHOWN: Final = 120


class LeftOut(PointsmanError):
    """The operation cannot be a tool; the message says why."""


def shown(text: str) -> str:
    """Write what a document says so that it can stand in a reason."""
    return f"`{visible(text[:_SHOWN])}`"


def pointed_at(root: JsonObject, reference: str) -> Json:
    """Give what a reference means.

    Raises:
        LeftOut: it leaves the document, or points at nothing.
    """
    if not reference.startswith("#/"):
        raise LeftOut(f"the reference {shown(reference)} leaves the document; copy what it means into the document")
    found = target_of(root, unquote(reference))
    if found is None:
        raise LeftOut(f"the reference {shown(reference)} points at nothing")
    return found


def followed(root: JsonObject, value: Json) -> JsonObject:
    """Give an object of the document that may be written as a reference.

    Raises:
        LeftOut: a reference cannot be followed, or what it means is no object.
    """
    for _ in range(FILE_DEPTH):
        if not isinstance(value, dict):
            raise LeftOut("the document has something else where an object belongs")
        reference = value.get("$ref")
        if not isinstance(reference, str):
            return value
        value = pointed_at(root, reference)
    raise LeftOut("references lead to references without an end")
