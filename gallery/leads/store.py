"""The database of the example: leads, companies, mails, alerts, and how a call of a tool opens it."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from ..storage import data_file, opened, writing
from .seeds import COMPANIES, LEADS, LINK, TOUCHES

_FILE: Final = "leads.db"
_SCHEMA: Final = (
    """CREATE TABLE leads (lead_id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, domain TEXT NOT NULL,
        language TEXT NOT NULL, message TEXT NOT NULL, unsubscribed INTEGER NOT NULL, unsubscribe_url TEXT NOT NULL,
        stage TEXT NOT NULL)""",
    """CREATE TABLE companies (domain TEXT PRIMARY KEY, name TEXT NOT NULL, industry TEXT NOT NULL,
        employees INTEGER NOT NULL, country TEXT NOT NULL, about TEXT NOT NULL)""",
    "CREATE TABLE touches (lead_id TEXT NOT NULL, at TEXT NOT NULL, what TEXT NOT NULL)",
    """CREATE TABLE updates (update_id TEXT PRIMARY KEY, lead_id TEXT NOT NULL, stage TEXT NOT NULL,
        score INTEGER NOT NULL, reasoning TEXT NOT NULL, at TEXT NOT NULL, idempotency_key TEXT UNIQUE)""",
    # Mails and answers are numbered together, so that it can be said which came later.
    """CREATE TABLE letters (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, lead_id TEXT NOT NULL,
        mail_number INTEGER, recipient TEXT, subject TEXT, body TEXT NOT NULL, at TEXT NOT NULL,
        idempotency_key TEXT UNIQUE)""",
    """CREATE TABLE alerts (alert_id TEXT PRIMARY KEY, lead_id TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL,
        idempotency_key TEXT UNIQUE)""",
)


@contextmanager
def reading() -> Generator[sqlite3.Connection]:
    """Open the database."""
    with opened(data_file(_FILE), _seed) as records:
        yield records


@contextmanager
def changing() -> Generator[sqlite3.Connection]:
    """Open the database for one transaction.

    Raises:
        NothingDone: another program is writing.
    """
    with reading() as records, writing(records):
        yield records


def next_id(records: sqlite3.Connection, table: str, prefix: str) -> str:
    """Give the identifier of a new row: rows are numbered, and none is ever removed."""
    count: int = records.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 -- a table's name, from here
    return f"{prefix}-{count + 1:04d}"


def now() -> str:
    """Give this moment."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _seed(records: sqlite3.Connection) -> None:
    for statement in _SCHEMA:
        records.execute(statement)
    for lead_id, *lead, unsubscribed in LEADS:
        row = (lead_id, *lead, unsubscribed, f"{LINK}{lead_id.lower()}", "new")
        records.execute("INSERT INTO leads VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    records.executemany("INSERT INTO companies VALUES (?, ?, ?, ?, ?, ?)", COMPANIES)
    records.executemany("INSERT INTO touches VALUES (?, ?, ?)", TOUCHES)
