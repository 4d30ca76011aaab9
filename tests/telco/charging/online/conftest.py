"""The API over an embedded log, with a double of charging at work and one subscriber."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.telco.charging.online.double import Double
from tests.telco.charging.online.house import opened, serving, subscriber
from trunkline.log.port import Log


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with opened(tmp_path / "log.db") as log:
        subscriber(log, 1)
        yield log


@pytest.fixture
def charge(log: Log) -> Iterator[Double]:
    double = Double(log)
    with double.working():
        yield double


@pytest.fixture
def url(log: Log) -> Iterator[str]:
    with serving(log, patience=1.0) as url:
        yield url


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=10) as client:
        yield client
