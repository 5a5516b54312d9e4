"""What alembic runs. The connection is handed over, with its transaction begun, by `schema.migrate`."""

from __future__ import annotations

from alembic import context

from pointsman.server.store.tables import metadata  # alembic loads this file by its path, outside any package

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
