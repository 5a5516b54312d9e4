"""The service desk's database: its tables, and how a call of a tool opens it."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from ..storage import data_file, opened, writing
from .seeds import ACCOUNTS, ARTICLES, CHANGES, COMMENTS, TICKETS

_FILE: Final = "service-desk.db"
_SCHEMA: Final = (
    """CREATE TABLE accounts (account_id TEXT PRIMARY KEY, email TEXT NOT NULL, name TEXT NOT NULL,
        department TEXT NOT NULL, kind TEXT NOT NULL, locked INTEGER NOT NULL, code TEXT NOT NULL,
        closed INTEGER NOT NULL DEFAULT 0)""",
    "CREATE TABLE roles (account_id TEXT NOT NULL, role TEXT NOT NULL, PRIMARY KEY (account_id, role))",
    """CREATE TABLE changes (change_id TEXT PRIMARY KEY, account_id TEXT NOT NULL, what TEXT NOT NULL,
        detail TEXT NOT NULL, at TEXT NOT NULL)""",
    """CREATE TABLE articles (article_id TEXT PRIMARY KEY, title TEXT NOT NULL, keywords TEXT NOT NULL,
        text TEXT NOT NULL)""",
    """CREATE TABLE tickets (ticket_id TEXT PRIMARY KEY, account_id TEXT NOT NULL, subject TEXT NOT NULL,
        queue TEXT NOT NULL, assignee TEXT, opened_at TEXT NOT NULL, idempotency_key TEXT UNIQUE)""",
    """CREATE TABLE comments (number INTEGER PRIMARY KEY, ticket_id TEXT NOT NULL, author TEXT NOT NULL,
        text TEXT NOT NULL, at TEXT NOT NULL)""",
    """CREATE TABLE messages (message_id TEXT PRIMARY KEY, recipient TEXT NOT NULL, subject TEXT NOT NULL,
        text TEXT NOT NULL, sent_at TEXT NOT NULL, idempotency_key TEXT UNIQUE)""",
)


@contextmanager
def reading() -> Generator[sqlite3.Connection]:
    """Open the database."""
    with opened(data_file(_FILE), _seed) as desk:
        yield desk


@contextmanager
def changing() -> Generator[sqlite3.Connection]:
    """Open the database for one transaction.

    Raises:
        NothingDone: another program is writing.
    """
    with reading() as desk, writing(desk):
        yield desk


def next_id(desk: sqlite3.Connection, table: str, prefix: str, digits: int) -> str:
    """Give the identifier of a new row: rows are numbered, and none is ever removed."""
    count: int = desk.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 -- a table's name, from here
    return f"{prefix}-{count + 1:0{digits}d}"


def now() -> str:
    """Give this moment."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _seed(desk: sqlite3.Connection) -> None:
    for statement in _SCHEMA:
        desk.execute(statement)
    for *account, roles in ACCOUNTS:
        desk.execute("INSERT INTO accounts VALUES (?, ?, ?, ?, ?, ?, ?, 0)", account)
        desk.executemany("INSERT INTO roles VALUES (?, ?)", [(account[0], role) for role in roles.split()])
    desk.executemany("INSERT INTO changes VALUES (?, ?, ?, ?, ?)", CHANGES)
    desk.executemany("INSERT INTO articles VALUES (?, ?, ?, ?)", ARTICLES)
    desk.executemany("INSERT INTO tickets VALUES (?, ?, ?, ?, ?, ?, NULL)", TICKETS)
    desk.executemany("INSERT INTO comments (ticket_id, author, text, at) VALUES (?, ?, ?, ?)", COMMENTS)
