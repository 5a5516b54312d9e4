"""Values of records, calls and results as parts of a page: names and values, lists, tables. Bounded in every way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, TypeGuard, TypeVar

from markupsafe import Markup, escape

from pointsman.contracts.values import Json, JsonObject, canonical

from .room import room
from .texts import told, told_at_length, within_room

_DEPTH: Final = 6
"""Below it a value is written as JSON."""
_SHORT: Final = 80
"""Longer texts, and those of several lines, are paragraphs."""
_LONG: Final = 1_200
"""Longer texts are folded."""
_ITEMS: Final = 100
"""More items of a list, or members of an object, are counted and not shown."""
_COLUMNS: Final = 8
_NO_ROOM: Final = Markup('<span class="nothing">more than a page takes: the audit\'s row has it, for download</span>')

_Item = TypeVar("_Item")


def value(given: Json, depth: int = 0) -> Markup:
    """Write a value that others gave, as far as the page has room."""
    left = room()
    if not left.take_part():
        left.cut = True
        return _NO_ROOM
    if isinstance(given, str):
        return _text(given)
    if given is None or isinstance(given, bool | int | float):
        return Markup('<code class="told literal">{}</code>').format(canonical(given))
    if not given:
        return Markup('<span class="nothing">{}</span>').format("empty list" if isinstance(given, list) else "empty")
    if depth >= _DEPTH:
        return told_at_length(canonical(given))
    if isinstance(given, dict):
        return _members(given, depth)
    return _table(given, depth) if _is_table(given) else _list(given, depth)


def as_text(given: Json) -> str:
    """Write a value for a field of a form: a text as it is, anything else as JSON."""
    return given if isinstance(given, str) else canonical(given)


def _text(text: str) -> Markup:
    if not text:
        return Markup('<span class="nothing">empty text</span>')
    if len(text) <= _SHORT and "\n" not in text:
        return told(text)
    if len(text) <= _LONG:
        return told_at_length(text)
    return Markup("<details><summary>{} … <span>{}</span></summary>{}</details>").format(
        told(text[:_SHORT]), f"{len(text):,} characters", told_at_length(text)
    )


def _members(members: JsonObject, depth: int) -> Markup:
    rows = [
        Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(within_room(name), value(one, depth + 1))
        for name, one in _first(members.items())
    ]
    return Markup('<dl class="members">{}</dl>{}').format(Markup("").join(rows), _more(len(members)))


def _list(items: Sequence[Json], depth: int) -> Markup:
    rows = [Markup("<li>{}</li>").format(value(one, depth + 1)) for one in _first(items)]
    return Markup('<ul class="items">{}</ul>{}').format(Markup("").join(rows), _more(len(items)))


def _table(items: Sequence[JsonObject], depth: int) -> Markup:
    columns = list(dict.fromkeys(name for one in items[:_ITEMS] for name in one))
    head = [Markup('<th scope="col">{}</th>').format(within_room(name)) for name in columns]
    body = [
        Markup("<tr>{}</tr>").format(
            Markup("").join(
                Markup("<td>{}</td>").format(value(one[name], depth + 1) if name in one else escape(""))
                for name in columns
            )
        )
        for one in _first(items)
    ]
    return Markup(
        '<div class="scrolls" tabindex="0"><table class="rows">'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>{}"
    ).format(Markup("").join(head), Markup("").join(body), _more(len(items)))


def _is_table(items: Sequence[Json]) -> TypeGuard[Sequence[JsonObject]]:
    """Whether a list is one of objects that fit side by side."""
    if not all(isinstance(one, dict) and one for one in items):
        return False
    names = {name for one in items if isinstance(one, dict) for name in one}
    return len(names) <= _COLUMNS


def _first(items: Iterable[_Item]) -> Iterator[_Item]:
    """Give the first items, and no more than the page has room for."""
    for one in islice(items, _ITEMS):
        yield one
        if room().parts <= 0:
            room().cut = True
            return


def _more(count: int) -> Markup:
    if count <= _ITEMS:
        return Markup("")
    room().cut = True
    return Markup('<p class="nothing">and {} more</p>').format(f"{count - _ITEMS:,}")
