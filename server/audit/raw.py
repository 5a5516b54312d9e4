"""The rows of `audit` as they lie in the file, whatever was done to them.

Verification must not fall over a value it is there to find. So rows are read without types, and
text that is not UTF-8 arrives with its bytes escaped instead of ending the read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Final, TypeAlias

from sqlalchemy import Connection, bindparam, select, tuple_
from sqlalchemy.sql import ColumnElement

from ..errors import StoreUnreadable
from ..store.opening import driver
from ..store.tables import audit, reviews, server_chain, sessions, unknown_effects
from ..store.writing import compiled
from .chain import HASHED, AuditRow

Value: TypeAlias = "str | int | float | bytes | None"
RawRow: TypeAlias = tuple[Value, ...]
"""The columns under the hash in canonical order, then `body` and `hash`."""

COLUMNS: Final = (*HASHED, "body", "hash")
SESSION_ID: Final = COLUMNS.index("session_id")
REVISION: Final = COLUMNS.index("revision")
PREV: Final = COLUMNS.index("prev")
BODY_DIGEST: Final = COLUMNS.index("body_digest")
BODY: Final = COLUMNS.index("body")
HASH: Final = COLUMNS.index("hash")


def raw_rows(connection: sqlite3.Connection, chain: str | None) -> Iterator[RawRow]:
    """Give the rows of one chain or of all, chain after chain and each in the order of its revisions.

    Raises:
        StoreUnreadable: when that is not for want of UTF-8.
    """
    last: RawRow | None = None
    while True:
        try:
            for row in _execute_rows(connection, chain, last):
                last = row
                yield row
        except sqlite3.OperationalError as error:
            _be_tolerant(connection, error)
        else:
            return


@contextmanager
def as_it_lies(connection: Connection) -> Generator[sqlite3.Connection]:
    """Give the driver's connection for reading raw rows, and leave it as it was."""
    raw = driver(connection)
    text_factory = raw.text_factory
    try:
        yield raw
    finally:
        raw.text_factory = text_factory


def raw_row(connection: sqlite3.Connection, chain: str, revision: int) -> RawRow | None:
    """Give one row of a chain, or None if there is none.

    Raises:
        StoreUnreadable: when that is not for want of UTF-8.
    """
    try:
        row: RawRow | None = connection.execute(_ROW, (chain, revision)).fetchone()
    except sqlite3.OperationalError as error:
        _be_tolerant(connection, error)
        return raw_row(connection, chain, revision)
    return row


def stored_session(connection: sqlite3.Connection, session_id: Value) -> dict[str, Value] | None:
    """Give the columns of a session's snapshot, or None if there is none.

    Beside them stand, under the names of their tables, the rows that lists have of it, as one text.
    """
    stored = _one(connection, _SESSION, session_id)
    if stored is None:
        return None
    return {**stored, **{name: as_text(_all(connection, one, session_id)) for name, one in _LISTED.items()}}


def as_text(rows: Iterable[Iterable[Value]]) -> str:
    """Write rows as one text, the same for the same rows in whatever order."""
    return "\n".join(sorted(repr([*row]) for row in rows))


def stored_server_head(connection: sqlite3.Connection, chain: Value) -> dict[str, Value] | None:
    """Give what is kept of the last row of the server's own chain, or None if nothing is."""
    return _one(connection, _SERVER_HEAD, chain)


def chains_without_rows(connection: sqlite3.Connection) -> list[Value]:
    """Give the sessions, and the server's chain, that say they have a history and have no row of it."""
    return [row[0] for row in connection.execute(_WITHOUT_ROWS)]


def audit_row(row: RawRow) -> AuditRow:
    """Put a row's values under their names, unchecked."""
    return AuditRow(**dict(zip(COLUMNS, row, strict=True)))  # type: ignore[arg-type] # pyright: ignore[reportArgumentType] -- whoever asks has verified it


def shown(value: Value) -> str:
    """Write a value so that it can be shown: what is no printable text, as Python writes it."""
    return value if isinstance(value, str) and value.isprintable() else repr(value)


def _execute_rows(connection: sqlite3.Connection, chain: str | None, last: RawRow | None) -> sqlite3.Cursor:
    after = None if last is None else (last[SESSION_ID], last[REVISION])
    if chain is None:
        return connection.execute(_ALL) if after is None else connection.execute(_ALL_AFTER, after)
    if after is None:
        return connection.execute(_ONE, (chain,))
    return connection.execute(_ONE_AFTER, (chain, *after))


def _one(connection: sqlite3.Connection, statement: str, key: Value) -> dict[str, Value] | None:
    try:
        cursor = connection.execute(statement, (key,))
        row = cursor.fetchone()
    except sqlite3.OperationalError as error:
        _be_tolerant(connection, error)
        return _one(connection, statement, key)
    return None if row is None else dict(zip([column[0] for column in cursor.description], row, strict=True))


def _all(connection: sqlite3.Connection, statement: str, key: Value) -> list[RawRow]:
    try:
        return connection.execute(statement, (key,)).fetchall()
    except sqlite3.OperationalError as error:
        _be_tolerant(connection, error)
        return _all(connection, statement, key)


def _be_tolerant(connection: sqlite3.Connection, error: sqlite3.OperationalError) -> None:
    """Read text that is not UTF-8 too, from now on, if that may be what was wrong."""
    if connection.text_factory is _escaped:
        raise StoreUnreadable(f"The audit cannot be read: {error}.") from error
    connection.text_factory = _escaped


def _escaped(text: bytes, /) -> str:
    return text.decode(errors="surrogateescape")


_key: ColumnElement[tuple[str, int]] = tuple_(audit.c.session_id, audit.c.revision)
_after = _key > tuple_(bindparam("last_session"), bindparam("last_revision"))
_of_one = audit.c.session_id == bindparam("chain")
_rows = select(*(audit.c[name] for name in COLUMNS)).order_by(audit.c.session_id, audit.c.revision)
_ROW: Final = compiled(_rows.where(_of_one, audit.c.revision == bindparam("revision")))
_ALL: Final = compiled(_rows)
_ALL_AFTER: Final = compiled(_rows.where(_after))
_ONE: Final = compiled(_rows.where(_of_one))
_ONE_AFTER: Final = compiled(_rows.where(_of_one, _after))
_SESSION: Final = compiled(select(sessions).where(sessions.c.id == bindparam("id")))
_LISTED: Final = {
    table.name: compiled(select(table).where(table.c.session_id == bindparam("id")))
    for table in (reviews, unknown_effects)
}
_SERVER_HEAD: Final = compiled(select(server_chain).where(server_chain.c.chain == bindparam("chain")))
_WITHOUT_ROWS: Final = compiled(
    select(sessions.c.id)
    .where(~select(audit.c.revision).where(audit.c.session_id == sessions.c.id).exists())
    .union_all(
        select(server_chain.c.chain).where(
            ~select(audit.c.revision).where(audit.c.session_id == server_chain.c.chain).exists()
        )
    )
)
