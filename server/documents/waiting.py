"""What waits for a person: reviews and calls of tools in one list, and one of them by its name.

A review is named by its session, a call by session and number: `SESSION` or `SESSION.N`.
"""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy import Connection

from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import Workflow
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Session

from ..store.projections import OF_THE_STATE, ReviewRow
from ..store.reading import LIST_ROWS, NO_CURSOR
from ..store.searching import WaitingFilter
from ..store.waiting import ReviewPlace, open_reviews, stored_sessions
from . import calls, reviews
from .pages import Page, cut


def page(
    connection: Connection, chosen: WaitingFilter, now_ms: int, limit: int = LIST_ROWS, cursor: str | None = None
) -> Page:
    """List what waits for a person, the oldest first.

    Raises:
        ValueError: for a cursor that is not one of ours.
        StoreUnreadable: when a snapshot is of another format, or damaged.
    """
    after = None if cursor is None else _read_cursor(cursor)
    shown, last = cut(open_reviews(connection, chosen, limit + 1, after), limit)
    found = stored_sessions(connection, {one.session_id for one in shown})
    items = tuple(_entry(found[one.session_id], one, now_ms) for one in shown)
    return Page(items, None if last is None else _cursor(last))


def document(
    connection: Connection, session: Session, workflow: Workflow, number: str | None, now_ms: int
) -> JsonObject | Refusal:
    """Give what waits under this name; refused where nothing does."""
    if number is None:
        return reviews.document(connection, session, workflow, now_ms)
    return calls.document(session, workflow, number, now_ms)


def parts(name: str) -> tuple[str, str | None]:
    """Take a name apart: the session, and the number of a call."""
    session, dot, number = name.partition(".")
    return session, number if dot else None


def _entry(session: Session, row: ReviewRow, now_ms: int) -> JsonObject:
    if row.number == OF_THE_STATE:
        return reviews.entry(session, now_ms)
    return calls.entry(session, session.stay.approvals[row.number], now_ms)


def _cursor(last: ReviewRow) -> str:
    return f"{last.opened_at}-{last.session_id}" + (f".{last.number}" if last.number else "")


def _read_cursor(text: str) -> ReviewPlace:
    found = _CURSOR.match(text)
    if found is None:
        raise ValueError(NO_CURSOR)
    opened_at, session, number = found.groups(default=OF_THE_STATE)
    return ReviewPlace(int(opened_at), session, number)


_CURSOR: Final = re.compile(r"([0-9]{1,15})-([A-Za-z0-9_-]{1,128})(?:\.([0-9]{1,15}))?\Z", re.ASCII)
