"""Tokens that are bound to one session."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0004"
down_revision = "v0003"


def upgrade() -> None:
    """Add the column. The tokens there are open whatever their principal may use."""
    op.add_column("principals", sa.Column("session", sa.Text))
