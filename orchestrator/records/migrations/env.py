"""Run by Alembic: applies migrations over the connection that it is given, in that connection's transaction."""

from __future__ import annotations

from alembic import context

from orchestrator.records.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transactional_ddl=False,  # the transaction is the caller's
)
context.run_migrations()
