"""Measurements become KPIs: the processor `kpis`.

An object's counters of one period come in several measurements: one for each group of counters, one each for the CU
and the DU part of an NR cell, some of them late, again, or corrected. They are joined by cell (`Dn.cell`) and period.
Each KPI is sent once all its counters are there, and again when one of them changes; what comes again unchanged does
nothing. Of each object the last `PERIODS` periods are kept; a measurement of an older one is computed by itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from typing import ClassVar

import msgspec

from trunkline.log.port import Record
from trunkline.streams.recorded import Outputs
from trunkline.telco.model import Dn, Kpi, Measurement, Passport, Source, Value
from trunkline.telco.network.performance.formulas import Formula, Table, Tables, class_of

PERIODS = 8  # of each object: two hours at 15 minutes, for what comes late or corrected


class Part(msgspec.Struct, omit_defaults=True):
    """What one measurement gave to a period: the counters that formulas ask for, by the names they ask by."""

    counters: dict[str, Value]
    source: Source
    suspect: bool = False


class Period(msgspec.Struct):
    """One object's counters of one granularity period."""

    dn: str
    vendor: str
    table: str
    end_time: datetime
    granularity: int
    parts: list[Part]

    @property
    def key(self) -> str:
        return f"{self.dn}|{self.end_time.isoformat()}|{self.granularity}"

    def take(self, part: Part) -> set[str]:
        """Add what a measurement gave; return the counters that are new or other than before.

        A counter that came before is replaced: the last word counts.
        """
        before = {name: known for known in self.parts for name in known.counters}
        changed = {
            name
            for name, value in part.counters.items()
            if name not in before or before[name].counters[name] != value or before[name].suspect != part.suspect
        }
        if not changed:
            return changed
        for name in changed:
            if name in before:
                del before[name].counters[name]
        news = Part({name: part.counters[name] for name in part.counters if name in changed}, part.source, part.suspect)
        self.parts = [known for known in self.parts if known.counters]
        self.parts.append(news)
        return changed


class KpiProcessor:
    """Computes KPIs. One instance for each partition: a measurement's key keeps a cell's parts together."""

    name: ClassVar[str] = "kpis"
    reads: ClassVar[tuple[str, ...]] = (Measurement.topic,)
    whole: ClassVar[bool] = False

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._periods: defaultdict[str, dict[str, Period]] = defaultdict(dict)
        self._measurement = msgspec.json.Decoder(Measurement)
        self._period = msgspec.json.Decoder(Period)

    def restore(self, key: str, value: bytes) -> None:
        period = self._period.decode(value)
        self._periods[period.dn][key] = period

    def process(self, records: Sequence[Record], out: Outputs) -> None:
        changed: dict[str, tuple[Table, Period, set[str]]] = {}
        for record in records:
            if record.value is None:
                continue
            measurement = self._measurement.decode(record.value)
            table = self._tables.find(measurement.vendor, measurement.dn)
            if table is None:
                continue
            part = _part(table, measurement)
            if not part.counters:
                continue
            period = self._period_of(table, measurement)
            if counters := period.take(part):
                changed.setdefault(period.key, (table, period, set()))[2].update(counters)
        for table, period, counters in changed.values():
            self._announce(table, period, counters, out)
            out.keep(period.key, msgspec.json.encode(period))
        for dn in {period.dn for _, period, _ in changed.values()}:
            self._forget_old(dn, out)

    def tick(self, now: int, out: Outputs) -> None:
        """Nothing happens here by the clock alone."""

    def _period_of(self, table: Table, measurement: Measurement) -> Period:
        dn = Dn.joined(measurement.dn)
        period = Period(dn, table.vendor, table.name, measurement.end_time, measurement.granularity, [])
        return self._periods[dn].setdefault(period.key, period)

    def _announce(self, table: Table, period: Period, changed: set[str], out: Outputs) -> None:
        where = {name: part for part in period.parts for name in part.counters}
        for formula in table.formulas:
            if formula.counters & changed and formula.counters <= where.keys():
                kpi = _kpi(table, formula, period, where)
                out.send(Kpi.topic, kpi.key, msgspec.json.encode(kpi), id=_event_id(kpi))

    def _forget_old(self, dn: str, out: Outputs) -> None:
        periods = self._periods[dn]
        while len(periods) > PERIODS:
            oldest = min(periods, key=lambda key: periods[key].end_time)
            del periods[oldest]
            out.keep(oldest, None)


def _part(table: Table, measurement: Measurement) -> Part:
    wanted = table.wanted[class_of(measurement.dn)]
    counters = {
        asked: value for name, value in measurement.counters.items() if name in wanted for asked in wanted[name]
    }
    return Part(counters, measurement.source, measurement.suspect)


def _kpi(table: Table, formula: Formula, period: Period, where: dict[str, Part]) -> Kpi:
    counters: dict[str, Value] = {name: where[name].counters[name] for name in sorted(formula.counters)}
    parts = {id(where[name]): where[name] for name in counters}.values()
    value, ratios = formula.compute(counters, period.granularity)
    return Kpi(
        name=formula.name,
        dn=period.dn,
        vendor=period.vendor,
        technology=table.technology,
        end_time=period.end_time,
        granularity=period.granularity,
        value=value,
        unit=formula.unit,
        ratios=ratios,
        suspect=any(part.suspect for part in parts),
        passport=Passport(
            formula=formula.full_name,
            version=formula.version,
            expression=formula.expression,
            counters=counters,
            sources=tuple(part.source for part in parts),
        ),
    )


def _event_id(kpi: Kpi) -> str:
    """The same for the same value from the same counters, another for a correction."""
    content = blake2b(msgspec.json.encode((kpi.passport, kpi.suspect)), digest_size=6).hexdigest()
    return f"{kpi.name}@{kpi.dn}@{kpi.end_time.isoformat()}/{kpi.granularity}#{content}"
