"""Packages of npm that tests hold the platform against, installed once for all runs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests import components

CACHE = Path(os.environ.get("TRUNKLINE_TEST_CACHE", Path.home() / ".cache" / "trunkline-tests"))


def installed(name: str, *packages: str) -> Path:
    """The folder `name` of the cache, with these packages, each `name@version`, in its node_modules."""
    npm, folder = components.need("Node.js npm"), CACHE / name
    if not all((folder / "node_modules" / package.rpartition("@")[0]).is_dir() for package in packages):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text("{}")
        command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), *packages]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=150)
        if ran.returncode:
            reason = f"npm could not install {', '.join(packages)}: {ran.stderr.strip()[-300:]}"
            pytest.fail(reason) if os.environ.get("TRUNKLINE_REQUIRE_ALL") else pytest.skip(reason)
    return folder
