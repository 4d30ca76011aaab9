"""The health rules as the operator writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from trunkline.document import Invalid
from trunkline.telco.model import HealthStatus, Ratio
from trunkline.telco.network.health import rules

RULES = """\
version: "1.0"
silence: 3
kpis:
  - {kpi: Accessibility, technology: LTE, worse: below, degraded: 98, critical: 94, minimum: 50}
  - {kpi: Load, worse: above, degraded: 80, critical: 95}
kpi_points: {degraded: 15, critical: 40}
alarms:
  severities:
    critical: {status: critical, points: 50}
    major: {status: degraded, points: 20}
    minor: {status: healthy, points: 5}
    warning: {status: healthy, points: 1}
    indeterminate: {status: healthy, points: 1}
  ignore: ["door*"]
roll_up:
  site: {critical: 0.5, degraded: 0.2}
  region: {critical: 0.5, degraded: 0.2}
  vendor: {critical: 0.5, degraded: 0.2}
  network: {critical: 0.5, degraded: 0.2}
"""


def load(tmp_path: Path, text: str = RULES) -> rules.HealthRules:
    path = tmp_path / "health.yaml"
    path.write_text(text)
    return rules.load(path)


@pytest.mark.parametrize(
    ("kpi", "value", "status", "threshold"),
    [
        ("Accessibility", 99.0, "healthy", None),
        ("Accessibility", 98.0, "healthy", None),
        ("Accessibility", 97.9, "degraded", 98.0),
        ("Accessibility", 94.0, "degraded", 98.0),
        ("Accessibility", 93.9, "critical", 94.0),
        ("Accessibility", None, "healthy", None),
        ("Load", 80.0, "healthy", None),
        ("Load", 80.1, "degraded", 80.0),
        ("Load", 95.1, "critical", 95.0),
    ],
)
def test_a_value_worse_than_a_threshold_passes_it(
    tmp_path: Path, kpi: str, value: float | None, status: str, threshold: float | None
) -> None:
    found = load(tmp_path).threshold(kpi, "LTE")
    assert found is not None
    assert found.judge(value, (Ratio(numerator=1, denominator=50),)) == (HealthStatus(status), threshold)


def test_nobody_is_judged_on_three_calls(tmp_path: Path) -> None:
    found = load(tmp_path).threshold("Accessibility", "LTE")
    assert found is not None
    few = (Ratio(numerator=100, denominator=100), Ratio(numerator=0, denominator=3))
    assert found.judge(0.0, few) == (HealthStatus.HEALTHY, None)


def test_a_threshold_without_technology_is_for_both(tmp_path: Path) -> None:
    loaded = load(tmp_path)
    assert loaded.threshold("Load", "NR") is loaded.threshold("Load", "LTE") is not None
    assert loaded.threshold("Accessibility", "NR") is None


@pytest.mark.parametrize(
    ("right", "wrong", "line", "reason"),
    [
        ("critical: 94,", "critical: 99,", 4, "`critical` (99) must be worse than `degraded` (98)"),
        ("critical: 95}", "critical: 70}", 5, "which for `worse: above` means higher"),
        ("worse: below", "worse: under", 4, "worse"),
        ("silence: 3", "silence: 0", 2, "silence"),
        ("silence: 3", "silense: 3", 2, "did you mean `silence`?"),
        ("    major: {status: degraded, points: 20}\n", "", 8, "the severity `major` is missing"),
        ("points: 50", "points: 500", 9, "points"),
        ("{kpi: Load,", "{kpi: Accessibility,", 5, "there are two thresholds for Accessibility of LTE"),
        ("  region: {critical: 0.5, degraded: 0.2}", "  region: {critical: 2, degraded: 0.2}", 17, "critical"),
    ],
)
def test_a_wrong_rule_is_told_with_its_line(tmp_path: Path, right: str, wrong: str, line: int, reason: str) -> None:
    assert right in RULES
    path = tmp_path / "health.yaml"
    path.write_text(RULES.replace(right, wrong))
    found = rules.check(path)
    assert any(problem.line == line and reason in problem.reason for problem in found), found
    with pytest.raises(Invalid):
        rules.load(path)


def test_a_threshold_for_a_kpi_that_no_table_gives_is_told(tmp_path: Path) -> None:
    path = tmp_path / "health.yaml"
    path.write_text(RULES)
    (problem,) = rules.check(path, {"Accessibility"})
    assert (problem.line, "no formula table gives the KPI `Load`" in problem.reason) == (5, True)
    assert not rules.check(path, {"Accessibility", "Load"})
