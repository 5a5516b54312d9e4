"""The service desk's database: its tables, and how a call of a tool opens it."""

from __future__ import annotations

import sqlite3
from typing import Final

from ..storage import Database
from .seeds import ACCOUNTS, ARTICLES, CHANGES, COMMENTS, TICKETS

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


DESK: Final = Database("service-desk.db", _seed)
