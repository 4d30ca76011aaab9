"""Alembic's way in; the version stands in a table of its own, beside the store's."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table="identity_version")
context.run_migrations()
