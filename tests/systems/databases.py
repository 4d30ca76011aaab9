"""Databases of each kind, one of a test's own: a SQLite file, or one on the test run's PostgreSQL or MariaDB."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers.mariadb import shared_mariadb
from tests.servers.postgresql import shared_postgresql


class TestDatabase:
    """A database: `url` as a sink's settings have it, and statements run beside the sink."""

    __test__ = False

    def __init__(self, kind: str, url: str, connect: Callable[[], Any]) -> None:
        self.kind, self.url, self._connect = kind, url, connect

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """What the last statement gives; each is committed."""
        connection = self._connect()
        try:
            cursor, found = connection.cursor(), []
            for statement in statements:
                cursor.execute(statement)
                found = list(cursor.fetchall()) if cursor.description else []
                connection.commit()
            return found
        finally:
            connection.close()


@contextmanager
def a_database(kind: str, folder: Path) -> Iterator[TestDatabase]:
    """A new one of the kind `sqlite` (in the folder), `postgresql` or `mariadb`, gone afterwards."""
    if kind == "sqlite":
        file = folder / "out.db"
        sqlite3.connect(file).close()
        yield TestDatabase(kind, f"sqlite:///{file}", lambda: sqlite3.connect(file))
    elif kind == "postgresql":
        postgresql = shared_postgresql()
        with postgresql.database() as name:
            url = f"postgresql://postgres@127.0.0.1:{postgresql.port}/{name}"
            yield TestDatabase(kind, url, lambda: postgresql.connect(name))
    else:
        mariadb = shared_mariadb()
        with mariadb.database() as name:
            url = f"mariadb://root@127.0.0.1:{mariadb.port}/{name}"
            yield TestDatabase(kind, url, lambda: mariadb.connect(name))
