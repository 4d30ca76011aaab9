"""The health rules: the operator's `health.yaml`, which says when a cell, a site, a region is degraded or critical."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from trunkline.document import Document, Invalid, Problem
from trunkline.telco.model import Alarm, HealthStatus, Ratio, Severity

Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Points = Annotated[float, msgspec.Meta(ge=0, le=100)]
Judged = Literal["healthy", "degraded", "critical"]


class Threshold(msgspec.Struct, frozen=True, kw_only=True):
    """When a KPI is degraded or critical: at values worse (`below` or `above`) than these, in the KPI's own unit.

    It is judged where the smallest denominator of its ratios is at least `minimum`: nobody is judged on three calls.
    Without `technology` it is for both.
    """

    kpi: str
    technology: Literal["LTE", "NR", ""] = ""
    worse: Literal["below", "above"]
    degraded: float
    critical: float
    minimum: float = 0.0

    def judge(self, value: float | None, ratios: tuple[Ratio, ...]) -> tuple[HealthStatus, float | None]:
        """The status, and the threshold that was passed."""
        if value is None or any(ratio.denominator < self.minimum for ratio in ratios):
            return HealthStatus.HEALTHY, None
        sign = 1 if self.worse == "below" else -1
        if sign * value < sign * self.critical:
            return HealthStatus.CRITICAL, self.critical
        if sign * value < sign * self.degraded:
            return HealthStatus.DEGRADED, self.degraded
        return HealthStatus.HEALTHY, None


class Weight(msgspec.Struct, frozen=True):
    """What an active alarm of a severity makes of its cell or site, and the points it takes from the score."""

    status: Judged
    points: Points


class AlarmRules(msgspec.Struct, frozen=True, kw_only=True):
    """How alarms count: by severity, except for the problems that match a pattern in `ignore` (`*` for any letters)."""

    severities: dict[Severity, Weight]
    ignore: list[str] = []


class Shares(msgspec.Struct, frozen=True, kw_only=True):
    """Of the cells that were heard of: the share that is critical from which a scope is critical; and the share that is
    not healthy from which it is degraded."""

    critical: Share
    degraded: Share


class RollUp(msgspec.Struct, frozen=True, kw_only=True):
    """When the scopes above a cell are degraded or critical."""

    site: Shares
    region: Shares
    vendor: Shares
    network: Shares


class KpiPoints(msgspec.Struct, frozen=True, kw_only=True):
    """The points that a KPI beyond a threshold takes from the score."""

    degraded: Points
    critical: Points


class HealthRules(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """All of `health.yaml`. A score is 100 less the points taken, at least 0; above a cell the mean of its cells'.

    After `silence` granularity periods without a KPI a cell is unknown.
    """

    version: str
    silence: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    kpis: list[Threshold]
    kpi_points: KpiPoints
    alarms: AlarmRules
    roll_up: RollUp

    @cached_property
    def _thresholds(self) -> dict[tuple[str, str], Threshold]:
        return {
            (threshold.kpi, technology): threshold
            for threshold in self.kpis
            for technology in ([threshold.technology] if threshold.technology else ["LTE", "NR", ""])
        }

    def threshold(self, kpi: str, technology: str) -> Threshold | None:
        return self._thresholds.get((kpi, technology))

    def counts(self, alarm: Alarm) -> bool:
        """Does the alarm say anything about health?"""
        return not any(fnmatchcase(alarm.problem, pattern) for pattern in self.alarms.ignore)

    def shares(self, scope: str) -> Shares:
        shares: Shares = getattr(self.roll_up, scope)
        return shares


def load(path: Path) -> HealthRules:
    """The rules in the file `path`. Raises `Invalid` with everything that is wrong in them."""
    rules, problems = _read(path, None)
    if problems or rules is None:
        raise Invalid(problems)
    return rules


def check(path: Path, kpi_names: set[str] | None = None) -> list[Problem]:
    """Everything that is wrong with the rules; `kpi_names` are those that the formula tables give, where known."""
    return _read(path, kpi_names)[1]


def _read(path: Path, kpi_names: set[str] | None) -> tuple[HealthRules | None, list[Problem]]:
    try:
        document = Document.load(path)
        rules = document.into(HealthRules)
    except Invalid as error:
        return None, error.problems
    return rules, list(_misfits(document, rules, kpi_names))


def _misfits(document: Document, rules: HealthRules, kpi_names: set[str] | None) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    for index, threshold in enumerate(rules.kpis):
        place = ("kpis", index)
        if kpi_names is not None and threshold.kpi not in kpi_names:
            known = ", ".join(sorted(kpi_names))
            yield document.problem((*place, "kpi"), f"no formula table gives the KPI `{threshold.kpi}`; known: {known}")
        sign = 1 if threshold.worse == "below" else -1
        if sign * threshold.critical > sign * threshold.degraded:
            yield document.problem(
                (*place, "critical"),
                f"`critical` ({threshold.critical:g}) must be worse than `degraded` ({threshold.degraded:g}), "
                f"which for `worse: {threshold.worse}` means {'lower' if sign > 0 else 'higher'}",
            )
        for technology in [threshold.technology] if threshold.technology else ["LTE", "NR"]:
            if (threshold.kpi, technology) in seen:
                yield document.problem(place, f"there are two thresholds for {threshold.kpi} of {technology}")
            seen.add((threshold.kpi, technology))
    for severity in Severity:
        if severity is not Severity.CLEARED and severity not in rules.alarms.severities:
            yield document.problem(("alarms", "severities"), f"the severity `{severity}` is missing")
