"""Schemas of an OpenAPI document as JSON Schema 2020-12 without references.

OpenAPI 3.1 has 2020-12 already; 3.0 has a dialect of its own, which is translated: `nullable`,
`exclusiveMinimum: true` and `example`. References are replaced by what they mean, once each, so that
a document cannot make us write more than the bound; a schema that contains itself has no such form.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from pointsman.contracts.bounds import FILE_DEPTH, SCHEMA_NODES
from pointsman.contracts.schema_rules import DIALECT, LITERAL_KEYWORDS, NAMED_KEYWORDS
from pointsman.contracts.values import Json, JsonObject, as_list

from .references import LeftOut, pointed_at, shown

Use: TypeAlias = Literal["request", "response"]
"""What is read only is not in a request, and what is written only need not be in a response."""

_DIALECTS: Final = (DIALECT, "https://spec.openapis.org/oas/3.1/dialect/base")
_DROPPED: Final = frozenset(
    {"$schema", "$defs", "definitions", "discriminator", "example", "externalDocs", "nullable", "xml"}
)
"""What says nothing about values, is said otherwise in 2020-12, or is needed by references alone."""
_DATA: Final = LITERAL_KEYWORDS | {"dependentRequired"}
_NOTES: Final = frozenset({"default", "deprecated", "description", "examples", "title"})
_BOUNDARIES: Final = (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum"))
_HIDDEN: Final[Mapping[Use, str]] = {"request": "readOnly", "response": "writeOnly"}

_Sized: TypeAlias = tuple[Json, int]
"""A schema, and how many nodes it has."""


class Schemas:
    """The schemas of one document. `older` says that it is of version 3.0."""

    def __init__(self, root: JsonObject, *, older: bool) -> None:
        self._root = root
        self._older = older
        self._known: dict[tuple[str, Use], _Sized | str] = {}

    def read(self, schema: Json, use: Use) -> Json:
        """Give a schema of the document as it holds for requests or responses. Parts may be shared: change nothing.

        Raises:
            LeftOut: it has no form without references within the bounds.
        """
        return self._read(schema, use, ())[0]

    def _read(self, schema: Json, use: Use, inside: tuple[str, ...], depth: int = 0) -> _Sized:
        if depth > FILE_DEPTH:
            raise LeftOut(f"a schema is nested deeper than {FILE_DEPTH}")
        if not isinstance(schema, dict):
            return schema, 1
        dialect = schema.get("$schema", DIALECT)
        if dialect not in _DIALECTS:
            raise LeftOut(f"a schema is of the dialect {shown(str(dialect))}")
        reference = schema.get("$ref")
        if isinstance(reference, str):
            return self._referred(schema, reference, use, inside, depth)
        made: JsonObject = {}
        size = 1
        for keyword, value in schema.items():
            if keyword in _DROPPED or keyword.startswith("x-"):
                continue
            made[keyword], nodes = self._part(keyword, value, use, inside, depth)
            size += nodes
            if size > SCHEMA_NODES:
                raise LeftOut(f"a schema has more than {SCHEMA_NODES:,} nodes when its references are written out")
        if self._older:
            made = _newer(made, schema)
        return _for(use, made), size

    def _part(self, keyword: str, value: Json, use: Use, inside: tuple[str, ...], depth: int) -> _Sized:
        if keyword in _DATA:
            return value, 1
        if isinstance(value, dict) and keyword in NAMED_KEYWORDS:
            read = {name: self._read(part, use, inside, depth + 2) for name, part in value.items()}
            return {name: part for name, (part, _) in read.items()}, sum(nodes for _, nodes in read.values())
        if isinstance(value, list):
            parts = [self._read(part, use, inside, depth + 2) for part in value]
            return [part for part, _ in parts], sum(nodes for _, nodes in parts)
        return self._read(value, use, inside, depth + 1)

    def _referred(self, schema: JsonObject, reference: str, use: Use, inside: tuple[str, ...], depth: int) -> _Sized:
        meant, size = self._meant(reference, use, inside, depth)
        beside = {} if self._older else {name: part for name, part in schema.items() if name != "$ref"}
        if not beside:
            return meant, size
        more, nodes = self._read(beside, use, inside, depth)
        if not isinstance(more, dict) or not more:
            return meant, size
        if isinstance(meant, dict) and more.keys() <= _NOTES:
            return {**meant, **more}, size + nodes
        return {**more, "allOf": [meant, *as_list(more.get("allOf"))]}, size + nodes

    def _meant(self, reference: str, use: Use, inside: tuple[str, ...], depth: int) -> _Sized:
        key = (reference, use)
        if reference in inside:
            self._known[key] = f"the schema {shown(reference)} contains itself"
        elif key not in self._known:
            try:
                target = pointed_at(self._root, reference)
                self._known[key] = self._read(target, use, (*inside, reference), depth + 1)
            except LeftOut as reason:
                self._known[key] = str(reason)
        known = self._known[key]
        if isinstance(known, str):
            raise LeftOut(known)
        return known


def _newer(made: JsonObject, older: JsonObject) -> JsonObject:
    """Say in 2020-12 what a schema of OpenAPI 3.0 says otherwise."""
    for exclusive, inclusive in _BOUNDARIES:
        flag = made.get(exclusive)
        if isinstance(flag, bool):
            del made[exclusive]
            if flag and inclusive in made:
                made[exclusive] = made.pop(inclusive)
    if "example" in older:
        made.setdefault("examples", [older["example"]])
    return _nullable(made) if older.get("nullable") is True else made


def _nullable(made: JsonObject) -> JsonObject:
    kind, values = made.get("type"), made.get("enum")
    if not isinstance(kind, str):
        return {"anyOf": [made, {"type": "null"}]} if made else made
    made["type"] = [kind, "null"]
    if isinstance(values, list) and None not in values:
        made["enum"] = [*values, None]
    return made


def _for(use: Use, made: JsonObject) -> JsonObject:
    """Leave out the properties that are not sent, or need not come."""
    properties, required = made.get("properties"), made.get("required")
    if not isinstance(properties, dict):
        return made
    hidden = {name for name, part in properties.items() if isinstance(part, dict) and part.get(_HIDDEN[use]) is True}
    if not hidden:
        return made
    made = {**made, "properties": {name: part for name, part in properties.items() if name not in hidden}}
    if isinstance(required, list):
        made["required"] = [name for name in required if name not in hidden]
    return made
