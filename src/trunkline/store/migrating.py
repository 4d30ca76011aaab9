"""Brings tables up to date when they are opened; processes that open them at once take turns."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, inspect, text

from trunkline.store.port import StoreError


class Migrations(NamedTuple):
    """The steps by which tables came about: those of Alembic in `folder`, up to `newest`. `version` is the table that
    says how far they have come, `whose` the words for all of them."""

    folder: Path
    newest: str
    version: str
    whose: str

    def migrate(self, connection: Connection) -> None:
        """Run the steps that are missing, in the transaction of `connection`, which holds the store's lock.

        Raises `StoreError` where the tables are of a newer release than this.
        """
        found = None
        if inspect(connection).has_table(self.version):
            found = connection.execute(text(f"SELECT version_num FROM {self.version}")).scalar()  # noqa: S608  # a name of ours
        if found == self.newest:
            return
        # Alembic takes a while to load, and there is seldom anything to do.
        from alembic import command
        from alembic.config import Config
        from alembic.util import CommandError

        config = Config()
        config.set_main_option("script_location", str(self.folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise StoreError(
                f"{self.whose} tables are at {found!r}, which this release does not know: {error}"
            ) from error
