"""The database of the example: policies and payments, and how a call of a tool opens it."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from ..storage import data_file, opened, writing
from .seeds import POLICIES

_FILE: Final = "claims.db"
_SCHEMA: Final = (
    """CREATE TABLE policies (policy_number TEXT PRIMARY KEY, holder TEXT NOT NULL, covers TEXT NOT NULL,
        insured TEXT NOT NULL, starts_on TEXT NOT NULL, ends_on TEXT NOT NULL, deductible REAL NOT NULL,
        "limit" REAL NOT NULL, claims_this_year INTEGER NOT NULL)""",
    """CREATE TABLE payments (payment_id TEXT PRIMARY KEY, claim_id TEXT NOT NULL UNIQUE,
        policy_number TEXT NOT NULL, amount REAL NOT NULL, approved_by TEXT NOT NULL, paid_at TEXT NOT NULL,
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


def now() -> str:
    """Give this moment."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _seed(records: sqlite3.Connection) -> None:
    for statement in _SCHEMA:
        records.execute(statement)
    records.executemany("INSERT INTO policies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", POLICIES)
