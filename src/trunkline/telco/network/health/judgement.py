"""How one object is, from its KPIs and its active alarms, by the health rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from heapq import nsmallest
from typing import Final, NamedTuple

import msgspec

from trunkline.telco.model import HealthStatus, Ratio, Reason, Severity
from trunkline.telco.network.health.rules import HealthRules

MOST_REASONS: Final = 10
BEST: Final = 100.0
# The more there is to do, the further in front: what nothing is known of stands before what is well.
RANK: Final = {HealthStatus.CRITICAL: 0, HealthStatus.DEGRADED: 1, HealthStatus.UNKNOWN: 2, HealthStatus.HEALTHY: 3}
SEVERITIES: Final = tuple(severity for severity in Severity if severity is not Severity.CLEARED)


class Reading(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The last value of one KPI; `formula` is the table and KPI that its ratios belong to."""

    end_time: datetime
    granularity: int
    value: float | None
    unit: str
    ratios: tuple[Ratio, ...]
    formula: str
    suspect: bool = False


class ActiveAlarm(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What health needs of an alarm. `on` is the cell or node that it counts for."""

    id: str
    on: str
    dn: str
    vendor: str
    name: str
    severity: Severity
    raised: datetime


Alarms = Mapping[Severity, Mapping[str, ActiveAlarm]]
"""The active alarms of one object, by severity and id."""


class Judgement(NamedTuple):
    """How an object is, the points that are left to it, and why it is not well (the worst first)."""

    status: HealthStatus
    score: float
    reasons: tuple[Reason, ...]


def judge_cell(
    name: str,
    technology: str,
    readings: Mapping[str, Reading],
    alarms: Alarms,
    silence: Reason | None,
    rules: HealthRules,
) -> Judgement:
    """A cell. With `silence` nothing was heard of it in time: then its alarms alone speak for it, if there are any."""
    statuses, points = judge_alarms(alarms, rules)
    reasons = list(alarm_reasons(alarms, rules))
    if silence is not None:
        reasons.append(silence)
        if statuses is HealthStatus.HEALTHY:
            return Judgement(HealthStatus.UNKNOWN, 0.0, tuple(reasons))
    else:
        for reason in kpi_reasons(name, technology, readings, rules):
            reasons.append(reason)
            critical = reason.status is HealthStatus.CRITICAL
            points += rules.kpi_points.critical if critical else rules.kpi_points.degraded
    status = worst((statuses, *(reason.status for reason in reasons if reason is not silence)))
    return Judgement(status, max(0.0, BEST - points), worst_first(reasons))


def judge_alarms(alarms: Alarms, rules: HealthRules) -> tuple[HealthStatus, float]:
    """The status that alarms alone make of their object, and the points they take."""
    weights = [(rules.alarms.severities[severity], len(those)) for severity, those in alarms.items() if those]
    status = worst(HealthStatus(weight.status) for weight, _ in weights)
    return status, sum(weight.points * count for weight, count in weights)


def alarm_reasons(alarms: Alarms, rules: HealthRules) -> Iterator[Reason]:
    """The alarms that make their object other than healthy: the most severe, then the oldest; as many as are shown."""
    left = MOST_REASONS
    for severity in SEVERITIES:
        status = HealthStatus(rules.alarms.severities[severity].status)
        those = alarms.get(severity)
        if not those or status is HealthStatus.HEALTHY:
            continue
        for alarm in nsmallest(left, those.values(), key=lambda alarm: (alarm.raised, alarm.id)):
            left -= 1
            yield Reason(
                kind="alarm",
                name=alarm.name,
                status=status,
                dn=alarm.dn,
                time=alarm.raised,
                alarm=alarm.id,
                severity=severity,
            )


def kpi_reasons(name: str, technology: str, readings: Mapping[str, Reading], rules: HealthRules) -> Iterator[Reason]:
    """The KPIs beyond a threshold. What the equipment itself doubts (`suspect`) is not held against the cell."""
    for kpi, reading in readings.items():
        threshold = rules.threshold(kpi, technology)
        if threshold is None or reading.suspect:
            continue
        status, limit = threshold.judge(reading.value, reading.ratios)
        if status is not HealthStatus.HEALTHY:
            yield Reason(
                kind="kpi",
                name=kpi,
                status=status,
                dn=name,
                time=reading.end_time,
                value=reading.value,
                threshold=limit,
                unit=reading.unit,
            )


def worst(statuses: Iterable[HealthStatus]) -> HealthStatus:
    """The worst of the statuses; healthy where there are none."""
    return min(statuses, key=RANK.__getitem__, default=HealthStatus.HEALTHY)


def worst_first(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """As many reasons as are shown, in an order that does not depend on that of their arrival."""
    return tuple(nsmallest(MOST_REASONS, reasons, key=_order))


def _order(reason: Reason) -> tuple[int, str, str, str, str]:
    return RANK[reason.status], reason.kind, reason.dn, reason.name, reason.alarm
