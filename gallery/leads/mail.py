"""The mail service: what was sent to whom. It keeps mails instead of sending them anywhere.

It takes no part in the workflow's rules: whoever calls it directly may send a fourth mail, and one without a link.
"""

from __future__ import annotations

import sqlite3

from pointsman.tools import NothingDone, ToolError

from ..storage import now
from .records import FoundMail, Mail, MailCount, SentMail
from .seeds import BROKEN_LINE, CLICKS
from .store import RECORDS

__all__ = ["count", "find", "send", "sent"]


def sent(lead_id: str) -> list[Mail]:
    """List the mails that a lead got, the oldest first.

    Args:
        lead_id: Identifier of the lead.
    """
    with RECORDS.reading() as records:
        query = "SELECT * FROM letters WHERE kind = 'mail' AND lead_id = ? ORDER BY number"
        return [_mail(row) for row in records.execute(query, (lead_id,)).fetchall()]


def count(lead_id: str) -> MailCount:
    """Count the mails that a lead got, all of them and those since it last answered.

    Args:
        lead_id: Identifier of the lead.
    """
    with RECORDS.reading() as records:
        query = "SELECT kind FROM letters WHERE lead_id = ? ORDER BY number"
        kinds = [row["kind"] for row in records.execute(query, (lead_id,)).fetchall()]
    unanswered = 0
    for kind in kinds:
        unanswered = unanswered + 1 if kind == "mail" else 0
    return MailCount(kinds.count("mail"), unanswered)


def find(lead_id: str, number: int) -> FoundMail:
    """Find a lead's mail by its number. It is null if there is none.

    Args:
        lead_id: Identifier of the lead.
        number: Which mail: 1 for the first.
    """
    if lead_id == BROKEN_LINE:
        raise ToolError("The line to the mail service is down.")
    with RECORDS.reading() as records:
        query = "SELECT * FROM letters WHERE kind = 'mail' AND lead_id = ? AND mail_number = ?"
        row = records.execute(query, (lead_id, number)).fetchone()
    return FoundMail(None if row is None else _mail(row))


def send(lead_id: str, number: int, to: str, subject: str, body: str, idempotency_key: str | None = None) -> SentMail:
    """Send a mail to a lead.

    Args:
        lead_id: Identifier of the lead.
        number: Which mail to this lead it is: 1 for the first.
        to: The address.
        subject: What it is about.
        body: The mail, as plain text.
        idempotency_key: Equal for what is meant as the same mail.
    """
    if lead_id == BROKEN_LINE:
        raise ToolError("The line to the mail service broke before it answered.")
    with RECORDS.changing() as records:
        row = records.execute("SELECT number FROM letters WHERE idempotency_key = ?", (idempotency_key,)).fetchone()
        if row is not None:
            return SentMail(_mail_id(row["number"]), repeated=True)
        if records.execute("SELECT 1 FROM leads WHERE lead_id = ?", (lead_id,)).fetchone() is None:
            raise NothingDone(f"There is no lead {lead_id!r}. Nothing was sent.")
        values = ("mail", lead_id, number, to, subject, body, now(), idempotency_key)
        cursor = records.execute(
            "INSERT INTO letters (kind, lead_id, mail_number, recipient, subject, body, at, idempotency_key)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            values,
        )
        if CLICKS.get(lead_id) == number:
            records.execute("UPDATE leads SET unsubscribed = 1 WHERE lead_id = ?", (lead_id,))
    return SentMail(_mail_id(cursor.lastrowid))


def receive(lead_id: str, text: str) -> None:
    """Keep an answer of a lead, as the mailbox does when it comes. No tool: only leads answer."""
    with RECORDS.changing() as records:
        values = ("answer", lead_id, text, now())
        records.execute("INSERT INTO letters (kind, lead_id, body, at) VALUES (?, ?, ?, ?)", values)


def _mail(row: sqlite3.Row) -> Mail:
    return Mail(_mail_id(row["number"]), row["mail_number"], row["recipient"], row["subject"], row["body"], row["at"])


def _mail_id(number: int | None) -> str:
    return f"M-{number:06d}"
