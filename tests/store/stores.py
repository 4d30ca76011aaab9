"""The stores that the suites run on, each empty."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.postgresql import shared_postgresql

NAMES = ("sqlite", "postgresql")


@contextmanager
def url(name: str, folder: Path) -> Iterator[str]:
    """The URL of a new store of its own, gone afterwards."""
    if name == "sqlite":
        yield f"sqlite://{folder / 'store.db'}"
        return
    server = shared_postgresql()
    with server.database() as database:
        yield f"postgresql://postgres@127.0.0.1:{server.port}/{database}"
