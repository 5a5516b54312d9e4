"""Corrections: examples of what people have made of proposals, in the order of their sessions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final, NamedTuple

from sqlalchemy import Connection

from pointsman.contracts.values import JsonObject, canonical

from ..bounds import HISTORIES_LOOKED_AT, ROWS_BYTES
from ..insights.examples import ExampleFilter, each_example
from ..store.reading import LIST_ROWS, NO_CURSOR
from .asked_for import demand_known
from .pages import Page


class _Place(NamedTuple):
    """Where a list goes on: behind this example of this session."""

    session: str
    decision: int
    revision: int


def every(connection: Connection, chosen: ExampleFilter) -> Iterator[JsonObject]:
    """Give all examples, one after the other.

    Raises:
        UnknownName: nothing has the name of a workflow or a state that is asked for.
    """
    found = False
    for _, examples in each_example(connection, chosen):
        for one in examples:
            found = True
            yield one
    if not found:
        _demand_known(connection, chosen)


def page(connection: Connection, chosen: ExampleFilter, limit: int = LIST_ROWS, cursor: str | None = None) -> Page:
    """List examples. A page may have fewer than asked for, or none, and others follow.

    Raises:
        ValueError: for a cursor that is not one of ours.
        UnknownName: nothing has the name of a workflow or a state that is asked for.
    """
    after = _Place("", 0, 0) if cursor is None else _read_cursor(cursor)
    chosen = replace(chosen, histories=replace(chosen.histories, first=after.session))
    items: list[JsonObject] = []
    size_bytes = 0
    for looked_at, (session, examples) in enumerate(each_example(connection, chosen), start=1):
        for one in examples:
            place = _Place(session, int(str(one["decision_revision"])), int(str(one["revision"])))
            if place <= after:
                continue
            items.append(one)
            size_bytes += len(canonical(one))
            if len(items) == limit or size_bytes > ROWS_BYTES:
                return Page(tuple(items), _cursor(place))
        if looked_at == HISTORIES_LOOKED_AT:
            return Page(tuple(items), _cursor(_Place(session, _END, 0)))
    if not items and cursor is None:
        _demand_known(connection, chosen)
    return Page(tuple(items))


def _demand_known(connection: Connection, chosen: ExampleFilter) -> None:
    histories = chosen.histories
    demand_known(connection, histories.workflow, histories.version, chosen.state, histories.seen)


def _cursor(place: _Place) -> str:
    return f"{place.session}.{place.decision}.{place.revision}"


def _read_cursor(text: str) -> _Place:
    found = _CURSOR.match(text)
    if found is None:
        raise ValueError(NO_CURSOR)
    return _Place(found[1], int(found[2]), int(found[3]))


_CURSOR: Final = re.compile(r"([A-Za-z0-9_.-]{1,128})\.([0-9]{1,15})\.([0-9]{1,15})\Z", re.ASCII)
_END: Final = 10**15 - 1
"""Behind every row of a session."""
