"""Which kind of database a URL names."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from trunkline.systems.sink import SinkContext
from trunkline.systems.sql.database import Database, Server
from trunkline.systems.sql.settings import SqlSettings


def open_database(settings: SqlSettings, context: SinkContext) -> Database:
    """Connect to `settings.database`. Raises `Down` where it cannot be reached, `ValueError` on what is wrong in it."""
    url = urlsplit(settings.database)
    if url.scheme == "sqlite":
        from trunkline.systems.sql.sqlite import open_sqlite

        path = (context.project / unquote(url.netloc + url.path)).resolve()
        if path.is_relative_to(context.data.resolve()):
            raise ValueError(f"`database` {path} lies in the data folder, which is the platform's own")
        return open_sqlite(path)
    server = Server(
        url.hostname or "localhost",
        url.port,
        unquote(url.username or ""),
        None if settings.password is None else context.secret(settings.password),
        unquote(url.path.strip("/")),
        settings.tls,
        str(context.project / settings.ca) if settings.ca else "",
    )
    try:
        if url.scheme == "postgresql":
            from trunkline.systems.sql.postgresql import open_postgresql

            return open_postgresql(server)
        from trunkline.systems.sql.mariadb import open_mariadb

        return open_mariadb(server)
    except ModuleNotFoundError as error:  # the drivers are extras
        raise ValueError(f"{error.name} is missing: pip install trunkline[{url.scheme}]") from None
