"""Opening the database: connections that write, connections that read, and what each is set to."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event

from ..bounds import DATABASE_BUSY_MS
from ..errors import StoreError, StoreUnreadable
from .failures import store_errors
from .location import prepare_file
from .schema import ensure_schema

_ALWAYS: Final = ("PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON", "PRAGMA recursive_triggers = ON")
_WAL_RETRY_S: Final = 0.01
_WAL: Final = "PRAGMA journal_mode = WAL"
_READING: Final = "PRAGMA query_only = ON"


def open_database(path: Path) -> Engine:
    """Open a database for writing, making the file and its schema where they are missing.

    A transaction of its connections is `BEGIN IMMEDIATE`: it holds the write lock from the start.

    Raises:
        StoreError: when it cannot be opened; the message names the file.
    """
    try:
        prepare_file(path)
    except OSError as error:
        raise StoreUnreadable(f"{path} cannot be opened: {error.strerror}.") from error
    engine = _engine(path, "BEGIN IMMEDIATE", use_wal)
    try:
        with store_errors():
            ensure_schema(engine)
    except StoreError as error:
        raise type(error)(f"{path}: {error}") from error
    return engine


def open_existing(path: Path) -> Engine:
    """Open a database that must be there, for writing.

    Raises:
        StoreUnreadable: when there is no such file.
        StoreError: when it cannot be opened.
    """
    if not path.is_file():
        raise StoreUnreadable(f"There is no database at {path}. Name it with --database.")
    return open_database(path)


def reading(path: Path) -> Engine:
    """Give connections that cannot write, to a database that `open_database` or `open_existing` has opened.

    A transaction of theirs sees one state of the database from its first statement to its end.
    """
    return _engine(path, "BEGIN", _only_read)


def driver(connection: Connection) -> sqlite3.Connection:
    """Give the driver's connection beneath, for statements that are compiled once and run often."""
    found = connection.connection.driver_connection
    if not isinstance(found, sqlite3.Connection):
        raise TypeError(f"the store runs on sqlite3, not on {type(found).__name__}")
    return found


def _only_read(connection: sqlite3.Connection) -> None:
    connection.execute(_READING)


def use_wal(connection: sqlite3.Connection) -> None:
    """Turn the write-ahead log on. Where others do so at the same moment, SQLite does not wait by itself."""
    give_up_at = time.monotonic() + DATABASE_BUSY_MS / 1000
    while True:
        try:
            connection.execute(_WAL)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= give_up_at:
                raise
            time.sleep(_WAL_RETRY_S)
        else:
            return


def _engine(path: Path, begin: str, prepare: Callable[[sqlite3.Connection], None]) -> Engine:
    engine = create_engine(URL.create("sqlite", database=str(path)), poolclass=NullPool)

    def connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself; `begun` does
        connection.execute(f"PRAGMA busy_timeout = {DATABASE_BUSY_MS}")  # first, for what the others may wait for
        for pragma in _ALWAYS:
            connection.execute(pragma)
        prepare(connection)

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)
    return engine
