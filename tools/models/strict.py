"""Schemas as strict tool use takes them: with these the API lets a model write hardly anything else.

What is left to the model is how it writes the capitals of an `enum` or a `const`, and where it breaks off. Strict tool
use takes a part of JSON Schema only (platform.claude.com/docs/en/build-with-claude/structured-outputs, "JSON Schema
limitations"; the SDK's `transform_schema` holds the same list). Whatever it cannot hold a model to is moved into a
description, so that the model knows of it all the same; the gate judges by the whole schema in any case. References are
written out, because the descriptions beside them would be lost. An object is closed, which only ever narrows what is
taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, cast

from pointsman.contracts.bounds import STRICT_NODES
from pointsman.contracts.values import Json, JsonObject, canonical

_SCALARS: Final = ("string", "integer", "number", "boolean", "null")
_FORMATS: Final = frozenset(
    ("date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid")
)
_SILENT: Final = frozenset(("$schema", "$id", "$comment", "$defs", "definitions"))
"""Keywords that ask nothing of a value."""
_OF_TYPE: Final = {
    "object": frozenset(
        ("properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties")
    ),
    "array": frozenset(("items", "minItems", "maxItems", "uniqueItems", "contains", "prefixItems")),
    "string": frozenset(("format", "pattern", "minLength", "maxLength")),
    "number": frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")),
}
"""Keywords that ask something of one type only, for schemas of several types."""


class _Unsayable(Exception):
    """Strict tool use cannot say this schema."""


def strict(schema: JsonObject) -> JsonObject | None:
    """Write a tool's schema as strict tool use takes it.

    None where that cannot say it: where an object may have members that nobody has named, or a value may be anything,
    or a schema refers to itself or is too large. Then the tool is offered with its whole schema, and not strict.
    """
    try:
        found = _Writing(schema).written(schema)
    except _Unsayable:
        return None
    return found if found.get("type") == "object" else None


class _Writing:
    """Writes one schema, and counts its nodes."""

    def __init__(self, root: JsonObject) -> None:
        self._root = root
        self._open: list[str] = []
        self._left = STRICT_NODES

    def written(self, schema: Json) -> JsonObject:
        self._left -= 1
        if self._left < 0 or not isinstance(schema, dict) or not schema:
            raise _Unsayable
        if "$ref" in schema:
            return self._referred(schema)
        left = {key: value for key, value in schema.items() if key not in _SILENT}
        description = left.pop("description", None)
        title = left.pop("title", None)
        found = self._shape(left)
        if isinstance(title, str):
            found["title"] = title
        said = [description] if isinstance(description, str) else []
        if left:
            said.append(f"Must also fit: {canonical(left)}")
        if said:
            found["description"] = "\n\n".join(said)
        return found

    def _shape(self, left: JsonObject) -> JsonObject:
        """Take out of a schema what can be said, and say it."""
        found = _literal(left) or self._any_of(left)
        if found is not None:
            return found
        kind = left.pop("type", None)
        if isinstance(kind, list) and kind:
            variants = [self.written(variant) for variant in _variants(kind, left)]
            return variants[0] if len(variants) == 1 else {"anyOf": list[Json](variants)}
        if kind == "object":
            return self._object(left)
        if kind == "array":
            return self._array(left)
        if kind not in _SCALARS:
            raise _Unsayable
        one: JsonObject = {"type": kind}
        if kind == "string" and left.get("format") in _FORMATS:
            one["format"] = left.pop("format")
        return one

    def _any_of(self, left: JsonObject) -> JsonObject | None:
        """Say several variants; whether it must be exactly one of them, and their common type, is lost."""
        for several in ("anyOf", "oneOf"):
            variants = left.get(several)
            if isinstance(variants, list) and variants and not left.keys() & {"properties", "items"}:
                left.pop("type", None)
                del left[several]
                return {"anyOf": [self.written(variant) for variant in variants]}
        return None

    def _object(self, left: JsonObject) -> JsonObject:
        members = left.pop("properties", None)
        members = {} if members is None else members
        closed = left.pop("additionalProperties", None)
        required = left.pop("required", [])
        if not isinstance(members, dict) or not isinstance(required, list) or "patternProperties" in left:
            raise _Unsayable
        if closed not in (None, False) or (closed is None and not members):
            raise _Unsayable  # closed, it would take the model a way that the schema leaves open
        if any(name not in members for name in required):
            raise _Unsayable
        return {
            "type": "object",
            "properties": {name: self.written(member) for name, member in members.items()},
            "required": required,
            "additionalProperties": False,
        }

    def _array(self, left: JsonObject) -> JsonObject:
        if "prefixItems" in left or "items" not in left:
            raise _Unsayable
        found: JsonObject = {"type": "array", "items": self.written(left.pop("items"))}
        if left.get("minItems") in (0, 1):
            found["minItems"] = left.pop("minItems")
        return found

    def _referred(self, schema: JsonObject) -> JsonObject:
        reference = schema["$ref"]
        if not isinstance(reference, str) or reference in self._open:
            raise _Unsayable  # it refers to itself, which strict tool use does not take
        target = _target(self._root, reference)
        if not isinstance(target, dict):
            raise _Unsayable
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        if beside.keys() & target.keys() - {"description", "title"} - _SILENT:
            raise _Unsayable  # both must hold, and one of them would be lost
        self._open.append(reference)
        try:
            return self.written({**target, **beside})
        finally:
            self._open.pop()


def _literal(left: JsonObject) -> JsonObject | None:
    """Say the values that a schema names, if they are no objects and no lists: then their type needs no saying."""
    values = left.get("enum")
    if isinstance(values, list) and values and not any(isinstance(value, (dict, list)) for value in values):
        left.pop("type", None)
        return {"enum": left.pop("enum")}
    if "const" in left and not isinstance(left["const"], (dict, list)):
        left.pop("type", None)
        return {"const": left.pop("const")}
    return None


def _variants(kinds: list[Json], left: JsonObject) -> list[Json]:
    """Give one schema for each of several types, and take out what asks something of one type alone."""
    found: list[Json] = []
    for kind in kinds:
        words = _OF_TYPE.get("number" if kind == "integer" else str(kind), frozenset())
        found.append({"type": kind, **{key: value for key, value in left.items() if key in words}})
    for key in [key for key in left if any(key in words for words in _OF_TYPE.values())]:
        del left[key]
    return found


def _target(root: JsonObject, reference: str) -> Json:
    """Find what a reference inside the schema names (RFC 6901)."""
    if not reference.startswith("#/"):
        raise _Unsayable
    found: Json = root
    for step in reference[2:].split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, dict) or name not in found:
            raise _Unsayable
        found = found[name]
    return found


def complexity(schema: JsonObject) -> tuple[int, int]:
    """Count the optional members and the members of several types in a strict schema: the API limits both."""
    optional = unions = 0
    for part in _parts(schema):
        members = part.get("properties")
        if isinstance(members, dict):
            optional += len(members) - len(cast("list[Json]", part["required"]))
        unions += "anyOf" in part
    return optional, unions


def _parts(schema: Json) -> Iterator[JsonObject]:
    if not isinstance(schema, dict):
        return
    yield schema
    members = schema.get("properties")
    variants = schema.get("anyOf")
    below = [
        *(members.values() if isinstance(members, dict) else ()),
        *(variants if isinstance(variants, list) else ()),
        schema.get("items"),
    ]
    for part in below:
        yield from _parts(part)
