"""Comparisons and arithmetic that can never work: unlike types, values a field never has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ..near import near
from ..syntax_tree import Call, Collection, Constant, Macro, Node, Tree, children
from ..values import Json
from .kinds import FAMILIES, Kinds

_COMPARED: Final = {"_==_": "==", "_!=_": "!=", "_<_": "<", "_<=_": "<=", "_>_": ">", "_>=_": ">="}
_ARITHMETIC: Final = {"_+_": "+", "_-_": "-", "_*_": "*", "_/_": "/", "_%_": "%"}
_LOGIC: Final = {"_&&_": "&&", "_||_": "||", "!_": "!", "_?_:_": "?"}
_TEXT_METHODS: Final = frozenset(
    [
        "startsWith",
        "endsWith",
        "contains",
        "matches",
        "lowerAscii",
        "upperAscii",
        "split",
        "trim",
        "replace",
        "charAt",
        "indexOf",
        "lastIndexOf",
        "substring",
    ]
)


@dataclass(frozen=True, slots=True)
class Misfit:
    """Something that cannot work, and at which node."""

    node: Node
    code: str
    message: str
    hint: str | None


def misfits(tree: Tree, schemas: Mapping[str, Mapping[str, Json]]) -> Iterator[Misfit]:
    """Find what can never work in an expression."""
    yield from _below(tree, tree.root, schemas, frozenset())


def _below(
    tree: Tree, node: Node, schemas: Mapping[str, Mapping[str, Json]], bound: frozenset[str]
) -> Iterator[Misfit]:
    if isinstance(node, Macro):
        yield from _below(tree, node.range, schemas, bound)
        for inner in node.inner:
            yield from _below(tree, inner, schemas, bound | node.variables)
        return
    if isinstance(node, Call):
        yield from _call(node, Kinds(tree, schemas, bound))
    for child in children(node):
        yield from _below(tree, child, schemas, bound)


def _call(node: Call, kinds: Kinds) -> Iterator[Misfit]:
    name = node.function
    if name in _COMPARED:
        yield from _compared(node, _COMPARED[name], kinds)
    elif name in _ARITHMETIC:
        yield from _calculated(node, _ARITHMETIC[name], kinds)
    elif name == "@in" and isinstance(node.arguments[1], Collection):
        for item in node.arguments[1].items:
            yield from _pair(node.arguments[0], item, item, "in", kinds)
    elif name in _LOGIC:
        tested = node.arguments[:1] if name == "_?_:_" else node.arguments
        for argument in tested:
            kind = kinds.of(argument)
            if kind not in ("bool", "dyn"):
                message = f"`{_LOGIC[name]}` needs a boolean, and this is {FAMILIES.get(kind, kind)}"
                yield Misfit(argument, "PM403", message, "Compare it with something, or ask for it with `has(…)`.")
    elif name in _TEXT_METHODS and kinds.of(node.arguments[0]) not in ("string", "dyn"):
        family = FAMILIES.get(kinds.of(node.arguments[0]), "something else")
        yield Misfit(node, "PM403", f"`{name}` works on text, and this is {family}", None)


def _compared(node: Call, operator: str, kinds: Kinds) -> Iterator[Misfit]:
    left, right = node.arguments
    yield from _pair(left, right, node, operator, kinds)


def _pair(left: Node, right: Node, at: Node, operator: str, kinds: Kinds) -> Iterator[Misfit]:
    one, other = FAMILIES.get(kinds.of(left)), FAMILIES.get(kinds.of(right))
    if one is not None and other is not None and one != other:
        hint = "A field that may be absent is asked for with `has(…)`." if "null" in (one, other) else None
        message = f"`{operator}` compares {one} with {other}, which is never what is meant"
        yield Misfit(at, "PM403", message, hint)
    elif operator in ("==", "!=", "in"):
        yield from _impossible(left, right, kinds)
        yield from _impossible(right, left, kinds)


def _impossible(path: Node, literal: Node, kinds: Kinds) -> Iterator[Misfit]:
    """Find a text that is none of those a field may have."""
    schema = kinds.schema(path)
    options = schema.get("enum") if isinstance(schema, dict) else None
    if not isinstance(options, list) or not isinstance(literal, Constant) or literal.text is None:
        return
    if literal.text not in options:
        texts = [option for option in options if isinstance(option, str)]
        meant = near(literal.text, texts)
        hint = f"Did you mean `{meant}`?" if meant else f"It may be: {', '.join(texts)}."
        yield Misfit(literal, "PM405", f"the field can never be `{literal.text}`", hint)


def _calculated(node: Call, operator: str, kinds: Kinds) -> Iterator[Misfit]:
    left, right = kinds.of(node.arguments[0]), kinds.of(node.arguments[1])
    if "dyn" in (left, right) or left == right or "time" in (left, right):
        return
    if {left, right} == {"int", "double"}:
        message = f"`{operator}` cannot mix an integer and a number with decimals"
        yield Misfit(node, "PM403", message, "Write the integer with a decimal point (`2.0`), or use `double(…)`.")
    else:
        message = f"`{operator}` cannot join {FAMILIES.get(left, left)} and {FAMILIES.get(right, right)}"
        yield Misfit(node, "PM403", message, None)


def guard_kind(tree: Tree, schemas: Mapping[str, Mapping[str, Json]]) -> str | None:
    """Say what a guard gives that is not a boolean; None where it is one, or only evaluation can tell."""
    kind = Kinds(tree, schemas, frozenset()).of(tree.root)
    return None if kind in ("bool", "dyn") else FAMILIES.get(kind, kind)
