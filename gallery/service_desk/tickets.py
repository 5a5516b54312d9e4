"""The ticket desk: what was asked before, what is done about it, and what people take over."""

from __future__ import annotations

import json
import sqlite3
from typing import Any, Final

from pointsman.tools import NothingDone

from ..storage import next_id, now
from .records import Comment, Commented, Opened, Ticket
from .store import DESK

__all__ = ["comment", "escalate", "find", "open_ticket", "read"]

_ASSISTANT: Final = "assistant"


def find(account_id: str) -> list[Ticket]:
    """Find the tickets of an account, the oldest first.

    Args:
        account_id: Identifier of the account, such as A-1042.
    """
    with DESK.reading() as desk:
        rows = desk.execute("SELECT * FROM tickets WHERE account_id = ? ORDER BY ticket_id", (account_id,)).fetchall()
        return [_ticket(desk, row) for row in rows]


def read(ticket_id: str) -> Ticket | None:
    """Read a ticket with its comments.

    Args:
        ticket_id: Identifier of the ticket, such as T-0001.

    Returns:
        The ticket, or null if there is none.
    """
    with DESK.reading() as desk:
        row = desk.execute("SELECT * FROM tickets WHERE ticket_id = ?", (ticket_id,)).fetchone()
        return None if row is None else _ticket(desk, row)


def open_ticket(account_id: str, subject: str, text: str, idempotency_key: str | None = None) -> Opened:
    """Open a ticket for the service desk.

    Args:
        account_id: Identifier of the account it is about.
        subject: What it is about, in a few words.
        text: What is asked, and what is known.
        idempotency_key: Equal for what is meant as the same ticket.
    """
    with DESK.changing() as desk:
        return _opened(desk, "service_desk", (account_id, subject, text), idempotency_key)


def comment(ticket_id: str, text: str) -> Commented:
    """Add a comment to a ticket. Every call adds one, equal ones too.

    Args:
        ticket_id: Identifier of the ticket.
        text: The comment.
    """
    with DESK.changing() as desk:
        if desk.execute("SELECT 1 FROM tickets WHERE ticket_id = ?", (ticket_id,)).fetchone() is None:
            raise NothingDone(f"There is no ticket {ticket_id!r}. Nothing was written.")
        _comment(desk, ticket_id, text)
        count: int = desk.execute("SELECT count(*) FROM comments WHERE ticket_id = ?", (ticket_id,)).fetchone()[0]
    return Commented(count)


def escalate(account_id: str, reason: str, context: dict[str, Any], idempotency_key: str | None = None) -> Opened:
    """Hand a request over to people: a ticket in their queue, with the whole context in it.

    Refused while a person works on another ticket of this account: two people would undo each other's work.

    Args:
        account_id: Identifier of the account it is about; empty if it is not known.
        reason: Why a person has to go on.
        context: Everything that is known, so that they need not ask again.
        idempotency_key: Equal for what is meant as the same request.
    """
    text = json.dumps(context, indent=2, ensure_ascii=False, sort_keys=True)
    with DESK.changing() as desk:
        query = "SELECT ticket_id, assignee FROM tickets WHERE account_id = ? AND assignee IS NOT NULL"
        taken = desk.execute(query, (account_id,)).fetchone()
        if taken is not None:
            work = f"{taken['assignee']} is working on {taken['ticket_id']} about {account_id}"
            raise NothingDone(f"{work}. Nothing was opened; tell them.")
        return _opened(desk, "people", (account_id, reason, text), idempotency_key)


def _opened(desk: sqlite3.Connection, queue: str, content: tuple[str, str, str], key: str | None) -> Opened:
    if key is not None:
        row = desk.execute("SELECT ticket_id FROM tickets WHERE idempotency_key = ?", (key,)).fetchone()
        if row is not None:
            return Opened(row["ticket_id"], repeated=True)
    account_id, subject, text = content
    ticket_id = next_id(desk, "tickets", "T", 4)
    row = (ticket_id, account_id, subject, queue, now(), key)
    desk.execute("INSERT INTO tickets VALUES (?, ?, ?, ?, NULL, ?, ?)", row)
    _comment(desk, ticket_id, text)
    return Opened(ticket_id)


def _comment(desk: sqlite3.Connection, ticket_id: str, text: str) -> None:
    row = (ticket_id, _ASSISTANT, text, now())
    desk.execute("INSERT INTO comments (ticket_id, author, text, at) VALUES (?, ?, ?, ?)", row)


def _ticket(desk: sqlite3.Connection, row: sqlite3.Row) -> Ticket:
    ticket_id: str = row["ticket_id"]
    comments = desk.execute("SELECT * FROM comments WHERE ticket_id = ? ORDER BY number", (ticket_id,)).fetchall()
    return Ticket(
        ticket_id=ticket_id,
        account_id=row["account_id"],
        subject=row["subject"],
        queue=row["queue"],
        assignee=row["assignee"],
        opened_at=row["opened_at"],
        comments=[Comment(one["author"], one["text"], one["at"]) for one in comments],
    )
