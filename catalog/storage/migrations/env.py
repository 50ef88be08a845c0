"""Alembic's entry. It runs on the connection that catalog.storage.schema.upgrade hands over."""

from alembic import context

from catalog.storage.tables import Table

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Table.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
