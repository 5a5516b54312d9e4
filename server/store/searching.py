"""What people search for across sessions: rows of all histories, and what waits for people. For a connection."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import JSON, Connection, Select, and_, false, or_, select, true, tuple_, type_coerce
from sqlalchemy.exc import OperationalError

from pointsman.fsm.session import LedgerEntry, OpenApproval, Session

from ..audit.chain import AuditRow
from ..errors import StoreUnreadable
from .reading import LIST_ROWS, Seen, seen_by
from .tables import audit, definitions, sessions
from .writing import DefinitionRow, StoredSession


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
    """Where a row stands in a list of all chains."""

    at: str
    chain: str
    revision: int


@dataclass(frozen=True, slots=True)
class ReviewPlace:
    """Where a review stands in a list: when it opened, in milliseconds since the epoch, and its session."""

    opened_at: int
    session: str


def find_rows(
    connection: Connection, chosen: RowFilter, limit: int = LIST_ROWS, after: RowPlace | None = None
) -> Iterator[AuditRow]:
    """Give rows of all chains, one after the other, newest first.

    There is no index by time: it looks at every row that may be meant.
    """
    columns = audit.c
    statement = select(audit)
    for name, column in _EQUAL.items():
        value = getattr(chosen, name)
        if value is not None:
            statement = statement.where(column == value)
    if chosen.since is not None:
        statement = statement.where(columns.at >= chosen.since)
    if chosen.until is not None:
        statement = statement.where(columns.at < chosen.until)
    if chosen.seen is not None:
        statement = statement.where(columns.session_id.in_(select(sessions.c.id).where(seen_by(chosen.seen))))
    if after is not None:
        further = or_(
            columns.session_id > after.chain,
            and_(columns.session_id == after.chain, columns.revision < after.revision),
        )
        statement = statement.where(or_(columns.at < after.at, and_(columns.at == after.at, further)))
    statement = statement.order_by(columns.at.desc(), columns.session_id, columns.revision.desc()).limit(limit)
    return map(AuditRow._make, connection.execute(statement))


def audit_row(connection: Connection, chain: str, revision: int) -> AuditRow | None:
    """Give one row of a chain."""
    statement = select(audit).where(audit.c.session_id == chain, audit.c.revision == revision)
    row = connection.execute(statement).one_or_none()
    return None if row is None else AuditRow._make(row)


def path(connection: Connection, session_id: str) -> list[AuditRow]:
    """Give the rows in which a session entered its states, in order."""
    statement = select(audit).where(audit.c.session_id == session_id, audit.c.kind == "entered")
    return [AuditRow._make(row) for row in connection.execute(statement.order_by(audit.c.revision))]


def open_reviews(
    connection: Connection, chosen: WaitingFilter, limit: int, after: ReviewPlace | None = None
) -> list[Session]:
    """Give the sessions that wait for a person to decide, those whose review opened first before the others.

    Raises:
        StoreUnreadable: when a snapshot is of another format, or damaged.
    """
    columns = sessions.c
    waits = columns.role.is_not(None) if chosen.role is None else columns.role == chosen.role
    statement = _of_workflow(select(*_STORED).where(waits, seen_by(chosen.seen)), chosen.workflow)
    if after is not None:
        statement = statement.where(tuple_(_REVIEW_OPENED, columns.id) > (after.opened_at, after.session))
    try:
        rows = connection.execute(statement.order_by(_REVIEW_OPENED, columns.id).limit(limit)).all()
    except OperationalError as error:
        if "malformed JSON" in str(error.orig):
            raise StoreUnreadable("The snapshot of a session that waits for a person is damaged.") from error
        raise
    return [StoredSession._make(row).restored() for row in rows]


def open_approvals(connection: Connection, chosen: WaitingFilter) -> list[tuple[Session, OpenApproval]]:
    """Give the calls of tools that wait for a person, each with its session.

    Whoever decides a call of a session may see the session (`fsm.gate.may_view`), whatever else `seen` says.

    Raises:
        StoreUnreadable: when a snapshot is of another format, or damaged.
    """
    seen = seen_by(chosen.seen).label("seen")
    statement = _of_workflow(select(*_STORED, seen).where(sessions.c.has_approvals == true()), chosen.workflow)
    found: list[tuple[Session, OpenApproval]] = []
    for *stored, is_seen in connection.execute(statement):
        session = StoredSession._make(stored).restored()
        if is_seen or (chosen.seen is not None and _decides(chosen.seen, session)):
            pending = (one for one in session.stay.approvals.values() if one.status == "pending")
            found += [(session, one) for one in pending if chosen.role in (None, one.role)]
    return found


def open_effects(connection: Connection, seen: Seen | None = None) -> list[tuple[Session, LedgerEntry]]:
    """Give the writes that run, or that nobody knows the outcome of, each with its session.

    Raises:
        StoreUnreadable: when a snapshot is of another format, or damaged.
    """
    columns = sessions.c
    statement = select(*_STORED).where(seen_by(seen))
    rows = [*connection.execute(statement.where(columns.has_unknown == true()))]
    rows += connection.execute(statement.where(columns.has_open == true(), columns.has_unknown == false()))
    return [
        (session, effect)
        for session in (StoredSession._make(row).restored() for row in rows)
        for effect in session.effects.values()
        if effect.status != "done"
    ]


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
    "session": audit.c.session_id,
    "kind": audit.c.kind,
    "actor": audit.c.actor_id,
    "action": audit.c.action,
    "code": audit.c.code,
}
_REVIEW_OPENED: Final = type_coerce(sessions.c.snapshot, JSON)["stay", "review", "opened_at"].as_integer()
"""Read from the snapshot by the database itself: to restore every session that waits takes 30 times as long."""
_STORED: Final = (sessions.c.id, sessions.c.head, sessions.c.format, sessions.c.snapshot)


def _of_workflow(statement: Select[*tuple[Any, ...]], workflow: str | None) -> Select[*tuple[Any, ...]]:
    return statement if workflow is None else statement.where(sessions.c.workflow == workflow)


def _decides(seen: Seen, session: Session) -> bool:
    """Whether somebody sees a session because they decide a call of it."""
    roles = {one.role for one in session.stay.approvals.values()}
    return seen.session in (None, session.id) and not roles.isdisjoint(seen.roles)
