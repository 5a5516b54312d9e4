"""What one commit of the engine writes, in statements that cover many sessions at once.

The statements are SQLAlchemy Core, compiled once, and run on the driver's own connection: a
statement costs a tenth of what it costs through `Connection.execute`, which is most of the time of
a governed call. Everything else of the store goes the ordinary way.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from operator import attrgetter
from typing import Final, NamedTuple

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.sql import ClauseElement

from pointsman.fsm.session import FORMAT, Session
from pointsman.fsm.snapshots import restore

from ..audit.chain import GENESIS, AuditRow
from ..errors import StoreUnreadable
from .notices import NoticeRow
from .projections import Projection, SessionKey
from .rows import SessionRow
from .tables import (
    SERVER_CHAIN,
    audit,
    definitions,
    notices,
    reviews,
    server_chain,
    session_keys,
    sessions,
    unknown_effects,
)


class Head(NamedTuple):
    """The last row of a chain."""

    revision: int
    hash: str


class StoredSession(NamedTuple):
    """A snapshot as it lies in the database."""

    id: str
    head: str
    format: int
    snapshot: str

    def restored(self) -> Session:
        """Read the snapshot.

        Raises:
            StoreUnreadable: when it is of another format, or damaged.
        """
        if self.format != FORMAT:
            raise StoreUnreadable(f"Session {self.id} has snapshot format {self.format}; this program knows {FORMAT}.")
        try:
            return restore(self.snapshot)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise StoreUnreadable(f"The snapshot of session {self.id} is damaged; `audit verify` says more.") from error


class DefinitionRow(NamedTuple):
    """A row of the table `definitions`: a workflow's text, and where its file stood when it was loaded."""

    digest: str
    text: str
    workflow: str
    version: int
    path: str | None
    first_seen_at: int
    prompts: str | None
    """The texts of its prompts in files, by name, as JSON; None where there are none, or none were kept."""

    def kept_prompts(self) -> dict[str, str] | None:
        """Give the texts of its prompts, by name; None where none are kept.

        Raises:
            StoreUnreadable: when what stands there is none.
        """
        if self.prompts is None:
            return None
        try:
            kept: dict[str, str] = {str(name): str(text) for name, text in json.loads(self.prompts).items()}
        except (ValueError, AttributeError) as error:
            raise StoreUnreadable(
                f"The prompts of the workflow {self.workflow} ({self.digest}) are damaged."
            ) from error
        return kept


class SessionWriter:
    """The engine's hand on the database. Its methods may be used by one thread, between `begin` and the end."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def begin(self) -> None:
        """Take the write lock. From here to the end every read is of one state that nobody else changes."""
        self._connection.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Make everything durable: when this returns it is on the disk (`synchronous = FULL`)."""
        self._connection.execute("COMMIT")

    def rollback(self) -> None:
        """Undo everything since `begin`, if SQLite has not done so itself."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def heads(self, ids: Collection[str]) -> dict[str, str]:
        """Give the hash of the last row of those of these sessions that exist."""
        return dict(self._connection.execute(_HEADS, (json.dumps(list(ids)),)).fetchall())

    def load(self, ids: Collection[str]) -> dict[str, StoredSession]:
        """Give the snapshots of those of these sessions that exist."""
        found = self._connection.execute(_SNAPSHOTS, (json.dumps(list(ids)),))
        return {row[0]: StoredSession._make(row) for row in found}

    def server_head(self) -> Head:
        """Give the last row of the server's own chain."""
        row = self._connection.execute(_SERVER_HEAD, (SERVER_CHAIN,)).fetchone()
        return Head(0, GENESIS) if row is None else Head._make(row)

    def put_server_head(self, head: Head) -> None:
        """Keep the last row of the server's own chain."""
        self._connection.execute(_PUT_SERVER_HEAD, (SERVER_CHAIN, head.revision, head.hash))

    def put_definitions(self, rows: Iterable[DefinitionRow]) -> None:
        """Keep workflow texts that are not kept yet."""
        self._connection.executemany(_PUT_DEFINITION, rows)

    def put_sessions(self, rows: Iterable[SessionRow]) -> None:
        """Insert or replace snapshots."""
        self._connection.executemany(_PUT_SESSION, rows)

    def put_snapshots(self, rows: Iterable[SessionRow]) -> None:
        """Replace snapshots of sessions that are listed as before. The index that lists have is left alone."""
        self._connection.executemany(_PUT_SNAPSHOT, map(_of_snapshot, rows))

    def put_projections(self, changed: Mapping[str, Projection]) -> None:
        """Replace what lists have of these sessions beside their snapshots. The sessions are there."""
        ids = json.dumps(list(changed))
        for statement in _FORGET:
            self._connection.execute(statement, (ids,))
        self._connection.executemany(_PUT_REVIEW, (row for one in changed.values() for row in one.reviews))
        self._connection.executemany(_PUT_UNKNOWN, (row for one in changed.values() for row in one.unknown))

    def put_session_keys(self, rows: Iterable[SessionKey]) -> None:
        """Keep what new sessions are searched by."""
        self._connection.executemany(_PUT_KEY, rows)

    def append(self, rows: Iterable[AuditRow]) -> None:
        """Append audit rows; each must be the next of its chain."""
        self._connection.executemany(_APPEND, rows)

    def put_notices(self, rows: Iterable[NoticeRow]) -> None:
        """Keep what people are to be told, until it is sent."""
        self._connection.executemany(_PUT_NOTICE, rows)


