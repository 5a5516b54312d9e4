"""Sessions in which a call of a tool waits for a person, found without looking at all of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0002"
down_revision = "v0001"


def upgrade() -> None:
    """Add the column and its index. Older versions knew no approvals, so nothing waits in what they wrote."""
    op.add_column("sessions", sa.Column("has_approvals", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("sessions_approvals", "sessions", ["id"], sqlite_where=sa.text("has_approvals = 1"))
