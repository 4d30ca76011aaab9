"""A small network, and the moment at which the tests look at it."""

from datetime import UTC, datetime

import pytest

from belgicom.simulator.measurements import Period
from belgicom.simulator.network import Network, build_network


@pytest.fixture(scope="session")
def network() -> Network:
    return build_network(seed=7, sites=44)


@pytest.fixture(scope="session")
def period() -> Period:
    return Period(datetime(2026, 3, 9, 15, 15, tzinfo=UTC), 900)
