"""What people search for across sessions: rows of all histories, and what waits for people. For a connection."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, false, select, true

from pointsman.fsm.session import LedgerEntry, OpenApproval, Session

from ..audit.chain import AuditRow
from .reading import LIST_ROWS
from .tables import audit, definitions, sessions
from .writing import DefinitionRow, StoredSession


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which audit rows are meant: all that agree with every member that is not None.

    `since` and `until` are moments as the column `at` has them; `until` itself is not included.
    """

    session: str | None = None
    kind: str | None = None
    actor: str | None = None
    action: str | None = None
    code: str | None = None
    since: str | None = None
    until: str | None = None


def find_rows(connection: Connection, chosen: RowFilter, limit: int = LIST_ROWS) -> list[AuditRow]:
    """Give rows of all chains, newest first. There is no index by time: it looks at every row."""
    statement = select(audit)
    for name, column in _EQUAL.items():
        value = getattr(chosen, name)
        if value is not None:
            statement = statement.where(column == value)
    if chosen.since is not None:
        statement = statement.where(audit.c.at >= chosen.since)
    if chosen.until is not None:
        statement = statement.where(audit.c.at < chosen.until)
    statement = statement.order_by(audit.c.at.desc(), audit.c.session_id, audit.c.revision.desc()).limit(limit)
    return [AuditRow._make(row) for row in connection.execute(statement)]


def audit_row(connection: Connection, chain: str, revision: int) -> AuditRow | None:
    """Give one row of a chain."""
    statement = select(audit).where(audit.c.session_id == chain, audit.c.revision == revision)
    row = connection.execute(statement).one_or_none()
    return None if row is None else AuditRow._make(row)


def path(connection: Connection, session_id: str) -> list[AuditRow]:
    """Give the rows in which a session entered its states, in order."""
    statement = select(audit).where(audit.c.session_id == session_id, audit.c.kind == "entered")
    return [AuditRow._make(row) for row in connection.execute(statement.order_by(audit.c.revision))]


def open_reviews(connection: Connection, role: str | None = None, limit: int = LIST_ROWS) -> list[Session]:
    """Give the sessions that wait for a person to decide, those that wait longest first.

    Raises:
        StoreUnreadable: when a snapshot is of another format, or damaged.
    """
    columns = sessions.c
    waits = columns.role.is_not(None) if role is None else columns.role == role
    statement = select(columns.id, columns.head, columns.format, columns.snapshot).where(waits)
    found = [StoredSession._make(row).restored() for row in connection.execute(statement)]
    return sorted(found, key=lambda session: (session.stay.since, session.id))[:limit]


def open_approvals(
    connection: Connection, role: str | None = None, limit: int = LIST_ROWS
) -> list[tuple[Session, OpenApproval]]:
    """Give the calls of tools that wait for a person, each with its session, those that wait longest first.

    Raises:
        StoreUnreadable: when a snapshot is of another format, or damaged.
    """
    columns = sessions.c
    waits = columns.has_approvals == true()
    statement = select(columns.id, columns.head, columns.format, columns.snapshot).where(waits)
    found = [
        (session, approval)
        for session in (StoredSession._make(row).restored() for row in connection.execute(statement))
        for approval in session.stay.approvals.values()
        if approval.status == "pending" and role in (None, approval.role)
    ]
    return sorted(found, key=lambda one: (one[1].opened_at, one[0].id, int(one[1].id)))[:limit]


def open_effects(connection: Connection) -> list[tuple[Session, LedgerEntry]]:
    """Give the writes that run, or that nobody knows the outcome of, each with its session, the oldest first.

    Raises:
        StoreUnreadable: when a snapshot is of another format, or damaged.
    """
    columns = sessions.c
    statement = select(columns.id, columns.head, columns.format, columns.snapshot)
    rows = [*connection.execute(statement.where(columns.has_unknown == true()))]
    rows += connection.execute(statement.where(columns.has_open == true(), columns.has_unknown == false()))
    found = [
        (session, effect)
        for session in (StoredSession._make(row).restored() for row in rows)
        for effect in session.effects.values()
        if effect.status != "done"
    ]
    return sorted(found, key=lambda one: (one[1].opened_at, one[0].id, int(one[1].call)))


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
