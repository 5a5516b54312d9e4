"""What waits across sessions: for people to decide, for anybody to say what came of a write. For a connection.

The lists are made of the tables `reviews` and `unknown_effects`; snapshots are read of what is listed alone.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, true, tuple_

from pointsman.fsm.session import LedgerEntry, Session

from ..bounds import RUNNING_LISTED
from .projections import ReviewRow
from .reading import Seen, seen_by
from .searching import WaitingFilter
from .tables import reviews, sessions, unknown_effects
from .writing import StoredSession


class ReviewPlace(NamedTuple):
    """Where a review or a waiting call stands in a list: when it opened, in milliseconds since the epoch, its session,
    and its number there.
    """

    opened_at: int
    session: str
    number: str


class EffectPlace(NamedTuple):
    """The same of a write."""

    opened_at: int
    session: str
    call: int


def open_reviews(
    connection: Connection, chosen: WaitingFilter, limit: int, after: ReviewPlace | None = None
) -> list[ReviewRow]:
    """Give what waits for a person: reviews of sessions, and calls of tools."""
    columns = reviews.c
    place = (columns.opened_at, columns.session_id, columns.number)
    statement = select(reviews).where(_seen_review(chosen.seen))
    if chosen.role is not None:
        statement = statement.where(columns.role == chosen.role)
    if chosen.workflow is not None:
        statement = statement.where(columns.workflow == chosen.workflow)
    if after is not None:
        statement = statement.where(tuple_(*place) > tuple(after))
    return [ReviewRow._make(row) for row in connection.execute(statement.order_by(*place).limit(limit))]


def waiting_counts(connection: Connection, seen: Seen | None) -> dict[str, int]:
    """Count the sessions in which something waits for a person, by their workflow."""
    columns = reviews.c
    statement = select(columns.workflow, func.count(columns.session_id.distinct())).where(_seen_review(seen))
    return {row[0]: row[1] for row in connection.execute(statement.group_by(columns.workflow))}


def unknown_writes(
    connection: Connection, seen: Seen | None, limit: int, after: EffectPlace | None = None
) -> list[tuple[Session, LedgerEntry]]:
    """Give the writes that nobody knows the outcome of, each with its session.

    Raises:
        StoreUnreadable: when a snapshot is of another format, or damaged.
    """
    columns = unknown_effects.c
    place = (columns.opened_at, columns.session_id, columns.call)
    own = select(sessions.c.id).where(sessions.c.id == columns.session_id, seen_by(seen)).correlate(unknown_effects)
    statement = select(columns.session_id, columns.call)
    if seen is not None:
        statement = statement.where(own.exists())
    if after is not None:
        statement = statement.where(tuple_(*place) > tuple(after))
    found = connection.execute(statement.order_by(*place).limit(limit)).all()
    stored = stored_sessions(connection, {row.session_id for row in found})
    return [
        (stored[row.session_id], effect)
        for row in found
        for effect in stored[row.session_id].effects.values()
        if int(effect.call) == row.call
    ]


def running_writes(connection: Connection, seen: Seen | None = None) -> list[tuple[Session, LedgerEntry]]:
    """Give the writes that run, each with its session: of so many sessions as are listed at once.

    Raises:
        StoreUnreadable: when a snapshot is of another format, or damaged.
    """
    columns = sessions.c
    statement = select(columns.id, columns.head, columns.format, columns.snapshot)
    running = statement.where(columns.has_open == true(), seen_by(seen)).order_by(columns.id)
    rows = connection.execute(running.limit(RUNNING_LISTED))
    return [
        (session, effect)
        for session in (StoredSession._make(row).restored() for row in rows)
        for effect in session.effects.values()
        if effect.status == "intended"
    ]


def stored_sessions(connection: Connection, ids: Collection[str]) -> dict[str, Session]:
    """Give sessions by their handles.

    Raises:
        StoreUnreadable: when a snapshot is of another format, or damaged.
    """
    columns = sessions.c
    statement = select(columns.id, columns.head, columns.format, columns.snapshot).where(columns.id.in_(ids))
    return {row.id: StoredSession._make(row).restored() for row in connection.execute(statement)}


def _seen_review(seen: Seen | None) -> ColumnElement[bool]:
    """Whoever decides a call of a session may see it (`fsm.gate.may_view`), like whoever sees the session anyway."""
    if seen is None:
        return true()
    columns = reviews.c
    session = select(sessions.c.id).where(sessions.c.id == columns.session_id, seen_by(seen)).correlate(reviews)
    decides = columns.role.in_(seen.roles)
    bound = true() if seen.session is None else columns.session_id == seen.session
    return and_(bound, or_(decides, session.exists()))
