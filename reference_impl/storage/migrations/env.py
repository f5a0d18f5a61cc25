"""What Alembic runs to migrate: over the connection, and within the transaction, of whoever asked."""

from __future__ import annotations

from alembic import context

from reference_impl.storage.sql_tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite changes a table by copying it
)
context.run_migrations()
