"""What people search for across sessions: rows of all histories, and the texts of workflows. For a connection."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple, TypeAlias

from sqlalchemy import JSON, ColumnElement, Connection, case, func, select, tuple_, type_coerce

from pointsman.contracts.times import iso

from ..audit.chain import AuditRow
from ..bounds import ROWS_LOOKED_AT
from .reading import LIST_ROWS, Seen, seen_by
from .tables import audit, definitions, sessions
from .writing import DefinitionRow


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which audit rows are meant: all that agree with every member that is not None.

    `since` and `until` are moments as the column `at` has them; `until` itself is not included. `seen` leaves the rows
    of the sessions that somebody may see, and none of the chain `server`.
    """

    session: str | None = None
    kind: str | None = None
    actor: str | None = None
    action: str | None = None
    code: str | None = None
    since: str | None = None
    until: str | None = None
    seen: Seen | None = None


@dataclass(frozen=True, slots=True)
class WaitingFilter:
    """Which reviews and waiting calls are meant: all that agree with every member that is not None."""

    role: str | None = None
    workflow: str | None = None
    seen: Seen | None = None


@dataclass(frozen=True, slots=True)
class RowPlace:
    """Where a row stands in a list of all chains; without a chain, before all rows of a moment."""

    at: str
    chain: str
    revision: int


@dataclass(frozen=True, slots=True)
class RowsFound:
    """Rows that a search has found, one after the other, newest first.

    `looked_back_to` is how far it looks, where it does not look at all that may be meant. It names no row of a session
    that whoever asks may not see.
    """

    rows: Iterator[AuditRow]
    looked_back_to: RowPlace | None


def find_rows(
    connection: Connection, chosen: RowFilter, limit: int = LIST_ROWS, after: RowPlace | None = None
) -> RowsFound:
    """Search the rows of all chains, newest first; of one chain, the last first.

    It looks at `bounds.ROWS_LOOKED_AT` rows at most, however many there are and whoever asks.
    """
    if chosen.session is not None and not _may_look(connection, chosen, chosen.session):
        return RowsFound(iter(()), None)
    if chosen.session is not None:
        where, order, end = _of_chain(connection, chosen, chosen.session, after)
    else:
        where, order, end = _of_all(connection, chosen, after)
    where += [column == value for name, column in _EQUAL.items() if (value := getattr(chosen, name)) is not None]
    if chosen.seen is not None:
        where.append(_is_seen(chosen.seen))
    rows = connection.execute(select(audit).where(*where).order_by(*order).limit(limit))
    return RowsFound(map(AuditRow._make, rows), end)


def audit_row(connection: Connection, chain: str, revision: int) -> AuditRow | None:
    """Give one row of a chain."""
    statement = select(audit).where(audit.c.session_id == chain, audit.c.revision == revision)
    row = connection.execute(statement).one_or_none()
    return None if row is None else AuditRow._make(row)


class StateEntered(NamedTuple):
    """A state that a session entered, and why; None where the body of the row was erased."""

    revision: int
    at: str
    before: str | None
    state: str | None
    because: str | None


def path(connection: Connection, session_id: str, after_revision: int = 0) -> list[StateEntered]:
    """Give the states that a session entered after a revision, in order.

    The database reads why: it takes a tenth of the time.
    """
    columns = audit.c
    because = case((func.json_valid(columns.body) == 1, type_coerce(columns.body, JSON)["because"].as_string()))
    entered = select(columns.revision, columns.at, columns.state_before, columns.state_after, because)
    own = entered.where(columns.session_id == session_id, columns.revision > after_revision, columns.kind == "entered")
    return [StateEntered._make(row) for row in connection.execute(own.order_by(columns.revision))]


def newest_definition(connection: Connection, workflow: str) -> DefinitionRow | None:
    """Give the text of this workflow that was first used last."""
    statement = select(definitions).where(definitions.c.workflow == workflow)
    row = connection.execute(statement.order_by(definitions.c.first_seen_at.desc()).limit(1)).one_or_none()
    return None if row is None else DefinitionRow._make(row)


