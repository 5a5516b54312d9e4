"""Audit rows: those of all sessions, newest first, and the history of one chain in its order."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from pointsman.contracts.values import JsonObject

from ..audit.chain import AuditRow
from ..bounds import ROWS_BYTES
from ..store.reading import AUDIT_ROWS, LIST_ROWS, NO_CURSOR, each_row
from ..store.rows import row_as_json
from ..store.searching import RowFilter, RowPlace, audit_row, find_rows
from .pages import Page


def page(connection: Connection, chosen: RowFilter, limit: int = LIST_ROWS, cursor: str | None = None) -> Page:
    """List rows of all chains, newest first. A page may have fewer rows than asked for, or none, and others follow.

    Raises:
        ValueError: for a cursor that is not one of ours.
    """
    after = None if cursor is None else _read_cursor(cursor)
    found = find_rows(connection, chosen, limit + 1, after)
    shown, last = _within(found.rows, limit)
    end = found.looked_back_to if last is None else RowPlace(last.at, last.session_id, last.revision)
    page = _page(shown, None if end is None else f"{end.at}_{end.chain}.{end.revision}")
    return page if end is None else replace(page, looked_back_to=end.at)


def history(connection: Connection, chain: str, limit: int = AUDIT_ROWS, cursor: str | None = None) -> Page:
    """List the rows of a chain, the first row first.

    Raises:
        ValueError: for a cursor that is not one of ours.
    """
    if cursor is not None and not _REVISION.match(cursor):
        raise ValueError(NO_CURSOR)
    shown, last = _within(each_row(connection, chain, int(cursor or 0), limit + 1), limit)
    return _page(shown, None if last is None else str(last.revision))


def document(connection: Connection, chain: str, revision: int) -> JsonObject | None:
    """Give one row of a chain, with its body."""
    found = audit_row(connection, chain, revision)
    return None if found is None else row_as_json(found)


def _within(rows: Iterable[AuditRow], limit: int) -> tuple[list[AuditRow], AuditRow | None]:
    """Take the first rows, as many and as large as a page may be; give the last of them too where more follow."""
    taken: list[AuditRow] = []
    size_bytes = 0
    for row in rows:
        size_bytes += len(row.body or "")
        if taken and (len(taken) == limit or size_bytes > ROWS_BYTES):
            return taken, taken[-1]
        taken.append(row)
    return taken, None


def _page(rows: Sequence[AuditRow], cursor: str | None) -> Page:
    return Page(tuple(row_as_json(row) for row in rows), cursor)


def _read_cursor(text: str) -> RowPlace:
    found = _CURSOR.match(text)
    if found is None:
        raise ValueError(NO_CURSOR)
    return RowPlace(found[1], found[2], int(found[3]))


_CURSOR: Final = re.compile(r"([0-9TZ:.-]{10,30})_([A-Za-z0-9_.-]{0,128})\.([0-9]{1,15})\Z", re.ASCII)
_REVISION: Final = re.compile(r"[0-9]{1,15}\Z", re.ASCII)
