"""The sales team's channel: alerts about leads that somebody should talk to today."""

from __future__ import annotations

from ..storage import next_id, now
from .records import Alert
from .store import RECORDS

__all__ = ["alert"]


def alert(lead_id: str, reason: str, idempotency_key: str | None = None) -> Alert:
    """Tell the sales team of a lead.

    Args:
        lead_id: Identifier of the lead.
        reason: Why somebody should talk to it, in a few sentences.
        idempotency_key: Equal for what is meant as the same alert.
    """
    with RECORDS.changing() as records:
        row = records.execute("SELECT alert_id FROM alerts WHERE idempotency_key = ?", (idempotency_key,)).fetchone()
        if row is not None:
            return Alert(row["alert_id"])
        alert_id = next_id(records, "alerts", "AL", 4)
        values = (alert_id, lead_id, reason, now(), idempotency_key)
        records.execute("INSERT INTO alerts VALUES (?, ?, ?, ?, ?)", values)
    return Alert(alert_id)