def newest_definitions(connection: Connection, workflows: Collection[str], limit: int) -> list[DefinitionRow]:
    """Give the texts of these workflows that were first used last."""
    statement = select(definitions).where(definitions.c.workflow.in_(workflows))
    rows = connection.execute(statement.order_by(definitions.c.first_seen_at.desc()).limit(limit))
    return [DefinitionRow._make(row) for row in rows]


def newest_of_all(connection: Connection) -> list[DefinitionRow]:
    """Give the text that was first used last of every workflow this database has seen."""
    rows = connection.execute(select(definitions).order_by(definitions.c.first_seen_at, definitions.c.digest))
    found = {row.workflow: DefinitionRow._make(row) for row in rows}
    return [*found.values()]


_EQUAL: Final = {
    "kind": audit.c.kind,
    "actor": audit.c.actor_id,
    "action": audit.c.action,
    "code": audit.c.code,
}

_Bounded: TypeAlias = tuple[list[ColumnElement[bool]], tuple[ColumnElement[Any], ...], RowPlace | None]
"""Where to look, in which order, and the last row that is looked at, if that is not the last there is."""


def _of_chain(connection: Connection, chosen: RowFilter, chain: str, after: RowPlace | None) -> _Bounded:
    """Look at a chain from its end on; its revisions have no gaps."""
    columns = audit.c
    own = columns.session_id == chain
    order = (columns.revision.desc(),)
    last = after.revision - 1 if after is not None else connection.scalar(select(func.max(columns.revision)).where(own))
    first = (last or 0) - ROWS_LOOKED_AT + 1
    at = connection.scalar(select(columns.at).where(own, columns.revision == first)) if first > 1 else None
    end = None if at is None else RowPlace(at, chain, first)
    return [own, columns.revision.between(first, last or 0), *_in_time(chosen)], order, end


def _of_all(connection: Connection, chosen: RowFilter, after: RowPlace | None) -> _Bounded:
    """Look at all chains in the order of time, which an index has."""
    columns = audit.c
    place = tuple_(columns.at, columns.session_id, columns.revision)
    order = (columns.at.desc(), columns.session_id.desc(), columns.revision.desc())
    where = _in_time(chosen)
    if after is not None:
        where.append(place < (after.at, after.chain, after.revision))
    looked_at = select(columns.at, columns.session_id, columns.revision).where(*where).order_by(*order)
    last = connection.execute(looked_at.offset(ROWS_LOOKED_AT - 1).limit(1)).one_or_none()
    if last is None:
        return where, order, None
    end = moment_after(last.at, after)
    return [*where, columns.at >= end], order, RowPlace(end, "", 0)


def moment_after(at: str, after: RowPlace | None) -> str:
    """Give the full minute, or else the second, that follows a moment and lies before where a search goes on from.

    A row's own moment would tell when something was done in sessions of others. It is given only where more rows are of
    one second than a search looks at.
    """
    try:
        exact = datetime.fromisoformat(at)
    except ValueError:  # the column was tampered with, which `audit verify` names
        return at
    for unit in (timedelta(minutes=1), timedelta(seconds=1)):
        whole = datetime.fromtimestamp(exact.timestamp() // unit.total_seconds() * unit.total_seconds(), UTC) + unit
        found = iso(round(whole.timestamp() * 1000))
        if after is None or found < after.at:
            return found
    return at


def _may_look(connection: Connection, chosen: RowFilter, chain: str) -> bool:
    """Whether whoever asks may see a session: of one that they may not see nothing is told, not that it is there."""
    if chosen.seen is None:
        return True
    return connection.scalar(select(sessions.c.id).where(sessions.c.id == chain, seen_by(chosen.seen))) is not None


def _in_time(chosen: RowFilter) -> list[ColumnElement[bool]]:
    at = audit.c.at
    since = [] if chosen.since is None else [at >= chosen.since]
    return since if chosen.until is None else [*since, at < chosen.until]


def _is_seen(seen: Seen) -> ColumnElement[bool]:
    """Whether the session of a row is seen: asked of each row that is looked at, not of every session there is."""
    own = sessions.c.id == audit.c.session_id
    return select(sessions.c.id).where(own, seen_by(seen)).correlate(audit).exists()
