"""What is asked of sessions and their audit, beside the engine's own commits. Functions of a connection."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, true, tuple_

from pointsman.contracts.prompts import digest_of
from pointsman.contracts.times import iso
from pointsman.contracts.values import JsonObject
from pointsman.fsm.session import Session

from ..audit.chain import AuditRow
from ..errors import StoreUnreadable
from .session_search import begins, found_by
from .tables import audit, definitions, sessions
from .writing import DefinitionRow, StoredSession

LIST_ROWS: Final = 100
"""How many sessions a list has where nobody says otherwise."""
AUDIT_ROWS: Final = 10_000
"""The same for rows of a history."""
NO_CURSOR: Final = "this is no cursor; use the one that came with the page before"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a principal may see: sessions of their own, of these definitions, and reviews that wait for these roles.

    `hidden` are the definitions that do not show even its starter a session; of a principal who is bound to a
    `session` nothing else is seen.
    """

    principal: str
    roles: tuple[str, ...] = ()
    definitions: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    session: str | None = None


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """Which sessions a list has: all that agree with every member that is not None.

    `waiting_role` is the role an open review waits for, `waiting_for` whose turn it is, `begins` the first characters
    of the handle. `since_ms` and `until_ms` are moments of the start, the latter not included. `seen` bounds the list
    to what somebody may see.

    `search` is the beginning of the handle or of a value given at the start, or the whole of `started_by`; that of a
    value only with `by_value`: what a session holds is for people. `failed` are those that ended as failed or manual,
    and those with a write that nobody knows the outcome of.
    """

    workflow: str | None = None
    state: str | None = None
    started_by: str | None = None
    waiting_role: str | None = None
    ended: bool | None = None
    begins: str | None = None
    seen: Seen | None = None
    waiting_for: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    search: str | None = None
    by_value: bool = True
    failed: bool | None = None


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """A session as a list shows it. `actor` says whose turn it is; times are milliseconds since the epoch."""

    id: str
    workflow: str
    version: int
    definition: str
    state: str
    actor: str
    role: str | None
    started_by: str
    started_at: int
    revision: int
    next_timer_at: int | None
    ended_at: int | None

    def as_json(self) -> JsonObject:
        """Write it for people and programs outside: moments in ISO 8601, and nothing that is None."""
        values: JsonObject = {
            "session": self.id,
            "workflow": self.workflow,
            "version": self.version,
            "definition": self.definition,
            "state": self.state,
            "actor": self.actor,
            "role": self.role,
            "started_by": self.started_by,
            "started_at": iso(self.started_at),
            "revision": self.revision,
            "next_timer_at": None if self.next_timer_at is None else iso(self.next_timer_at),
            "ended_at": None if self.ended_at is None else iso(self.ended_at),
        }
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True)
class SessionPage:
    """Some sessions, newest first, and the cursor of those that follow (None: there are no more)."""

    sessions: tuple[SessionSummary, ...]
    cursor: str | None


class DueSession(NamedTuple):
    """A session whose earliest timer was due at a moment, and its revision."""

    at: int
    id: str
    revision: int


class StateCount(NamedTuple):
    """How many sessions of a workflow are in a state, or have ended there."""

    state: str
    open: int
    ended: int


class WorkflowCount(NamedTuple):
    """How many sessions of a workflow run, and how many have failed or hold a write that nobody knows the end of."""

    workflow: str
    running: int
    failed: int


def list_sessions(
    connection: Connection, chosen: SessionFilter, limit: int = LIST_ROWS, cursor: str | None = None
) -> SessionPage:
    """List sessions, newest first.

    Raises:
        ValueError: for a cursor that is not one of ours.
    """
    statement = _filtered(connection, chosen).order_by(sessions.c.started_at.desc(), sessions.c.id.desc())
    if cursor is not None:
        if not _CURSOR.match(cursor):
            raise ValueError(NO_CURSOR)
        started_at, _, last = cursor.partition("-")
        statement = statement.where(tuple_(sessions.c.started_at, sessions.c.id) < (int(started_at), last))
    found = [SessionSummary(**row) for row in connection.execute(statement.limit(limit + 1)).mappings()]
    shown = tuple(found[:limit])
    return SessionPage(shown, f"{shown[-1].started_at}-{shown[-1].id}" if len(found) > limit and shown else None)


def read_session(connection: Connection, session_id: str) -> Session | None:
    """Give a session's snapshot.

    Raises:
        StoreUnreadable: when it is of another format, or damaged.
    """
    stored = read_stored(connection, session_id)
    return None if stored is None else stored.restored()


def read_stored(connection: Connection, session_id: str) -> StoredSession | None:
    """Give a session's snapshot as it lies in the database."""
    columns = sessions.c
    statement = select(columns.id, columns.head, columns.format, columns.snapshot).where(columns.id == session_id)
    row = connection.execute(statement).one_or_none()
    return None if row is None else StoredSession(*row)


def read_revisions(connection: Connection, ids: Collection[str]) -> dict[str, int]:
    """Give the revision of those of these sessions that exist."""
    found = connection.execute(select(sessions.c.id, sessions.c.revision).where(sessions.c.id.in_(ids)))
    return {row.id: row.revision for row in found}


def any_open_calls(connection: Connection) -> bool:
    """Whether any session holds an open call."""
    return connection.execute(select(sessions.c.id).where(_OPEN).limit(1)).first() is not None


def open_sessions(connection: Connection, workflows: Collection[str]) -> list[str]:
    """Give the sessions of these workflows that hold an open call."""
    return list(connection.scalars(select(sessions.c.id).where(_OPEN, sessions.c.workflow.in_(workflows))))


