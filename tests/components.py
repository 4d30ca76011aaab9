"""How a test asks for a real component of the machine, or for a sample file; `make test` prints what it got.

What is missing skips the test with its name; with TRUNKLINE_REQUIRE_ALL=1, as in CI, it fails instead.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from trunkline.doctor import COMPONENTS

SHARED = Path(__file__).parents[2] / "shared"
exercised: dict[str, str] = {}
skipped: dict[str, str] = {}


def need(component: str) -> str:
    """The path or version of a real component of `trunkline doctor`; skips, or fails where all are required."""
    found = next(known for known in COMPONENTS if known.name == component)
    where = found.find()
    if where is not None:
        exercised[component] = where
        return where
    skipped[component] = found.install
    message = f"{component} is not on this machine ({found.install})"
    if os.environ.get("TRUNKLINE_REQUIRE_ALL"):
        pytest.fail(message)
    pytest.skip(message)


def sample(path: str) -> Path:
    """A file of ../shared/samples; skips where that folder does not lie beside the checkout."""
    found = SHARED / "samples" / path
    if not found.exists():
        skipped["samples"] = "../shared beside the checkout"
        pytest.skip(f"the sample {path} is not here: ../shared/samples is absent")
    exercised["samples"] = str(SHARED / "samples")
    return found
