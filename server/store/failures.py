"""Errors of the database's driver, turned into ours. Every door to the database goes through here."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError

from ..errors import StoreBusy, StoreError, StoreFull, StoreUnreadable

_ERRORS: Final[dict[int, type[StoreError]]] = {
    sqlite3.SQLITE_BUSY: StoreBusy,
    sqlite3.SQLITE_LOCKED: StoreBusy,
    sqlite3.SQLITE_INTERRUPT: StoreBusy,
    sqlite3.SQLITE_FULL: StoreFull,
    sqlite3.SQLITE_IOERR: StoreFull,
    sqlite3.SQLITE_READONLY: StoreFull,
    sqlite3.SQLITE_CANTOPEN: StoreFull,
    sqlite3.SQLITE_CORRUPT: StoreUnreadable,
    sqlite3.SQLITE_NOTADB: StoreUnreadable,
}


@contextmanager
def store_errors() -> Generator[None]:
    """Turn what SQLite reports of its environment into a `StoreError`; leave our own mistakes as they are."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translated(error) or error from error.__cause__
    except DBAPIError as error:
        original = error.orig
        ours = _translated(original) if isinstance(original, sqlite3.Error) else None
        raise ours or error from error.__cause__


def _translated(error: sqlite3.Error) -> StoreError | None:
    """Give our error for the primary result code (the low byte: https://sqlite.org/rescode.html)."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    kind = None if code is None else _ERRORS.get(code & 0xFF)
    if kind is None:
        return None
    return kind(f"{kind()} SQLite says: {error}.")
