"""The rules are data: `trunkline check` says what is wrong with them, and where."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.telco.charging.fraud.watching import BELGICOM
from trunkline.document import Invalid
from trunkline.telco.charging import processors


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("fraud.yaml", "geography.yaml", "charging.yaml"):
        shutil.copy(BELGICOM / name, tmp_path)
    shutil.copytree(BELGICOM / "tariffs", tmp_path / "tariffs")
    return tmp_path


def test_belgicom_s_rules_are_well_and_a_worker_runs_them(project: Path) -> None:
    assert processors.check(project) == []
    assert [each.reads for each in processors.processors(project) if each.name == "fraud"] == [("charging.usage",)]


def test_a_project_without_rules_watches_for_nothing(project: Path) -> None:
    (project / "fraud.yaml").unlink()
    assert processors.check(project) == []
    assert "fraud" not in [each.name for each in processors.processors(project)]


@pytest.mark.parametrize(
    ("file", "right", "wrong", "said"),
    [
        ("fraud.yaml", "[premium, satellite]", "[premium, satelite]", "zones.yaml has no destination `satelite`"),
        ("fraud.yaml", "octets, minutes: 60", "octets, destinations: [premium], minutes: 60", "no number"),
        ("fraud.yaml", "limit: 80", "limit: 500", "500 uses of a number are remembered: give a limit below that"),
        ("fraud.yaml", "late_hours: 6", "late_hours: 0", "`late_hours`"),
        ("fraud.yaml", "counts: messages", "counts: letters", "`counts`"),
        ("fraud.yaml", "speed: 1000", "sped: 1000", "`sped`"),
        ("geography.yaml", "BE: [", "XX: [", "countries.yaml has no country `XX`"),
        ("geography.yaml", "BE: [[50.4", "BE: [[150.4", "expected `float` <= 90.0"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(project: Path, file: str, right: str, wrong: str, said: str) -> None:
    text = (project / file).read_text()
    assert right in text
    line = text[: text.index(right)].count("\n") + 1
    (project / file).write_text(text.replace(right, wrong, 1))
    problems = processors.check(project)
    assert any(said in problem.reason and problem.file.endswith(file) for problem in problems), problems
    assert any(abs(problem.line - line) <= 1 for problem in problems), problems
    with pytest.raises(Invalid):
        processors.processors(project)
