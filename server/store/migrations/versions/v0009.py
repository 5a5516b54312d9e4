"""The prompts of a workflow that are files of their own are kept with its text."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0009"
down_revision = "v0008"


def upgrade() -> None:
    """Make the column. What older sessions were told is in no row, so their texts go without."""
    op.add_column("definitions", sa.Column("prompts", sa.Text))
