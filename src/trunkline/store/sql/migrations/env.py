"""Alembic's way in: the steps run on the connection that `migrating` hands over, in its transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
