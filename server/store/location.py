"""Where the database is: a file path, a SQLAlchemy URL, or the default in the user's data directory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from ..errors import StoreUnreadable

FILE_NAME: Final = "pointsman.sqlite3"


def database_path(argument: str | Path | None = None) -> Path:
    """Give the file of the database that a setting or an argument names.

    Args:
        argument: A path, a URL such as `sqlite:////var/lib/pointsman.sqlite3`, or None for the default.

    Raises:
        StoreUnreadable: for a URL of another kind of database, or of one in memory.
    """
    if argument is None:
        from platformdirs import user_data_path

        return user_data_path("pointsman", appauthor=False) / FILE_NAME
    if isinstance(argument, str) and "://" in argument:
        return _file_of_url(argument)
    return Path(argument).expanduser()


def prepare_file(path: Path) -> None:
    """Make the database's file and directory, readable by their owner only, where they do not exist.

    SQLite gives the files beside it (`-wal`, `-shm`) the same mode.

    Raises:
        OSError: when they cannot be made.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _file_of_url(text: str) -> Path:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(text)
    except ArgumentError:
        raise StoreUnreadable(f"{text!r} is not a database URL. Write sqlite:///FILE, or just the file.") from None
    if url.get_backend_name() != "sqlite":
        raise StoreUnreadable(
            f"This version keeps its data in SQLite, not in {url.get_backend_name()}: sqlite:///FILE."
        )
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise StoreUnreadable("The database must be a file, so that sessions survive a restart: sqlite:///FILE.")
    return Path(url.database)
