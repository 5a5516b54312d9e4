"""Histories of many sessions, one after the other: what is counted, and what examples are made of. For a connection.

However many there are, a few hundred sessions are looked up at once and their rows come one by one, in the order of
the chain. Of the rows only those of certain kinds are read, without what is long and of no use here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, cast

from pydantic_core import from_json
from sqlalchemy import ColumnElement, Connection, Select, Text, and_, case, func, select

from pointsman.contracts.values import JsonObject
from pointsman.fsm.facts import FactKind

from ..bounds import HISTORIES_AT_ONCE
from .reading import Seen, seen_by
from .tables import audit, sessions


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Which sessions are meant: all that agree with every member that is not None.

    `since` and `until` are moments as the column `at` has them: a row of the kinds `within` lies between them, `until`
    not included. `first` is the session to begin with, in the order of their handles.
    """

    workflow: str | None = None
    version: int | None = None
    since: str | None = None
    until: str | None = None
    within: tuple[FactKind, ...] = ("accepted",)
    seen: Seen | None = None
    first: str | None = None


class Line(NamedTuple):
    """What is read of an audit row. The body is empty where it was erased, or is no JSON object any more."""

    session: str
    revision: int
    command: str
    at: str
    actor_kind: str
    actor_id: str
    client: str | None
    kind: str
    action: str | None
    outcome: str | None
    code: str | None
    state_before: str | None
    state_after: str | None
    definition: str
    duration_ms: int | None
    body: JsonObject


class History(NamedTuple):
    """A session, and its rows in their order. They are read while they are gone through, once."""

    session: str
    workflow: str
    version: int
    lines: Iterator[Line]


def each_history(connection: Connection, chosen: HistoryFilter, kinds: Collection[FactKind]) -> Iterator[History]:
    """Give the sessions in the order of their handles, with their rows of these kinds.

    Whoever goes on to the next session has left the rows of the one before.
    """
    found = connection.execute(_sessions(chosen), execution_options={"yield_per": HISTORIES_AT_ONCE})
    for some in found.partitions():
        lines = _Lines(connection, [one.id for one in some], kinds)
        for one in some:
            yield History(one.id, one.workflow, one.version, lines.of(one.id))


class _Lines:
    """Rows of some sessions, which are given out session by session."""

    def __init__(self, connection: Connection, names: list[str], kinds: Collection[FactKind]) -> None:
        statement = (
            select(*_COLUMNS)
            .where(audit.c.session_id.in_(names), audit.c.kind.in_(kinds))
            .order_by(audit.c.session_id, audit.c.revision)
        )
        self._rows = iter(connection.execute(statement, execution_options={"yield_per": _ROWS_AT_ONCE}))
        self._next = next(self._rows, None)

    def of(self, session: str) -> Iterator[Line]:
        while self._next is not None and self._next.session_id <= session:
            row = self._next
            self._next = next(self._rows, None)
            if row.session_id == session:
                yield Line._make((*row[:-1], _body(row.body)))


def _sessions(chosen: HistoryFilter) -> Select[*tuple[Any, ...]]:
    columns = sessions.c
    statement = select(columns.id, columns.workflow, columns.version).where(seen_by(chosen.seen)).order_by(columns.id)
    if chosen.workflow is not None:
        statement = statement.where(columns.workflow == chosen.workflow)
    if chosen.version is not None:
        statement = statement.where(columns.version == chosen.version)
    if chosen.first is not None:
        statement = statement.where(columns.id >= chosen.first)
    if chosen.since is not None or chosen.until is not None:
        rows = select(audit.c.session_id).where(_between(chosen), audit.c.kind.in_(chosen.within))
        statement = statement.where(columns.id.in_(rows))
    return statement


def _between(chosen: HistoryFilter) -> ColumnElement[bool]:
    at = audit.c.at
    bounds = [] if chosen.since is None else [at >= chosen.since]
    return and_(*bounds, *([] if chosen.until is None else [at < chosen.until]))


def _body(text: str | None) -> JsonObject:
    try:
        body = None if text is None else from_json(text)
    except ValueError:
        return {}
    return cast("JsonObject", body) if isinstance(body, dict) else {}


_ROWS_AT_ONCE: Final = 50
"""Few: a row may be as large as the result of a call."""
_READABLE: Final = func.json_valid(audit.c.body) == 1
_SHORT: Final = case(
    (and_(audit.c.kind == "entered", _READABLE), func.json_remove(audit.c.body, "$.review", type_=Text)),
    (and_(audit.c.kind == "denied", _READABLE), func.json_remove(audit.c.body, "$.arguments", "$.unmet", type_=Text)),
    (and_(audit.c.kind == "model", _READABLE), func.json_remove(audit.c.body, "$.content", type_=Text)),
    else_=audit.c.body,
).label("body")
_COLUMNS: Final = (
    audit.c.session_id,
    audit.c.revision,
    audit.c.command_id,
    audit.c.at,
    audit.c.actor_kind,
    audit.c.actor_id,
    audit.c.client,
    audit.c.kind,
    audit.c.action,
    audit.c.outcome,
    audit.c.code,
    audit.c.state_before,
    audit.c.state_after,
    audit.c.definition,
    audit.c.duration_ms,
    _SHORT,
)
