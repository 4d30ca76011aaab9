"""Targets, and the ledger at work on every log that the contract suite has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.test_log import ADAPTERS
from tests.effects.house import House
from tests.effects.target import Target


@pytest.fixture(params=ADAPTERS, ids=lambda adapter: adapter.__name__)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the test's log is."""
    where: str = request.param(tmp_path)
    return where


@pytest.fixture
def target() -> Iterator[Target]:
    server = Target()
    yield server
    server.close()


@pytest.fixture
def dull() -> Iterator[Target]:
    """A target that does not know an idempotency key again."""
    server = Target(dull=True)
    yield server
    server.close()


@pytest.fixture
def house(url: str, tmp_path: Path) -> Iterator[House]:
    """A project with effectors, and its log."""
    house = House(tmp_path / "project", url)
    yield house
    house.close()