def due_sessions(
    connection: Connection, now_ms: int, workflows: Collection[str], after: DueSession | None, limit: int
) -> list[DueSession]:
    """Give the sessions of these workflows with a timer due at `now_ms` or before, earliest first, that follow one."""
    due = sessions.c.next_timer_at
    statement = select(due, sessions.c.id, sessions.c.revision).where(due <= now_ms, sessions.c.workflow.in_(workflows))
    if after is not None:
        statement = statement.where(tuple_(due, sessions.c.id) > (after.at, after.id))
    found = connection.execute(statement.order_by(due, sessions.c.id).limit(limit))
    return [DueSession._make(row) for row in found]


def next_due_at(connection: Connection, workflows: Collection[str]) -> int | None:
    """Give the moment the earliest timer of these workflows' sessions is due, or None where there is none."""
    due = sessions.c.next_timer_at
    statement = select(due).where(due.is_not(None), sessions.c.workflow.in_(workflows)).order_by(due).limit(1)
    return connection.scalar(statement)


def audit_rows(connection: Connection, chain: str, after_revision: int = 0, limit: int = AUDIT_ROWS) -> list[AuditRow]:
    """Give the rows of a chain that follow a revision, in order."""
    return [*each_row(connection, chain, after_revision, limit)]


def each_row(connection: Connection, chain: str, after_revision: int, limit: int) -> Iterator[AuditRow]:
    """Give the same one after the other, for whoever may not want them all."""
    statement = (
        select(audit)
        .where(audit.c.session_id == chain, audit.c.revision > after_revision)
        .order_by(audit.c.revision)
        .limit(limit)
    )
    return map(AuditRow._make, connection.execute(statement))


def definition(connection: Connection, digest: str) -> DefinitionRow | None:
    """Give the workflow text with this digest, and where its file stood.

    Raises:
        StoreUnreadable: when it is another text, or other prompts: sessions keep those they were started with.
    """
    row = connection.execute(select(definitions).where(definitions.c.digest == digest)).one_or_none()
    if row is None:
        return None
    found = DefinitionRow._make(row)
    if digest_of(found.text, found.kept_prompts() or {}) != digest:
        raise StoreUnreadable(f"The text of the workflow {found.workflow} is not the one that has the digest {digest}.")
    return found


_CURSOR: Final = re.compile(r"[0-9]{1,15}-[A-Za-z0-9_.-]{1,128}\Z", re.ASCII)
_OPEN: Final = sessions.c.has_open == true()
_SUMMARY: Final = (
    sessions.c.id,
    sessions.c.workflow,
    sessions.c.version,
    sessions.c.definition,
    sessions.c.state,
    sessions.c.actor,
    sessions.c.role,
    sessions.c.started_by,
    sessions.c.started_at,
    sessions.c.revision,
    sessions.c.next_timer_at,
    sessions.c.ended_at,
)


def _filtered(connection: Connection, chosen: SessionFilter) -> Select[*tuple[Any, ...]]:
    statement = select(*_SUMMARY)
    equal = {
        sessions.c.workflow: chosen.workflow,
        sessions.c.state: chosen.state,
        sessions.c.started_by: chosen.started_by,
        sessions.c.role: chosen.waiting_role,
        sessions.c.actor: chosen.waiting_for,
    }
    for column, value in equal.items():
        if value is not None:
            statement = statement.where(column == value)
    if chosen.ended is not None:
        ended = sessions.c.ended_at
        statement = statement.where(ended.is_not(None) if chosen.ended else ended.is_(None))
    if chosen.failed is not None:
        statement = statement.where(sessions.c.failed == chosen.failed)
    if chosen.begins is not None:
        statement = statement.where(begins(sessions.c.id, chosen.begins))
    if chosen.search is not None:
        statement = statement.where(found_by(connection, chosen.search, by_value=chosen.by_value))
    if chosen.since_ms is not None:
        statement = statement.where(sessions.c.started_at >= chosen.since_ms)
    if chosen.until_ms is not None:
        statement = statement.where(sessions.c.started_at < chosen.until_ms)
    return statement.where(seen_by(chosen.seen))


def state_counts(connection: Connection, workflow: str, seen: Seen | None) -> list[StateCount]:
    """Count the sessions of a workflow that somebody may see, state by state."""
    columns = sessions.c
    statement = (
        select(columns.state, func.count().filter(columns.ended_at.is_(None)), func.count(columns.ended_at))
        .where(columns.workflow == workflow, seen_by(seen))
        .group_by(columns.state)
        .order_by(columns.state)
    )
    return [StateCount._make(row) for row in connection.execute(statement)]


def workflow_counts(connection: Connection, seen: Seen | None) -> dict[str, WorkflowCount]:
    """Count the sessions that somebody may see, by their workflow."""
    columns = sessions.c
    statement = (
        select(
            columns.workflow,
            func.count().filter(columns.ended_at.is_(None)),
            func.count().filter(columns.failed == true()),
        )
        .where(seen_by(seen))
        .group_by(columns.workflow)
    )
    return {row[0]: WorkflowCount._make(row) for row in connection.execute(statement)}


def seen_by(seen: Seen | None) -> ColumnElement[bool]:
    """Give the condition on `sessions` that leaves what somebody may see; None sees everything."""
    if seen is None:
        return true()
    own = sessions.c.started_by == seen.principal
    if seen.hidden:
        own = and_(own, sessions.c.definition.not_in(seen.hidden))
    if seen.definitions or seen.roles:  # most often there are none; there is an index for what is left then
        own = or_(own, sessions.c.definition.in_(seen.definitions), sessions.c.role.in_(seen.roles))
    return own if seen.session is None else and_(sessions.c.id == seen.session, own)
