"""Time: the clock of each process, and the notices that people are still to be sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0007"
down_revision = "v0006"


def upgrade() -> None:
    """Add the columns, and make the table. Of what waits already nobody is told."""
    op.add_column("instances", sa.Column("life", sa.Text))
    op.add_column("instances", sa.Column("ahead_ms", sa.Integer))
    op.create_table(
        "notices",
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("workflow", sa.Text, nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("stay", sa.Integer, nullable=False),
        sa.Column("role", sa.Text),
        sa.Column("owner", sa.Text),
        sa.Column("tool", sa.Text),
        sa.Column("call", sa.Text),
        sa.Column("at", sa.Integer, nullable=False),
        sa.Column("due_at", sa.Integer),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.Integer, nullable=False),
        sa.Column("sent", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("session_id", "revision"),
        sqlite_with_rowid=False,
    )
    op.create_index("notices_at", "notices", ["at"])
    op.create_index("notices_waiting", "notices", ["next_at"], sqlite_where=sa.text("status = 'waiting'"))
