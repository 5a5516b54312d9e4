"""A YAML or JSON document as a tree that knows where each key and value stands."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from .values import Json

_LINE_BREAK: Final = re.compile("\r\n|\r|\n")

Path: TypeAlias = tuple["str | int", ...]
"""Keys and indices from the root of the document to a value."""


class Place(NamedTuple):
    """Line and column, both from 1; columns count code points."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value without parts. `text` is what it says before it was read as a number or the like.

    `end` is the place right behind it, `plain` says that it has no quotes, `flow` that it stands between
    brackets: there YAML may have ended it early.
    """

    place: Place
    end: Place
    value: str | int | float | bool | None
    text: str
    plain: bool
    flow: bool
    block: bool = False


@dataclass(slots=True)
class Sequence:
    """A list."""

    place: Place
    flow: bool
    items: list[Node] = field(default_factory=list["Node"])


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a mapping and its value."""

    key: Place
    value: Node


@dataclass(slots=True)
class Mapping:
    """A mapping; its keys are text, whatever they look like."""

    place: Place
    flow: bool
    entries: dict[str, Entry] = field(default_factory=dict[str, "Entry"])


Node: TypeAlias = Scalar | Sequence | Mapping


def lines_of(text: str) -> tuple[str, ...]:
    """Cut a text into its lines as YAML and editors do: `str.splitlines` cuts at more (YAML 1.2.2, section 5.4)."""
    return tuple(_LINE_BREAK.split(text))


def plain(node: Node) -> Json:
    """Give the value of a node without its places."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key: plain(entry.value) for key, entry in node.entries.items()}


def node_at(root: Node, path: Path) -> Node:
    """Follow a path as far as it goes.

    A step that the document does not have is passed over: paths also lead through the long form of what a
    file may write short (`next: done` is `next: [{to: done}]`).
    """
    node = root
    for step in path:
        if isinstance(node, Mapping) and isinstance(step, str) and step in node.entries:
            node = node.entries[step].value
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
    return node


def place_of(root: Node, path: Path) -> Place:
    """Give where the value at a path begins."""
    return node_at(root, path).place


def place_of_key(root: Node, path: Path) -> Place:
    """Give where the last key of a path stands; where the value does, if that is no key."""
    parent = node_at(root, path[:-1])
    if isinstance(parent, Mapping) and isinstance(path[-1], str) and path[-1] in parent.entries:
        return parent.entries[path[-1]].key
    return place_of(root, path)
