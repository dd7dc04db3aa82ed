"""The connection that `service.store.migrate` hands over -> the steps run on it, in its transaction."""

from __future__ import annotations

from alembic import context

from service.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can undo CREATE TABLE; Alembic would not rely on it unasked.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
