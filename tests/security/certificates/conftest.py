"""A project's authorities, in a folder of the test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.security.certificates.house import Clock, authorities
from trunkline.security.certificates.authorities import Authorities


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def acme(tmp_path: Path, clock: Clock) -> Authorities:
    return authorities(tmp_path / "certificates", clock)
