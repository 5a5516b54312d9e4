"""Histories of many sessions, one after the other: what is counted, and what examples are made of. For a connection.

However many there are, a few hundred sessions are looked up at once, and the rows of one come one by one, in the order
of the chain. Only rows of certain kinds are read, and a body is made out where somebody looks into it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, cast

from pydantic_core import from_json
from sqlalchemy import ColumnElement, Connection, Select, and_, select

from pointsman.contracts.values import JsonObject
from pointsman.fsm.facts import FactKind

from ..bounds import HISTORIES_AT_ONCE
from .opening import driver
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
    within: tuple[FactKind, ...] = ("accepted", "intended")
    seen: Seen | None = None
    first: str | None = None


class _Columns(NamedTuple):
    revision: int
    command: str
    at: str
    actor_kind: str
    actor_id: str
    client: str | None
    kind: str
    action: str | None
    outcome: str | None
    state_before: str | None
    state_after: str | None
    definition: str
    duration_ms: int | None
    text: str | None


class Line(_Columns):
    """What is read of an audit row; `text` is its body as it is kept, which most of those who count never look into."""

    _read: JsonObject | None = None

    @property
    def body(self) -> JsonObject:
        """The body, made out once; empty where it was erased, or is no JSON object any more."""
        if self._read is None:
            self._read = _body(self.text)
        return self._read


class History(NamedTuple):
    """A session, and its rows in their order. They are read while they are gone through, once."""

    session: str
    workflow: str
    version: int
    lines: Iterator[Line]


def each_history(connection: Connection, chosen: HistoryFilter, kinds: Collection[FactKind]) -> Iterator[History]:
    """Give the sessions in the order of their handles, with their rows of these kinds."""
    found = connection.execute(_sessions(chosen), execution_options={"yield_per": HISTORIES_AT_ONCE})
    for some in found.partitions():
        for one in some:
            yield History(one.id, one.workflow, one.version, lines_of(connection, one.id, kinds))


def lines_of(connection: Connection, session: str, kinds: Collection[FactKind]) -> Iterator[Line]:
    """Give the rows of one session, of these kinds, in their order. They are read while they are gone through.

    By the driver: of a million rows, what lies between takes longer than what reads them.
    """
    wanted = ", ".join("?" * len(kinds))
    statement = f"{_ROWS} AND kind IN ({wanted}) ORDER BY revision"
    return map(Line._make, driver(connection).execute(statement, (session, *kinds)))


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


_ROWS: Final = (
    "SELECT revision, command_id, at, actor_kind, actor_id, client, kind, action, outcome, state_before, state_after, "
    "definition, duration_ms, body FROM audit WHERE session_id = ?"
)
