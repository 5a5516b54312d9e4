"""The CRM and a directory of companies: who has asked, what is known of them, and what became of it."""

from __future__ import annotations

import sqlite3
from typing import Any

from pointsman.tools import NothingDone

from ..storage import next_id, now
from .records import Company, FoundCompany, FoundLead, Lead, Stage, Touch, Updated
from .store import RECORDS

__all__ = ["find_company", "find_lead", "touches", "update"]


def find_lead(lead_id: str) -> FoundLead:
    """Find a lead, and whether it has unsubscribed. It is null if there is none.

    Args:
        lead_id: Identifier of the lead, such as L-1001.
    """
    with RECORDS.reading() as records:
        row = records.execute("SELECT * FROM leads WHERE lead_id = ?", (lead_id,)).fetchone()
    return FoundLead(None if row is None else _lead(row))


def find_company(domain: str) -> FoundCompany:
    """Find a company by the domain of its mail. It is null if the directory has none.

    Args:
        domain: What stands behind the @.
    """
    with RECORDS.reading() as records:
        row = records.execute("SELECT * FROM companies WHERE domain = ?", (domain.lower(),)).fetchone()
    return FoundCompany(None if row is None else Company(**dict(row)))


def touches(lead_id: str) -> list[Touch]:
    """List what a lead has done, the oldest first.

    Args:
        lead_id: Identifier of the lead.
    """
    with RECORDS.reading() as records:
        rows = records.execute("SELECT at, what FROM touches WHERE lead_id = ? ORDER BY at", (lead_id,)).fetchall()
    return [Touch(row["at"], row["what"]) for row in rows]


def update(lead_id: str, stage: Stage, score: int, reasoning: str, idempotency_key: str | None = None) -> Updated:
    """Say what has become of a lead, and why.

    Args:
        lead_id: Identifier of the lead.
        stage: Where it stands now.
        score: Its score, 0 to 100.
        reasoning: Why, in a few sentences.
        idempotency_key: Equal for what is meant as the same update.
    """
    with RECORDS.changing() as records:
        query = "SELECT update_id FROM updates WHERE idempotency_key = ?"
        row = records.execute(query, (idempotency_key,)).fetchone()
        if row is not None:
            return Updated(row["update_id"])
        if records.execute("UPDATE leads SET stage = ? WHERE lead_id = ?", (stage, lead_id)).rowcount == 0:
            raise NothingDone(f"There is no lead {lead_id!r}. Nothing was written.")
        update_id = next_id(records, "updates", "U", 4)
        values = (update_id, lead_id, stage, score, reasoning, now(), idempotency_key)
        records.execute("INSERT INTO updates VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    return Updated(update_id)


def unsubscribe(lead_id: str) -> None:
    """Keep that a lead wants no more mails, as its unsubscribe link does. No tool: only the lead itself does this."""
    with RECORDS.changing() as records:
        records.execute("UPDATE leads SET unsubscribed = 1 WHERE lead_id = ?", (lead_id,))


def _lead(row: sqlite3.Row) -> Lead:
    values: dict[str, Any] = {**dict(row), "unsubscribed": bool(row["unsubscribed"])}
    return Lead(**values)
