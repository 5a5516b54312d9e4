"""Sessions with a write of which nobody knows whether it has happened, found without looking at all of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0003"
down_revision = "v0002"


def upgrade() -> None:
    """Add the column and its index. Older versions kept no ledger, so nothing in what they wrote is in it."""
    op.add_column("sessions", sa.Column("has_unknown", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("sessions_unknown", "sessions", ["id"], sqlite_where=sa.text("has_unknown = 1"))
