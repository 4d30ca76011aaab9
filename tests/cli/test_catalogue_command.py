"""`trunkline catalogue load`, as a product manager uses it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BELGICOM = Path(__file__).parents[2] / "belgicom"


def load(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "trunkline", "catalogue", "load", *words]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(BELGICOM / "catalogue", tmp_path / "catalogue")
    (tmp_path / "contracts").mkdir()  # the log is opened, since the command is recorded
    (tmp_path / "trunkline.toml").write_text('name = "Acme"\n')
    return tmp_path


def test_the_second_time_changes_nothing_and_a_new_price_one_record(project: Path) -> None:
    first, second = load(project), load(project)
    assert first.returncode == second.returncode == 0, first.stderr + second.stderr
    assert "0 changed, 0 as they were" in first.stdout
    assert "0 records added, 0 changed" in second.stdout
    file = project / "catalogue" / "mobile.yaml"
    file.write_text(file.read_text().replace("value: 18.00", "value: 19.00"))
    assert "0 records added, 1 changed" in load(project).stdout


def test_what_is_wrong_is_said_with_its_file_and_line(project: Path) -> None:
    file = project / "catalogue" / "roaming.yaml"
    file.write_text(file.read_text().replace("specification: roaming-pack", "specification: roming-pack", 1))
    line = next(number for number, text in enumerate(file.read_text().splitlines(), 1) if "roming" in text)
    refused = load(project)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"{file}:{line}: there is no specification `roming-pack`")


def test_another_folder_can_be_named(project: Path) -> None:
    (project / "catalogue").rename(project / "next-year")
    assert load(project, "next-year").returncode == 0
