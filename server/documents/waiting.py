"""What waits for a person: reviews and calls of tools in one list, and one of them by its name.

A review is named by its session, a call by session and number: `SESSION` or `SESSION.N`.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from sqlalchemy import Connection

from pointsman.contracts.values import JsonObject
from pointsman.contracts.workflow import Workflow
from pointsman.fsm.refusals import Refusal
from pointsman.fsm.session import Session

from ..store.reading import LIST_ROWS, NO_CURSOR
from ..store.searching import ReviewPlace, WaitingFilter, open_approvals, open_reviews
from . import calls, reviews
from .pages import Page, cut


class _Key(NamedTuple):
    """Where something stands in the list: since when it waits, and its name. A review is number 0 of its session."""

    opened_at: int
    is_call: bool
    session: str
    number: int


def page(
    connection: Connection, chosen: WaitingFilter, now_ms: int, limit: int = LIST_ROWS, cursor: str | None = None
) -> Page:
    """List what waits for a person, the oldest first.

    Raises:
        ValueError: for a cursor that is not one of ours.
        StoreUnreadable: when a snapshot is of another format, or damaged.
    """
    after = None if cursor is None else _read_cursor(cursor)
    further = None if after is None else ReviewPlace(after.opened_at, _BEYOND if after.is_call else after.session)
    found = [
        (_Key(reviews.opened_at(one), is_call=False, session=one.id, number=0), reviews.entry(one, now_ms))
        for one in open_reviews(connection, chosen, limit + 1, further)
    ]
    found += [
        (_Key(one.opened_at, is_call=True, session=session.id, number=int(one.id)), calls.entry(session, one, now_ms))
        for session, one in open_approvals(connection, chosen)
    ]
    found.sort(key=lambda one: one[0])
    shown, last = cut([one for one in found if after is None or one[0] > after], limit)
    return Page(tuple(entry for _, entry in shown), None if last is None else _cursor(last[0]))


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


def _cursor(key: _Key) -> str:
    return f"{key.opened_at}-{key.session}" + (f".{key.number}" if key.is_call else "")


def _read_cursor(text: str) -> _Key:
    found = _CURSOR.match(text)
    if found is None:
        raise ValueError(NO_CURSOR)
    opened_at, session, number = found.groups()
    return _Key(int(opened_at), number is not None, session, int(number or 0))


_BEYOND: Final = "\U0010ffff"
"""Follows the handle of every session: of all reviews that opened at a moment, calls come after the last."""
_CURSOR: Final = re.compile(r"([0-9]{1,15})-([A-Za-z0-9_-]{1,128})(?:\.([0-9]{1,15}))?\Z", re.ASCII)
