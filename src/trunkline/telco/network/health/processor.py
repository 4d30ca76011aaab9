"""The health of the network: the processor `health`, from alarms, KPIs and the topology to `network.health`.

Cells and nodes are the objects that things happen to. What happens marks its object; at the end of a batch each marked
object is judged once (`judgement`), its share in the scopes above it is renewed (`standings`, `rollup`), and every
scope that is another than before is told. An alarm outside a cell counts for the site of its node.

In a scope above the sites figures move all the time: a new status, count or reason is told at once, figures that merely
moved once in `PACE`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import ClassVar, Final

import msgspec
from msgspec.structs import replace

from trunkline.log.envelope import from_micros
from trunkline.log.port import Record
from trunkline.streams.recorded import Outputs
from trunkline.telco.model import Alarm, Health, Kpi, NetworkResource, Severity
from trunkline.telco.network.health.cells import LONG_AGO, Cell, KpiHead
from trunkline.telco.network.health.judgement import (
    BEST,
    SEVERITIES,
    ActiveAlarm,
    Alarms,
    Judgement,
    Reading,
    alarm_reasons,
    judge_alarms,
    judge_cell,
)
from trunkline.telco.network.health.rollup import DIGITS, Share
from trunkline.telco.network.health.rules import HealthRules
from trunkline.telco.network.health.standings import Scope, Standing, Standings
from trunkline.telco.network.performance.formulas import Tables
from trunkline.telco.network.topology import Place, Topology, is_cell, node_of, object_name

PACE: Final = timedelta(seconds=1)
ORDER: Final = {"cell": 0, "site": 1, "region": 2, "vendor": 3, "network": 4}  # a site is made before those above it


class HealthProcessor:
    """Judges the network. One instance sees all partitions, since a region's health is made of all its cells."""

    name: ClassVar[str] = "health"
    reads: ClassVar[tuple[str, ...]] = (Alarm.topic, Kpi.topic, NetworkResource.topic)
    whole: ClassVar[bool] = True

    def __init__(self, rules: HealthRules, tables: Tables) -> None:
        self._rules = rules
        self._topology = Topology()
        self._cells: dict[str, Cell] = {}
        self._alarms: dict[str, ActiveAlarm] = {}
        self._alarms_on: defaultdict[str, dict[Severity, dict[str, ActiveAlarm]]] = defaultdict(dict)
        self._standings = Standings(rules, tables.scales)
        self._deadlines: list[tuple[datetime, str]] = []
        self._told: dict[Scope, Health] = {}
        self._on_node: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._due: dict[Scope, None] = {}  # scopes whose figures moved and were not told yet
        self._restored: dict[str, None] = {}
        self._kpi = msgspec.json.Decoder(KpiHead)
        self._alarm = msgspec.json.Decoder(Alarm)
        self._resource = msgspec.json.Decoder(NetworkResource)

    def restore(self, key: str, value: bytes) -> None:
        kind, _, name = key.partition("|")
        if kind == "cell":
            cell = self._cells[name] = msgspec.json.decode(value, type=Cell)
            self._watch(cell)
            self._restored[name] = None
        elif kind == "alarm":
            alarm = msgspec.json.decode(value, type=ActiveAlarm)
            self._raise(alarm)
            self._restored[alarm.on] = None
        else:
            self._topology.put(name, msgspec.json.decode(value, type=Place))
            self._know(name)
            self._restored[name] = None

    def process(self, records: Sequence[Record], out: Outputs) -> None:
        self._resume()
        kept = _Kept()
        for record in records:
            if record.topic == Kpi.topic:
                self._take_kpi(record, kept)
            elif record.topic == Alarm.topic:
                self._take_alarm(record, kept)
            else:
                self._take_resource(record, kept)
        last = records[-1]
        self._tell(kept, from_micros(last.time), f"{last.topic}/{last.partition}/{last.offset}", out)

    def tick(self, now: int, out: Outputs) -> None:
        """Notice who has fallen silent, and tell the figures that wait."""
        self._resume()
        time = from_micros(now)
        kept = _Kept()
        while self._deadlines and self._deadlines[0][0] <= time:
            cell = self._cells[heappop(self._deadlines)[1]]
            if not cell.silent and cell.deadline(self._rules.silence) <= time:
                cell.silent = True
                kept.cells[cell.name] = None
        self._tell(kept, time, f"tick/{now}", out)

    def _take_kpi(self, record: Record, kept: _Kept) -> None:
        if record.value is None:
            return
        kpi = self._kpi.decode(record.value)
        name = object_name(kpi.dn)
        if not is_cell(name):
            return
        reading = Reading(
            end_time=kpi.end_time,
            granularity=kpi.granularity,
            value=kpi.value,
            unit=kpi.unit,
            ratios=kpi.ratios,
            formula=kpi.passport.formula,
            suspect=kpi.suspect,
        )
        cell = self._cells.get(name) or self._cells.setdefault(name, Cell(name))
        before = cell.deadline(self._rules.silence)
        if cell.take(kpi.name, reading, self._rules.silence):
            cell.vendor = kpi.vendor
            deadline = cell.deadline(self._rules.silence)
            cell.silent = deadline <= from_micros(record.time)  # the log's time: what comes too late was silence
            if deadline != before:
                self._watch(cell)
            kept.cells[name] = None

    def _take_alarm(self, record: Record, kept: _Kept) -> None:
        id = (record.key or b"").decode()
        if record.value is not None:
            alarm = self._alarm.decode(record.value)
            id = alarm.id
            active_now = alarm.state != "cleared" and alarm.perceived_severity is not Severity.CLEARED
            if active_now and self._rules.counts(alarm):
                active = ActiveAlarm(
                    id=id,
                    on=object_name(alarm.dn),
                    dn=alarm.dn,
                    vendor=alarm.vendor,
                    name=alarm.specific_problem or alarm.problem,
                    severity=alarm.perceived_severity,
                    raised=alarm.raised_time,
                )
                if self._alarms.get(id) != active:
                    self._drop(id, kept)
                    self._raise(active)
                    kept.alarms[id] = kept.objects[active.on] = None
                return
        self._drop(id, kept)

    def _raise(self, alarm: ActiveAlarm) -> None:
        self._alarms[alarm.id] = alarm
        self._alarms_on[alarm.on].setdefault(alarm.severity, {})[alarm.id] = alarm
        self._know(alarm.on)

    def _drop(self, id: str, kept: _Kept) -> None:
        alarm = self._alarms.pop(id, None)
        if alarm is not None:
            del self._alarms_on[alarm.on][alarm.severity][id]
            kept.alarms[id] = kept.objects[alarm.on] = None

    def _take_resource(self, record: Record, kept: _Kept) -> None:
        if record.value is None:
            return  # what was in the network and is no more falls silent
        name = self._topology.learn(self._resource.decode(record.value))
        if name is None:
            return
        kept.places[name] = None
        self._know(name)
        kept.objects[name] = None
        kept.objects.update(self._on_node[node_of(name)])  # a node and its cells complete each other's places

    def _know(self, name: str) -> None:
        if is_cell(name):
            self._cells.setdefault(name, Cell(name))

    def _watch(self, cell: Cell) -> None:
        """Look at the cell again when it may have fallen silent."""
        if not cell.silent:
            heappush(self._deadlines, (cell.deadline(self._rules.silence), cell.name))

    def _resume(self) -> None:
        """After a restart: judge what was remembered. All of it was told before."""
        if self._restored:
            for scope in _in_order(self._settle_all(self._restored)):
                self._told[scope] = self._standings.health(scope, LONG_AGO)
            self._restored = {}

    def _tell(self, kept: _Kept, time: datetime, cause: str, out: Outputs) -> None:
        """Judge what is marked, remember what was heard, and tell of every scope that is another than before."""
        touched = self._settle_all(kept.objects | kept.cells)
        for scope in _in_order(touched | self._due.keys()):
            before = self._told.get(scope)
            health = self._standings.health(scope, max(time, before.time) if before else time)
            self._due.pop(scope, None)
            if before is None or self._is_news(before, health):
                self._told[scope] = health
                for topic in (Health.topic, Health.current):
                    out.send(topic, health.key, msgspec.json.encode(health), id=f"{health.key}@{cause}")
        for name in kept.cells:
            out.keep(f"cell|{name}", msgspec.json.encode(self._cells[name]))
        for id in kept.alarms:
            alarm = self._alarms.get(id)
            out.keep(f"alarm|{id}", msgspec.json.encode(alarm) if alarm else None)
        for name in kept.places:
            out.keep(f"place|{name}", msgspec.json.encode(self._topology.own(name)))

    def _is_news(self, before: Health, health: Health) -> bool:
        """Is it to be told now? Figures above the sites that merely moved wait until their turn."""
        if replace(before, time=health.time) == health:
            return False
        wide = ORDER[health.scope] > ORDER["site"]
        if (
            wide
            and health.time - before.time < PACE
            and replace(before, time=health.time, score=health.score, kpis=health.kpis) == health
        ):
            self._due[health.scope, health.id] = None
            return False
        return True

    def _settle_all(self, names: Iterable[str]) -> set[Scope]:
        """Judge objects anew and return all scopes that this touches."""
        touched: set[Scope] = set()
        for name in names:
            touched |= self._settle(name)
        return touched

    def _settle(self, name: str) -> set[Scope]:
        node = node_of(name)
        if node:
            self._on_node[node][name] = None
        alarms = self._alarms_on.get(name, {})
        counts = {severity.value: len(alarms[severity]) for severity in SEVERITIES if alarms.get(severity)}
        cell = self._cells.get(name)
        if cell is not None:
            standing = self._stand_cell(cell, alarms, counts)
            return self._standings.put(name, standing) | {("cell", name)}
        vendor = _vendor(alarms)
        status, points = judge_alarms(alarms, self._rules)
        judgement = Judgement(status, BEST - points, tuple(alarm_reasons(alarms, self._rules)))
        share = Share(status=None, score=0.0, alarms=counts, kpis={})
        return self._standings.put(name, Standing(self._topology.place(name, vendor), judgement, share, kpis={}))

    def _stand_cell(self, cell: Cell, alarms: Alarms, counts: dict[str, int]) -> Standing:
        place = self._topology.place(cell.name, cell.vendor or _vendor(alarms))
        judgement = judge_cell(cell.name, place.technology, cell.readings, alarms, cell.silence, self._rules)
        heard = {} if cell.silent else {name: cell.readings[name] for name in sorted(cell.readings)}
        share = Share(
            status=judgement.status,
            score=judgement.score,
            alarms=counts,
            kpis={name: (reading.formula, reading.ratios) for name, reading in heard.items() if not reading.suspect},
        )
        kpis = {
            name: None if reading.value is None else round(reading.value, DIGITS) for name, reading in heard.items()
        }
        return Standing(place, judgement, share, kpis)


class _Kept:
    """What a batch changed: the objects to judge again, and the state to remember."""

    def __init__(self) -> None:
        self.objects: dict[str, None] = {}
        self.cells: dict[str, None] = {}
        self.alarms: dict[str, None] = {}
        self.places: dict[str, None] = {}


def _in_order(scopes: Iterable[Scope]) -> list[Scope]:
    """The cells, then the sites, then what is above; a site's health is the ground of that above it."""
    return sorted(scopes, key=lambda scope: (ORDER[scope[0]], scope[1]))


def _vendor(alarms: Alarms) -> str:
    """Who made an object, as far as its alarms say."""
    return next((alarm.vendor for those in alarms.values() for alarm in those.values()), "")
