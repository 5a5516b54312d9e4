"""A look at the database that is short enough for the event loop: microseconds, and it never waits for a lock."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from sqlalchemy import bindparam, select

from ..store.failures import store_errors
from ..store.tables import sessions
from ..store.writing import compiled

_HEAD: Final = compiled(select(sessions.c.head).where(sessions.c.id == bindparam("id")))


class Glance:
    """A connection that reads one value at a time. Of one thread: the one that makes it."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, timeout=0, isolation_level=None)
        self._connection.execute("PRAGMA query_only = ON")

    def head(self, session_id: str) -> str | None:
        """Give the hash of a session's last row, or None if there is no such session.

        Raises:
            StoreBusy: when the database is locked against readers: ask another way, which waits.
        """
        with store_errors():
            row: tuple[str] | None = self._connection.execute(_HEAD, (session_id,)).fetchone()
        return None if row is None else row[0]

    def data_version(self) -> int:
        """Give a number that changes when anybody else commits (https://sqlite.org/pragma.html#pragma_data_version).

        Raises:
            StoreBusy: when the database is locked against readers.
        """
        with store_errors():
            row: tuple[int] = self._connection.execute("PRAGMA data_version").fetchone()
        return row[0]

    def close(self) -> None:
        self._connection.close()
