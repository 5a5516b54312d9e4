"""What alembic runs. The connection is handed over, with its transaction begun, by `schema.migrate`.

Alembic loads this file by its path, so it is in no package and imports nothing of ours.
"""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
