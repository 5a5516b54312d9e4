"""The syntax tree of a checked CEL expression, read from the bytes `cel.Expression.serialize()` gives.

The bytes are a `cel.expr.CheckedExpr` (cel-spec, `proto/cel/expr/checked.proto` and `syntax.proto`)
inside a `google.protobuf.Any`. The protobuf library is no dependency of ours, so the few fields that
matter are read here, in wire format. What is read came from our own compiler, never from outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["bool", "int", "double", "string", "bytes", "null", "list", "map", "time", "other", "dyn"]
"""What a value is, as far as its type tells; `dyn` where only evaluation can tell."""

_PRIMITIVES: Final[Mapping[int, Kind]] = {1: "bool", 2: "int", 3: "int", 4: "double", 5: "string", 6: "bytes"}
_CONSTANTS: Final[Mapping[int, Kind]] = {
    1: "null",
    2: "bool",
    3: "int",
    4: "int",
    5: "double",
    6: "string",
    7: "bytes",
}
_TYPES: Final[Mapping[int, Kind]] = {1: "dyn", 2: "null", 4: "dyn", 5: "dyn", 6: "list", 7: "map", 10: "dyn"}


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal. `text` is its value where it is a string."""

    id: int
    kind: Kind
    text: str | None


@dataclass(frozen=True, slots=True)
class Name:
    """A root name, or the variable of a macro."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """`operand.field`; `tested` for `has(operand.field)`."""

    id: int
    operand: Node
    field: str
    tested: bool


@dataclass(frozen=True, slots=True)
class Call:
    """A function, a method (its target comes first in `arguments`) or an operator such as `_==_`."""

    id: int
    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Collection:
    """A list's elements, or a map's keys and values one after the other."""

    id: int
    kind: Kind
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Macro:
    """`exists`, `all`, `map`, `filter`: `inner` is evaluated with `variables` bound, `range` is not."""

    id: int
    range: Node
    variables: frozenset[str]
    inner: tuple[Node, ...]


Node: TypeAlias = Constant | Name | Member | Call | Collection | Macro


@dataclass(frozen=True, slots=True)
class Tree:
    """A checked expression: its root, what the checker knows of each node, and where each node stands.

    `offsets` count code points from the start of the text.
    """

    root: Node
    kinds: Mapping[int, Kind]
    offsets: Mapping[int, int]


def read(serialized: bytes) -> Tree:
    """Read what `cel.Expression.serialize()` wrote."""
    checked = _fields(_bytes(_fields(serialized), 2))
    kinds: dict[int, Kind] = {_number(entry, 1): _kind(_fields(_bytes(entry, 2))) for entry in _messages(checked, 3)}
    source = _fields(_bytes(checked, 5))
    offsets = {_number(entry, 1): _number(entry, 2) for entry in _messages(source, 4)}
    return Tree(_node(_fields(_bytes(checked, 4))), kinds, offsets)


def path_of(node: Node) -> tuple[str, tuple[str, ...]] | None:
    """Give root name and members of a static path (`record.po["total"]`); None for any other node."""
    members: list[str] = []
    while True:
        if isinstance(node, Name):
            return node.name, tuple(reversed(members))
        if isinstance(node, Member):
            members.append(node.field)
            node = node.operand
        elif isinstance(node, Call) and node.function == "_[_]" and (key := _text(node.arguments[1])) is not None:
            members.append(key)
            node = node.arguments[0]
        else:
            return None


def children(node: Node) -> tuple[Node, ...]:
    """Give the nodes right below one, in the order of the text where it has one."""
    if isinstance(node, Member):
        return (node.operand,)
    if isinstance(node, Call):
        return node.arguments
    if isinstance(node, Collection):
        return node.items
    if isinstance(node, Macro):
        return (node.range, *node.inner)
    return ()


def paths(node: Node, bound: frozenset[str] = frozenset()) -> Iterator[tuple[Node, str, tuple[str, ...]]]:
    """Give every longest static path that starts at a root name: its node, the name and the members.

    `bound` are the variables of macros, which are no root names.
    """
    path = path_of(node)
    if path is not None:
        if path[0] not in bound:
            yield node, *path
        return
    if isinstance(node, Macro):
        yield from paths(node.range, bound)
        for inner in node.inner:
            yield from paths(inner, bound | node.variables)
        return
    for child in children(node):
        yield from paths(child, bound)


def _text(node: Node) -> str | None:
    return node.text if isinstance(node, Constant) else None


_Field: TypeAlias = tuple[int, "int | bytes"]


def _fields(data: bytes) -> list[_Field]:
    """Split one message into its fields (protobuf encoding guide: varint, 64-bit, length-delimited)."""
    found: list[_Field] = []
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == 0:
            value, position = _varint(data, position)
            found.append((number, value))
        else:
            length, position = (8, position) if wire_type == 1 else _varint(data, position)
            found.append((number, data[position : position + length]))
            position += length
    return found


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while data[position] & 0x80:
        value |= (data[position] & 0x7F) << shift
        shift += 7
        position += 1
    return value | data[position] << shift, position + 1


def _all_bytes(fields: list[_Field], number: int) -> list[bytes]:
    return [value for field, value in fields if field == number and isinstance(value, bytes)]


def _bytes(fields: list[_Field], number: int) -> bytes:
    return next(iter(_all_bytes(fields, number)), b"")


def _string(fields: list[_Field], number: int) -> str:
    return _bytes(fields, number).decode()


def _number(fields: list[_Field], number: int) -> int:
    return next((value for field, value in fields if field == number and isinstance(value, int)), 0)


def _messages(fields: list[_Field], number: int) -> list[list[_Field]]:
    return [_fields(value) for value in _all_bytes(fields, number)]


def _nodes(fields: list[_Field], *numbers: int) -> tuple[Node, ...]:
    return tuple(_node(message) for number in numbers for message in _messages(fields, number))


def _node(fields: list[_Field]) -> Node:
    identity = _number(fields, 2)
    variant, value = next((number, value) for number, value in fields if number > 2 and isinstance(value, bytes))
    inner = _fields(value)
    if variant == 3:
        number = inner[0][0]
        return Constant(identity, _CONSTANTS[number], _string(inner, 6) if number == 6 else None)
    if variant == 4:
        return Name(identity, _string(inner, 1))
    if variant == 5:
        return Member(identity, _nodes(inner, 1)[0], _string(inner, 2), bool(_number(inner, 3)))
    if variant == 6:
        return Call(identity, _string(inner, 2), _nodes(inner, 1, 3))
    if variant == 7:
        return Collection(identity, "list", _nodes(inner, 1))
    if variant == 8:
        items = tuple(node for entry in _messages(inner, 2) for node in _nodes(entry, 3, 4))
        return Collection(identity, "other" if _bytes(inner, 1) else "map", items)
    variables = frozenset(name for name in (_string(inner, 1), _string(inner, 3), _string(inner, 8)) if name)
    return Macro(identity, _nodes(inner, 2)[0], variables, _nodes(inner, 4, 5, 6, 7))


def _kind(fields: list[_Field]) -> Kind:
    """Give the kind of a `cel.expr.Type`."""
    number, value = fields[0]
    if number == 3 and isinstance(value, int):
        return _PRIMITIVES[value]
    if number == 5 and value != 1:
        return "time"
    return _TYPES.get(number, "other")
