"""One provider for each test, on a copy of one that was set up once: keys take long to make."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.security.identity.world import World, store_url


@pytest.fixture(scope="session")
def set_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a provider that has its keys and people."""
    folder = tmp_path_factory.mktemp("identity")
    World(store_url(folder)).identity.close()
    return folder / "store.db"


@pytest.fixture
def copied(tmp_path: Path, set_up: Path) -> str:
    """The URL of a copy of it."""
    shutil.copyfile(set_up, tmp_path / "store.db")
    return store_url(tmp_path)


@pytest.fixture
def world(copied: str) -> Iterator[World]:
    made = World(copied)
    yield made
    made.identity.close()
