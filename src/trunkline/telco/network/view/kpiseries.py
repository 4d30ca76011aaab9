"""The last values of each KPI of each cell, in little memory: the value here, its passport where it lies in the log."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from datetime import datetime
from math import isnan, nan
from typing import Any

import msgspec

from trunkline.log.envelope import from_micros, micros
from trunkline.log.port import Record

KEPT = 96  # periods of each KPI of each cell: a day at 15 minutes


class KpiPoint(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """One value of a KPI. `id` names it (its place in the log): `/kpis/{id}/explain` says how it came to be.

    `value` is null where nothing was asked of the cell in the period that ends at `endTime`.
    """

    id: str
    end_time: datetime
    value: float | None
    suspect: bool = False


class KpiSeries(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """One KPI of one object over time, the oldest value first."""

    dn: str
    name: str
    unit: str
    vendor: str
    technology: str = ""
    points: tuple[KpiPoint, ...]


class KpiHead(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """What of a `Kpi` a series needs; leaving the passport undecoded makes catching up several times faster."""

    name: str
    dn: str
    vendor: str
    technology: str = ""
    end_time: datetime
    value: float | None
    unit: str
    suspect: bool = False


class KpiRing:
    """The last `KEPT` periods of one KPI of one object, as columns: 27 bytes a value instead of a kilobyte."""

    __slots__ = ("_columns", "_ends", "_kept", "_offsets", "_partitions", "_suspects", "_values", "head")

    def __init__(self, head: KpiHead, kept: int = KEPT) -> None:
        self.head = head
        self._kept = kept
        self._ends, self._values, self._offsets = array("q"), array("d"), array("q")
        self._partitions, self._suspects = array("H"), array("B")
        self._columns: tuple[Any, ...] = (self._ends, self._values, self._offsets, self._partitions, self._suspects)

    def put(self, kpi: KpiHead, record: Record) -> None:
        """Take a value at its period's place; a second value of the same period replaces the first (a correction)."""
        end = micros(kpi.end_time)
        row = (end, nan if kpi.value is None else kpi.value, record.offset, record.partition, kpi.suspect)
        at = bisect_left(self._ends, end)
        known = at < len(self._ends) and self._ends[at] == end
        for column, cell in zip(self._columns, row, strict=True):
            if known:
                column[at] = cell
            else:
                column.insert(at, cell)
        if len(self._ends) > self._kept:
            for column in self._columns:
                del column[0]
        if self._ends[-1] == end:
            self.head = kpi

    def points(self, since: datetime | None = None, until: datetime | None = None) -> tuple[KpiPoint, ...]:
        """The values of the periods that end at or after `since` and before `until`."""
        first = bisect_left(self._ends, micros(since)) if since else 0
        last = bisect_left(self._ends, micros(until)) if until else len(self._ends)
        return tuple(self._point(at) for at in range(first, last))

    def series(self, points: tuple[KpiPoint, ...]) -> KpiSeries:
        head = self.head
        return KpiSeries(
            dn=head.dn, name=head.name, unit=head.unit, vendor=head.vendor, technology=head.technology, points=points
        )

    def _point(self, at: int) -> KpiPoint:
        value = self._values[at]
        return KpiPoint(
            id=f"{self._partitions[at]}-{self._offsets[at]}",
            end_time=from_micros(self._ends[at]),
            value=None if isnan(value) else value,
            suspect=bool(self._suspects[at]),
        )
