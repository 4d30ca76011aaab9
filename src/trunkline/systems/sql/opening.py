"""Which kind of database a URL names."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

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
    password = None if settings.password is None else context.secret(settings.password)
    user, name = unquote(url.username or ""), unquote(url.path.strip("/"))
    server = Server(url.hostname or "localhost", url.port, user, password, name)
    if url.scheme == "postgresql":
        from trunkline.systems.sql import postgresql

        return postgresql.open_postgresql(server, _options(url.query, postgresql.OPTIONS))
    from trunkline.systems.sql import mariadb

    return mariadb.open_mariadb(server, _options(url.query, mariadb.OPTIONS))


def _options(query: str, known: tuple[str, ...]) -> dict[str, str]:
    options = dict(parse_qsl(query))
    if unknown := sorted(options.keys() - set(known)):
        raise ValueError(f"`database` has options that are not taken: {', '.join(unknown)} (known: {', '.join(known)})")
    return options