def compiled(statement: ClauseElement) -> str:
    """Give a statement's text, with its parameters in the order in which it names them."""
    return str(statement.compile(dialect=sqlite_dialect(paramstyle="qmark")))


_IDS: Final = select(func.json_each(bindparam("ids")).table_valued("value").c.value)
_HEADS: Final = compiled(select(sessions.c.id, sessions.c.head).where(sessions.c.id.in_(_IDS)))
_SNAPSHOTS: Final = compiled(
    select(sessions.c.id, sessions.c.head, sessions.c.format, sessions.c.snapshot).where(sessions.c.id.in_(_IDS))
)
_SERVER_HEAD: Final = compiled(
    select(server_chain.c.revision, server_chain.c.head).where(server_chain.c.chain == bindparam("chain"))
)
_APPEND: Final = compiled(insert(audit))
_PUT_NOTICE: Final = compiled(insert(notices))
_PUT_DEFINITION: Final = compiled(sqlite_insert(definitions).on_conflict_do_nothing())

_FORGET: Final = tuple(
    compiled(delete(table).where(table.c.session_id.in_(_IDS))) for table in (reviews, unknown_effects)
)
_PUT_REVIEW: Final = compiled(insert(reviews))
_PUT_UNKNOWN: Final = compiled(insert(unknown_effects))
_PUT_KEY: Final = compiled(insert(session_keys))

_CHANGING: Final = (
    *("state", "actor", "role", "revision", "head", "format", "snapshot"),
    *("next_timer_at", "has_open", "ended_at", "failed"),
)
_put_session = sqlite_insert(sessions)
_PUT_SESSION: Final = compiled(
    _put_session.on_conflict_do_update(
        index_elements=[sessions.c.id],
        set_={name: _put_session.excluded[name] for name in _CHANGING},
    )
)
_SNAPSHOT: Final = ("revision", "head", "format", "snapshot", "next_timer_at", "has_open")
_PUT_SNAPSHOT: Final = compiled(
    update(sessions)
    .where(sessions.c.id == bindparam("of"))
    .values({name: bindparam(f"new_{name}") for name in _SNAPSHOT})
)
_of_snapshot = attrgetter(*_SNAPSHOT, "id")
_put_server_head = sqlite_insert(server_chain)
_PUT_SERVER_HEAD: Final = compiled(
    _put_server_head.on_conflict_do_update(
        index_elements=[server_chain.c.chain],
        set_={"revision": _put_server_head.excluded.revision, "head": _put_server_head.excluded.head},
    )
)
