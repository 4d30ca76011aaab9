"""Brings the provider's tables up to date when it is opened; processes that open it at once take turns."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from trunkline.store import StoreError

NEWEST = "0001"
"""The last step of `migrations/versions`."""
FOLDER = Path(__file__).parent / "migrations"


def migrate(connection: Connection) -> None:
    """Run the steps that are missing, in the transaction of `connection`, which holds the store's lock.

    Raises `StoreError` where the tables are of a newer release than this.
    """
    found = None
    if inspect(connection).has_table("identity_version"):
        found = connection.execute(text("SELECT version_num FROM identity_version")).scalar()
    if found == NEWEST:
        return
    # Alembic takes a while to load, and there is seldom anything to do.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreError(
            f"the identity provider's tables are at {found!r}, which this release does not know: {error}"
        ) from error
