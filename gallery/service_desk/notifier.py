"""The notifier: messages to people. It keeps what it sent instead of sending it anywhere."""

from __future__ import annotations

from ..storage import next_id, now
from .records import Message, Sent
from .store import DESK

__all__ = ["send", "sent"]


def sent(to: str) -> list[Message]:
    """List the messages that were sent to an address, the oldest first.

    Args:
        to: The address.
    """
    with DESK.reading() as desk:
        rows = desk.execute("SELECT * FROM messages WHERE recipient = ? ORDER BY message_id", (to,)).fetchall()
    return [Message(row["message_id"], row["recipient"], row["subject"], row["text"], row["sent_at"]) for row in rows]


def send(to: str, subject: str, text: str, idempotency_key: str | None = None) -> Sent:
    """Send a message to a person.

    Args:
        to: Their address.
        subject: What it is about, in a few words.
        text: The message.
        idempotency_key: Equal for what is meant as the same message.
    """
    with DESK.changing() as desk:
        if idempotency_key is not None:
            query = "SELECT message_id FROM messages WHERE idempotency_key = ?"
            row = desk.execute(query, (idempotency_key,)).fetchone()
            if row is not None:
                return Sent(row["message_id"], repeated=True)
        message_id = next_id(desk, "messages", "M", 6)
        desk.execute(
            "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?)",
            (message_id, to, subject, text, now(), idempotency_key),
        )
    return Sent(message_id)
