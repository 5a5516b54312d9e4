"""Sessions, their audit, and what stands beside them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0001"
down_revision = None

_TRIGGERS = (
    """
    CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END
    """,
    """
    CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'audit rows are never deleted'); END
    """,
    # Also what refuses INSERT OR REPLACE of an existing row where recursive_triggers is off, as it is by default.
    """
    CREATE TRIGGER audit_next BEFORE INSERT ON audit
    WHEN NEW.revision IS NOT (SELECT coalesce(max(revision), 0) + 1 FROM audit WHERE session_id = NEW.session_id)
    BEGIN SELECT RAISE(ABORT, 'the revision of an audit row is the next of its chain'); END
    """,
)


def upgrade() -> None:
    """Make the tables, their indexes and the triggers that keep `audit` append-only."""
    _definitions_and_sessions()
    _audit()
    _principals_and_instances()


def _definitions_and_sessions() -> None:
    op.create_table(
        "definitions",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("workflow", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("path", sa.Text),
        sa.Column("first_seen_at", sa.Integer, nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("workflow", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("definition", sa.Text, sa.ForeignKey("definitions.digest"), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("role", sa.Text),
        sa.Column("started_by", sa.Text, nullable=False),
        sa.Column("started_at", sa.Integer, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("head", sa.Text, nullable=False),
        sa.Column("format", sa.Integer, nullable=False),
        sa.Column("snapshot", sa.Text, nullable=False),
        sa.Column("next_timer_at", sa.Integer),
        sa.Column("has_open", sa.Boolean, nullable=False),
        sa.Column("ended_at", sa.Integer),
    )
    op.create_index("sessions_started", "sessions", ["started_at", "id"])
    op.create_index("sessions_starter", "sessions", ["started_by", "started_at", "id"])
    op.create_index("sessions_role", "sessions", ["role"], sqlite_where=sa.text("role IS NOT NULL"))
    op.create_index("sessions_due", "sessions", ["next_timer_at"], sqlite_where=sa.text("next_timer_at IS NOT NULL"))
    op.create_index("sessions_open", "sessions", ["id"], sqlite_where=sa.text("has_open = 1"))


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("command_id", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("actor_kind", sa.Text, nullable=False),
        sa.Column("actor_id", sa.Text, nullable=False),
        sa.Column("client", sa.Text),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("action", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.Column("code", sa.Text),
        sa.Column("state_before", sa.Text),
        sa.Column("state_after", sa.Text),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("duration_ms", sa.Integer),
        sa.Column("trace_id", sa.Text),
        sa.Column("fact_version", sa.Integer, nullable=False),
        sa.Column("body", sa.Text),
        sa.Column("body_digest", sa.Text, nullable=False),
        sa.Column("prev", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("session_id", "revision"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "server_chain",
        sa.Column("chain", sa.Text, primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("head", sa.Text, nullable=False),
    )
    for trigger in _TRIGGERS:
        op.execute(trigger)


def _principals_and_instances() -> None:
    op.create_table(
        "principals",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("roles", sa.JSON, nullable=False),
        sa.Column("token_hash", sa.Text, unique=True),
        sa.Column("owner", sa.Text),
        sa.Column("created_at", sa.Integer, nullable=False),
        sa.Column("expires_at", sa.Integer),
        sa.Column("revoked_at", sa.Integer),
    )
    op.create_table(
        "instances",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("beat", sa.Integer, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("started_at", sa.Integer, nullable=False),
    )
