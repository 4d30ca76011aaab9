"""Which adapter serves a store's URL. The only place that names one."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from trunkline.store.port import Store, StoreError

if TYPE_CHECKING:
    from trunkline.store.sql.database import Database


def open_store(url: str) -> Store:
    """Open the store at `url`: `sqlite:///path/to/store.db`, the path absolute, or
    `postgresql://user:password@host:port/database`. Its tables are brought up to date.

    Raises `StoreError` on a URL that no adapter serves, or where the database cannot be used.
    """
    from trunkline.store.sql.store import SqlStore

    database = open_database(url)
    try:
        return SqlStore(database)
    except BaseException:
        database.close()
        raise


def reach(url: str) -> None:
    """Connect to the store at `url` and change nothing. Raises `StoreError` as `open_store` does."""
    with closing(open_database(url)) as database, database.reading() as connection:
        connection.exec_driver_sql("SELECT 1")


def open_database(url: str) -> Database:
    """The database at `url`, for a room that keeps tables of its own beside the store's. Raises `StoreError`."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    from trunkline.store.sql.postgresql import Postgresql
    from trunkline.store.sql.sqlite import Sqlite

    if url.startswith("sqlite:///") and "?" not in url:
        return Sqlite(Path(url.removeprefix("sqlite://")))
    try:
        parts = make_url(url)
        if parts.drivername == "postgresql" and parts.database:
            return Postgresql(parts)
    except (ArgumentError, ValueError):
        pass  # not quoted: a password may be in it
    raise StoreError(
        f"no store serves {url.partition(':')[0]!r} with such an address: expected sqlite:///path or "
        "postgresql://user@host:port/database"
    )
