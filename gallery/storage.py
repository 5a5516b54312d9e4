"""Where examples keep what is theirs: files of one folder; records in SQLite, seeded when it is first opened.

POINTSMAN_GALLERY_DATA names that folder by its whole path; otherwise it is in the user's data directory.
A database is opened anew for every call of a tool, so that threads and processes may share it.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeAlias

from pointsman.tools import NothingDone

Seed: TypeAlias = Callable[[sqlite3.Connection], None]

_SEEDED: Final = 1
_PATIENCE_S: Final = 5.0


def data_file(name: str) -> Path:
    """Give the path of an example's file.

    Raises:
        NothingDone: the folder that is named is not named by its whole path, so that processes which run in
            different folders would not mean the same.
    """
    folder = os.environ.get("POINTSMAN_GALLERY_DATA")
    if folder and not Path(folder).is_absolute():
        raise NothingDone(f"POINTSMAN_GALLERY_DATA is {folder!r}. Name the folder by its whole path.")
    return (Path(folder) if folder else _data_directory() / "pointsman") / name


@dataclass(frozen=True, slots=True)
class Database:
    """The database of an example: the name of its file, and what makes its tables and rows, once."""

    name: str
    seed: Seed

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """Open it."""
        with _opened(data_file(self.name), self.seed) as connection:
            yield connection

    @contextmanager
    def changing(self) -> Generator[sqlite3.Connection]:
        """Open it for one transaction, which is written when the block ends, and not at all when it raises.

        Raises:
            NothingDone: another program is writing to the file, and did not end in time.
        """
        with self.reading() as connection, _writing(connection):
            yield connection


def next_id(connection: sqlite3.Connection, table: str, prefix: str, digits: int) -> str:
    """Give the identifier of a new row: rows are numbered, and none is ever removed."""
    query = f"SELECT count(*) FROM {table}"  # noqa: S608 -- a table's name, from an example's code
    count: int = connection.execute(query).fetchone()[0]
    return f"{prefix}-{count + 1:0{digits}d}"


def now() -> str:
    """Give this moment."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@contextmanager
def _opened(path: Path, seed: Seed) -> Generator[sqlite3.Connection]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        if _version(connection) != _SEEDED:
            with _writing(connection):
                if _version(connection) != _SEEDED:  # no other thread or process was first
                    seed(connection)
                    connection.execute(f"PRAGMA user_version = {_SEEDED}")
        yield connection


@contextmanager
def _writing(connection: sqlite3.Connection) -> Generator[None]:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        raise NothingDone("Another program is writing to these records. Nothing was written; try again.") from error
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _data_directory() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
