"""A house over the embedded store, one over each, and one that knows an account."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.store import stores
from tests.telco.charging.records.events import House, account, balance, bucket, data
from trunkline.store import open_store


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with closing(open_store(f"sqlite:///{tmp_path}/store.db")) as store:
        yield House(store)


@pytest.fixture(params=stores.NAMES)
def any_house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    with stores.url(request.param, tmp_path) as url, closing(open_store(url)) as store:
        yield House(store)


@pytest.fixture
def known(house: House) -> House:
    """A house that knows an account with money and data, and its number."""
    house.told(balance(bucket(), data()), account())
    return house
