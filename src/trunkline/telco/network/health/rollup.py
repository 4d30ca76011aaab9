"""What many cells are together: counts of statuses, scores and alarms, and KPIs from the sums of their ratios.

A cell's share is taken out and put in again when it changes, so a change costs the same however many cells there are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Final, NamedTuple

from trunkline.telco.model import HealthStatus, Ratio
from trunkline.telco.network.health.judgement import SEVERITIES
from trunkline.telco.network.health.rules import Shares
from trunkline.telco.network.performance.formulas import value_of

DIGITS: Final = 4  # of a rolled-up KPI; what is beyond is no news


class Share(NamedTuple):
    """What one object gives to the scopes above it. A node gives its alarms alone, and has no status here.

    `kpis` are the ratios by KPI, with the formula that they belong to.
    """

    status: HealthStatus | None
    score: float
    alarms: Mapping[str, int]
    kpis: Mapping[str, tuple[str, tuple[Ratio, ...]]]


class RollUp:
    """The sums of one scope."""

    def __init__(self) -> None:
        self._alarms: Counter[str] = Counter()
        self._cells: Counter[HealthStatus] = Counter()
        self._score = 0.0
        self._kpis: defaultdict[str, dict[tuple[str, int], _Sums]] = defaultdict(dict)

    def replace(self, before: Share | None, after: Share | None) -> None:
        """Take an object's share out and put another in; None where it had none, or has none any more."""
        same_kpis = before is not None and after is not None and before.kpis == after.kpis  # an alarm changes none
        for share, sign in ((before, -1), (after, 1)):
            if share is not None:
                self._count(share, sign)
                if not same_kpis:
                    self._sum_up(share, sign)

    @property
    def cells(self) -> dict[str, int]:
        """The cells by status, without those that have none."""
        return {status.value: self._cells[status] for status in HealthStatus if self._cells[status]}

    @property
    def known(self) -> int:
        """The cells that were heard of."""
        return self._cells.total() - self._cells[HealthStatus.UNKNOWN]

    @property
    def score(self) -> float:
        """The mean of the cells that were heard of (the others have 0), 0 where there are none."""
        return self._score / self.known if self.known else 0.0

    def status(self, shares: Shares) -> HealthStatus:
        """By the share of the cells that are not well; unknown where no cell was heard of."""
        if not self.known:
            return HealthStatus.UNKNOWN
        critical, degraded = self._cells[HealthStatus.CRITICAL], self._cells[HealthStatus.DEGRADED]
        if critical >= shares.critical * self.known:
            return HealthStatus.CRITICAL
        if critical + degraded >= shares.degraded * self.known:
            return HealthStatus.DEGRADED
        return HealthStatus.HEALTHY

    @property
    def alarms(self) -> dict[str, int]:
        """The active alarms by severity."""
        return {severity.value: self._alarms[severity] for severity in SEVERITIES if self._alarms[severity]}

    def kpis(self, scales: Mapping[str, float]) -> dict[str, float | None]:
        """Each KPI over all cells.

        Σ numerators over Σ denominators for each ratio is exact where the cells share a formula. Where vendors or
        technologies count differently, it is the mean of their exact values, weighted by their cells.
        """
        return {kpi: self._value(self._kpis[kpi], scales) for kpi in sorted(self._kpis) if self._kpis[kpi]}

    def _value(self, by_formula: Mapping[tuple[str, int], _Sums], scales: Mapping[str, float]) -> float | None:
        total, cells = 0.0, 0
        for (formula, _), sums in by_formula.items():
            value = value_of(scales.get(formula, 1.0), sums.ratios())
            if value is not None:
                total += value * sums.cells
                cells += sums.cells
        return round(total / cells, DIGITS) if cells else None

    def _count(self, share: Share, sign: int) -> None:
        for severity, count in share.alarms.items():
            self._alarms[severity] += sign * count
        if share.status is not None:
            self._cells[share.status] += sign
            self._score += sign * share.score

    def _sum_up(self, share: Share, sign: int) -> None:
        for kpi, (formula, ratios) in share.kpis.items():
            by_formula = self._kpis[kpi]
            key = (formula, len(ratios))  # a formula that is edited may have more ratios than it had
            sums = by_formula.get(key) or by_formula.setdefault(key, _Sums(len(ratios)))
            sums.apply(ratios, sign)
            if not sums.cells:
                del by_formula[key]


class _Sums:
    """The sums of one formula's ratios over `cells` cells."""

    __slots__ = ("cells", "denominators", "numerators")

    def __init__(self, ratios: int) -> None:
        self.cells = 0
        self.numerators, self.denominators = [0.0] * ratios, [0.0] * ratios

    def apply(self, ratios: tuple[Ratio, ...], sign: int) -> None:
        self.cells += sign
        for index, ratio in enumerate(ratios):
            self.numerators[index] += sign * ratio.numerator
            self.denominators[index] += sign * ratio.denominator

    def ratios(self) -> list[Ratio]:
        pairs = zip(self.numerators, self.denominators, strict=True)
        return [Ratio(numerator=numerator, denominator=denominator) for numerator, denominator in pairs]
