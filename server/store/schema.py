"""The schema's version, and bringing a database up to it. alembic is imported only when it has work to do."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine

from ..errors import StoreUnreadable

REVISIONS: Final = ("v0001", "v0002", "v0003", "v0004", "v0005", "v0006", "v0007", "v0008", "v0009")
"""Every migration there is, oldest first; a test compares them with what alembic finds."""

_MIGRATIONS: Final = Path(__file__).parent / "migrations"


def ensure_schema(engine: Engine) -> None:
    """Make or update the schema, in one transaction.

    Raises:
        StoreUnreadable: when the file belongs to a newer version of this program, or to another program.
    """
    with engine.connect() as connection:
        version = schema_version(connection)
    if version == REVISIONS[-1]:
        return
    with engine.begin() as connection:  # another process may have been faster: look again, under the lock
        if schema_version(connection) != REVISIONS[-1]:
            _upgrade(connection)


def schema_version(connection: Connection) -> str | None:
    """Give the schema's revision, or None for an empty file.

    Raises:
        StoreUnreadable: when it is not a revision this program knows.
    """
    tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
    if not tables:
        return None
    if "alembic_version" not in tables:
        raise StoreUnreadable("This is a database of another program. Name another file with --database.")
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if found not in REVISIONS:
        raise StoreUnreadable(f"The database has schema {found!r}, which a newer Pointsman wrote. Update this one.")
    return str(found)


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
