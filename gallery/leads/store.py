"""The database of the example: leads, companies, mails, alerts, and how a call of a tool opens it."""

from __future__ import annotations

import sqlite3
from typing import Final

from ..storage import Database
from .seeds import COMPANIES, LEADS, LINK, TOUCHES

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


def _seed(records: sqlite3.Connection) -> None:
    for statement in _SCHEMA:
        records.execute(statement)
    for lead_id, *lead, unsubscribed in LEADS:
        row = (lead_id, *lead, unsubscribed, f"{LINK}{lead_id.lower()}", "new")
        records.execute("INSERT INTO leads VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    records.executemany("INSERT INTO companies VALUES (?, ?, ?, ?, ?, ?)", COMPANIES)
    records.executemany("INSERT INTO touches VALUES (?, ?, ?)", TOUCHES)


RECORDS: Final = Database("leads.db", _seed)
