"""The logs on which mediation is tested: each that the contract suite has."""

from pathlib import Path

import pytest

from tests.contract.test_log import ADAPTERS


@pytest.fixture(params=ADAPTERS, ids=lambda adapter: adapter.__name__)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where the test's log is."""
    where: str = request.param(tmp_path)
    return where
