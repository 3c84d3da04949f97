"""Run by Alembic: on the connection it is given, within the transaction that is open on it."""

from alembic import context

from bot.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
