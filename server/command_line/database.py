"""The database, for commands that look at it themselves. No workflow's sources are loaded for that."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from time import time_ns
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from pointsman.fsm.session import Session

from ..store.failures import store_errors
from ..store.location import database_path
from ..store.opening import open_database, open_existing, reading
from ..store.reading import definition, read_session
from .failures import NotReached

if TYPE_CHECKING:
    from pointsman.contracts.workflow import Workflow


@contextmanager
def reading_database(database: str | None) -> Generator[Connection]:
    """Look at one state of a database that must be there, while whoever serves it goes on.

    Raises:
        StoreError: when there is none, or it cannot be read.
    """
    path = database_path(database)
    open_existing(path).dispose()
    with store_errors(), reading(path).connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing_database(database: str | None, *, create: bool) -> Generator[Connection]:
    """Change what belongs to no session, in one transaction.

    Raises:
        StoreError: when the database cannot be opened or written.
    """
    path = database_path(database)
    engine = open_database(path) if create else open_existing(path)
    with store_errors(), engine.begin() as connection:
        yield connection


def session_named(connection: Connection, session_id: str) -> Session:
    """Give a session.

    Raises:
        NotReached: when there is none.
    """
    session = read_session(connection, session_id)
    if session is None:
        raise NotReached(f"There is no session {session_id!r} in this database. `pointsman sessions list` lists them.")
    return session


def workflow_of(connection: Connection, session: Session) -> Workflow:
    """Give the workflow a session was started with, as the database keeps it. Its sources are not loaded.

    Raises:
        NotReached: when the text is not there.
    """
    from pointsman.contracts.loading import load
    from pointsman.contracts.prompts import with_prompts

    stored = definition(connection, session.definition)
    if stored is None:
        raise NotReached(f"The text of {session.workflow} ({session.definition}) is not in the database.")
    workflow = load(stored.text.encode(), stored.path or f"{session.workflow}.yaml")
    # A text that was kept before its prompts were has the digest of the text alone, and so has the session.
    return replace(with_prompts(workflow, stored.kept_prompts() or {}), digest=session.definition)


def now_ms() -> int:
    """Say what time it is, in milliseconds since the epoch."""
    return time_ns() // 1_000_000
