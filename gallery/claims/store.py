"""The database of the example: policies and payments, and how a call of a tool opens it."""

from __future__ import annotations

import sqlite3
from typing import Final

from ..storage import Database
from .seeds import POLICIES

_SCHEMA: Final = (
    """CREATE TABLE policies (policy_number TEXT PRIMARY KEY, holder TEXT NOT NULL, covers TEXT NOT NULL,
        insured TEXT NOT NULL, starts_on TEXT NOT NULL, ends_on TEXT NOT NULL, deductible REAL NOT NULL,
        "limit" REAL NOT NULL, claims_this_year INTEGER NOT NULL)""",
    """CREATE TABLE payments (payment_id TEXT PRIMARY KEY, claim_id TEXT NOT NULL UNIQUE,
        policy_number TEXT NOT NULL, amount REAL NOT NULL, approved_by TEXT NOT NULL, paid_at TEXT NOT NULL,
        idempotency_key TEXT UNIQUE)""",
)


def _seed(records: sqlite3.Connection) -> None:
    for statement in _SCHEMA:
        records.execute(statement)
    records.executemany("INSERT INTO policies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", POLICIES)


RECORDS: Final = Database("claims.db", _seed)
