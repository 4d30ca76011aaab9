"""One provider for each test, on a copy of one that was set up once: keys take long to make."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from tests.security.identity.world import World, store_url
from trunkline.security.identity import keys


@cache
def made(number: int) -> RSAKey:
    """One of the few keys that all providers of these tests sign with."""
    return RSAKey.generate_key(keys.BITS, private=True)


@pytest.fixture(scope="session")
def few_keys() -> Iterator[None]:
    """A provider takes its new keys from eight, one after the other; the first, which is in all copies of the first
    provider's database, does not come again."""
    numbers = itertools.chain((0,), itertools.cycle(range(1, 9)))

    class Few(RSAKey):
        @classmethod
        def generate_key(cls, *given: Any, **named: Any) -> RSAKey:
            return made(next(numbers))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "RSAKey", Few)
        yield


@pytest.fixture(scope="session", autouse=True)
def set_up(few_keys: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
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
