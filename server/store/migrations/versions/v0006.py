"""What lists and searches are answered from, so that nobody looks at all there is."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "v0006"
down_revision = "v0005"

_PORTION = 10_000  # rows that are kept in memory at once

# What is damaged in a snapshot is left out, so that it keeps nobody from opening the database: verification names it.
_FILLING = (
    """
    UPDATE sessions SET failed = 1
    WHERE has_unknown = 1 OR ended_at IS NOT NULL AND json_extract(
        CASE WHEN json_valid(snapshot) THEN snapshot ELSE '{}' END, '$.ended.outcome') IN ('failed', 'manual')
    """,
    """
    INSERT INTO reviews
    SELECT id, '', role, workflow, definition, state, NULL,
           json_extract(snapshot, '$.stay.review.opened_at'), json_extract(snapshot, '$.stay.review.due_at'), NULL
    FROM sessions WHERE role IS NOT NULL AND CASE WHEN json_valid(snapshot)
        THEN json_extract(snapshot, '$.stay.review.opened_at') IS NOT NULL ELSE 0 END
    """,
    """
    INSERT OR IGNORE INTO reviews
    SELECT id, json_extract(entry, '$.id'), json_extract(entry, '$.role'), workflow, definition, state,
           json_extract(entry, '$.tool'), json_extract(entry, '$.opened_at'), json_extract(entry, '$.expires_at'), NULL
    FROM (SELECT sessions.*, CASE one.type WHEN 'object' THEN one.value ELSE '{}' END AS entry FROM sessions,
        json_each(CASE WHEN json_valid(snapshot) THEN snapshot ELSE '{}' END, '$.stay.approvals') AS one)
    WHERE has_approvals = 1 AND coalesce(json_extract(entry, '$.status'), 'pending') = 'pending'
    """,
    """
    INSERT OR IGNORE INTO unknown_effects
    SELECT id, CAST(json_extract(entry, '$.call') AS INTEGER), json_extract(entry, '$.opened_at')
    FROM (SELECT sessions.*, CASE one.type WHEN 'object' THEN one.value ELSE '{}' END AS entry FROM sessions,
        json_each(CASE WHEN json_valid(snapshot) THEN snapshot ELSE '{}' END, '$.effects') AS one)
    WHERE has_unknown = 1 AND json_extract(entry, '$.status') = 'unknown'
    """,
)
_STARTED = """
    SELECT audit.session_id, audit.body FROM sessions JOIN audit ON audit.session_id = sessions.id
    WHERE audit.revision = 1 AND audit.kind = 'started' AND audit.body IS NOT NULL
"""


def upgrade() -> None:
    """Make the tables and indexes, and fill them from the snapshots and from the rows that started the sessions."""
    _make_tables()
    op.add_column("sessions", sa.Column("failed", sa.Boolean, nullable=False, server_default=sa.false()))
    for statement in _FILLING:
        op.execute(statement)
    connection = op.get_bind()
    keys = (key for row in connection.execute(sa.text(_STARTED)) for key in _keys(*row))
    while portion := [*islice(keys, _PORTION)]:
        connection.execute(sa.text("INSERT INTO session_keys VALUES (:value, :session_id)"), portion)
    for name in ("has_approvals", "has_unknown"):
        op.drop_index(f"sessions_{name.removeprefix('has_')}", "sessions")
        op.drop_column("sessions", name)
    op.drop_index("sessions_started", "sessions")
    _make_indexes()


def _make_tables() -> None:
    op.create_table(
        "reviews",
        sa.Column("session_id", sa.Text, sa.ForeignKey("sessions.id"), nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("workflow", sa.Text, nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("tool", sa.Text),
        sa.Column("opened_at", sa.Integer, nullable=False),
        sa.Column("due_at", sa.Integer),
        sa.Column("claimed_by", sa.Text),
        sa.PrimaryKeyConstraint("session_id", "number"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "unknown_effects",
        sa.Column("session_id", sa.Text, sa.ForeignKey("sessions.id"), nullable=False),
        sa.Column("call", sa.Integer, nullable=False),
        sa.Column("opened_at", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("session_id", "call"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "session_keys",
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("session_id", sa.Text, sa.ForeignKey("sessions.id"), nullable=False),
        sa.PrimaryKeyConstraint("value", "session_id"),
        sqlite_with_rowid=False,
    )


def _make_indexes() -> None:
    op.create_index("reviews_opened", "reviews", ["opened_at", "session_id", "number"])
    op.create_index("reviews_role", "reviews", ["role", "opened_at", "session_id", "number"])
    op.create_index("session_keys_session", "session_keys", ["session_id", "value"])
    op.create_index("unknown_effects_opened", "unknown_effects", ["opened_at", "session_id", "call"])
    op.create_index(
        "sessions_listed",
        "sessions",
        [
            *("started_at", "id", "workflow", "state", "actor", "role"),
            *("started_by", "definition", "ended_at", "failed"),
        ],
    )
    op.create_index("audit_searched", "audit", ["at", "session_id", "revision", "kind", "actor_id", "action", "code"])


def _keys(session_id: str, body: str) -> Iterator[dict[str, str]]:
    """Give what a session is searched by, as it was decided when this table was new."""
    try:
        writes: dict[str, Any] = json.loads(body)["writes"]
    except (ValueError, LookupError, TypeError):  # `audit verify` names it
        return
    words: dict[str, None] = {}
    for value in writes.values():
        if isinstance(value, str | int | float) and not isinstance(value, bool) and value != "[redacted]":
            text = value if isinstance(value, str) else json.dumps(value)
            words[unicodedata.normalize("NFC", " ".join(text.split()).casefold())] = None
    for word in [word for word in words if 0 < len(word) <= 100][:20]:
        yield {"value": word, "session_id": session_id}
