"""What kind of value an expression gives, by the record's schemas and CEL's own checker.

The checker knows literals, operators and functions; it evaluates every root name as dynamic. Schemas
know the record. Both together find comparisons that can never be true.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..schema_rules import inner_schema
from ..syntax_tree import Kind, Member, Node, Tree, path_of
from ..values import Json

FAMILIES: Final[Mapping[Kind, str]] = {
    "bool": "a boolean",
    "int": "a number",
    "double": "a number",
    "string": "text",
    "bytes": "bytes",
    "null": "null",
    "list": "a list",
    "map": "a map",
    "time": "a time",
}
"""Kinds that compare with each other have the same words."""

_TYPES: Final[Mapping[str, Kind]] = {
    "string": "string",
    "number": "double",
    "integer": "int",
    "boolean": "bool",
    "array": "list",
    "object": "map",
    "null": "null",
}
_MAPS: Final = frozenset({"record", "event", "args", "done", "visits", "decisions", "session"})
_MEMBERS: Final[Mapping[tuple[str, str], Kind]] = {
    ("done", "args"): "map",
    ("done", "at"): "string",
    ("done", "count"): "int",
    ("decisions", "by"): "string",
    ("decisions", "event"): "string",
    ("decisions", "rationale"): "string",
    ("decisions", "at"): "string",
    ("session", "id"): "string",
    ("session", "started_by"): "string",
    ("session", "client"): "string",
    ("session", "age_s"): "int",
    ("session", "workflow"): "string",
    ("session", "version"): "int",
}


class Kinds:
    """Tells the kinds of nodes of one expression. `schemas` gives the members' schemas of `record` and `event`."""

    def __init__(self, tree: Tree, schemas: Mapping[str, Mapping[str, Json]], bound: frozenset[str]) -> None:
        self._tree = tree
        self._schemas = schemas
        self._bound = bound

    def of(self, node: Node) -> Kind:
        """Give the kind of a node; `dyn` where only evaluation can tell."""
        if isinstance(node, Member) and node.tested:
            return "bool"  # has(…) reads like a path
        path = path_of(node)
        if path is not None and path[0] not in self._bound:
            return self._of_path(*path)
        return self._tree.kinds.get(node.id, "dyn")

    def schema(self, node: Node) -> Json:
        """Give the schema a path of the record or the event is held to; None for any other node."""
        path = path_of(node)
        tested = isinstance(node, Member) and node.tested
        if tested or path is None or path[0] in self._bound or path[0] not in self._schemas or not path[1]:
            return None
        return self._schema_at(*path)

    def _of_path(self, root: str, members: tuple[str, ...]) -> Kind:
        if root in ("confidence", "path_confidence") and not members:
            return "double"
        if not members:
            return "map" if root in _MAPS else "dyn"
        if root in self._schemas:
            return kind_of(self._schema_at(root, members))
        if root == "visits" and len(members) == 1:
            return "int"
        return _MEMBERS.get((root, members[-1]), "dyn") if len(members) == _DEPTHS.get(root) else "dyn"

    def _schema_at(self, root: str, members: tuple[str, ...]) -> Json:
        field = schema = self._schemas[root].get(members[0])
        for member in members[1:]:
            schema = inner_schema(field, schema, member)
        return schema


_DEPTHS: Final[Mapping[str, int]] = {"done": 3, "decisions": 2, "session": 1}
"""How many members lead to those of `_MEMBERS`."""


def kind_of(schema: Json) -> Kind:
    """Give the kind of every value a schema admits; `dyn` where they differ."""
    if not isinstance(schema, dict):
        return "dyn"
    declared = schema.get("type")
    if isinstance(declared, str):
        return _TYPES.get(declared, "dyn")
    values = schema["enum"] if "enum" in schema else [schema["const"]] if "const" in schema else None
    if declared is not None or not isinstance(values, list):
        return "dyn"
    kinds: set[Kind] = {_kind_of_value(value) for value in values}
    return kinds.pop() if len(kinds) == 1 else "dyn"


def _kind_of_value(value: Json) -> Kind:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int | float):
        return "double"
    if value is None:
        return "null"
    return "list" if isinstance(value, list) else "map"
