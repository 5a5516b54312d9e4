"""Triggers: the keys of this database, and how far each schedule has been followed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0005"
down_revision = "v0004"


def upgrade() -> None:
    """Make the tables. They are filled when they are first needed."""
    op.create_table(
        "keys",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "schedules",
        sa.Column("workflow", sa.Text, nullable=False),
        sa.Column("schedule", sa.Text, nullable=False),
        sa.Column("followed_until", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("workflow", "schedule"),
    )
