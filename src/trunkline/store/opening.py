"""Which adapter serves a store's URL. The only place that names one."""

from __future__ import annotations

from pathlib import Path

from trunkline.store.port import Store, StoreError


def open_store(url: str) -> Store:
    """Open the store at `url`: `sqlite:///path/to/store.db` (absolute with four slashes), or
    `postgresql://user:password@host:port/database`. Its tables are brought up to date.

    Raises `StoreError` on a URL that no adapter serves, or where the database cannot be used.
    """
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    from trunkline.store.sql.database import Postgresql, Sqlite
    from trunkline.store.sql.store import SqlStore

    try:
        parts = make_url(url)
    except ArgumentError:
        parts = None
    if parts is not None and parts.drivername == "sqlite" and parts.database and not parts.query:
        return SqlStore(Sqlite(Path(parts.database)))
    if parts is not None and parts.drivername in ("postgresql", "postgres") and parts.database:
        return SqlStore(Postgresql(parts))
    raise StoreError(f"no store serves {url!r}: expected sqlite:///path or postgresql://user@host:port/database")
