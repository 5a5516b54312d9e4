"""The search for sessions by what people remember of them, as a condition on the table `sessions`. For a connection."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ColumnElement, Connection, and_, or_, select

from .projections import searched
from .tables import session_keys, sessions

RARE: Final = 1_000
"""Sessions of a word up to which they are looked up; of a more frequent one each session is asked whether it has it."""
_LAST_CHARACTER: Final = "\U0010ffff"
"""Follows every other one, and is none of Unicode's characters: no text goes on with it."""


def found_by(connection: Connection, search: str, *, by_value: bool) -> ColumnElement[bool]:
    """Say which sessions are meant: by the beginning of the handle or of a value given at the start, or by the starter.

    Args:
        connection: Is asked how frequent the word is.
        search: What was typed. No character of it means anything but itself.
        by_value: Whether values count, which are for people.
    """
    words, columns = searched(search), session_keys.c
    found = or_(begins(sessions.c.id, words), sessions.c.started_by == search.strip())
    if not by_value:
        return found
    has_it = begins(columns.value, words)
    ids = connection.scalars(select(columns.session_id).where(has_it).limit(RARE + 1)).all()
    if len(ids) <= RARE:
        return or_(found, sessions.c.id.in_(ids))
    own = columns.session_id == sessions.c.id
    return or_(found, select(columns.value).where(own, has_it).correlate(sessions).exists())


def begins(column: Column[str], text: str) -> ColumnElement[bool]:
    """Whether a text begins with another one, as a range of an index."""
    return and_(column >= text, column < text + _LAST_CHARACTER)
