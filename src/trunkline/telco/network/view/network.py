"""The network as it is now: a view in memory that follows the log.

It is rebuilt from the log at each start and then kept up with it, so it stores nothing. The API serves it to many,
and the command (`trunkline health`, `alarms`, `explain`) builds it for one question, without any server running.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from trunkline.log.port import Log, Record, TopicPartition
from trunkline.telco.model import Alarm, Health, Kpi, NetworkResource
from trunkline.telco.network.topology import Topology, node_of, object_name
from trunkline.telco.network.view.alarmlist import AlarmFilter, AlarmList, AlarmPage, AlarmSort, Cursor, LocatedAlarm
from trunkline.telco.network.view.kpiseries import KpiHead, KpiRing, KpiSeries
from trunkline.telco.network.view.scopes import Cursor as HealthCursor
from trunkline.telco.network.view.scopes import HealthFilter, HealthPage, HealthSort, Scope, Scopes

# Places first, so that an alarm finds its place; then what a reader waits for most.
TOPICS = (NetworkResource.topic, Alarm.topic, Health.topic, Kpi.topic)
BATCH = 2_000  # records taken at once; queries wait that long at most (some ms)
# Of a long log only the tail of these topics is read, per partition, so that a start takes seconds. It must reach back
# far enough for every scope to be in it: for 5,000 of them, at least 50 records of each.
TAIL = {Health.topic: 250_000, Kpi.topic: 250_000}
WAIT = 0.1  # seconds until `follow` looks whether it must stop


class Change(NamedTuple):
    """A change of a scope's health or of an alarm, and the offset of its record."""

    offset: int
    record: Health | LocatedAlarm


Listener = Callable[[str, Sequence[Change]], None]
"""Called with a topic and its changes, in the thread that follows, after the view shows them."""


class NetworkView:
    """Health, alarms and KPIs by the log. Safe to query from any thread while another follows."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._lock = threading.RLock()
        self._positions: dict[TopicPartition, int] = {}
        self._listeners: list[Listener] = []
        self._topology = Topology()
        self._alarms = AlarmList()
        self._scopes = Scopes()
        self._kpis: dict[str, dict[str, KpiRing]] = {}
        self._alarm = msgspec.json.Decoder(LocatedAlarm)
        self._health = msgspec.json.Decoder(Health)
        self._resource = msgspec.json.Decoder(NetworkResource)
        self._kpi_head = msgspec.json.Decoder(KpiHead)
        self._take = {
            NetworkResource.topic: self._take_resources,
            Alarm.topic: self._take_alarms,
            Health.topic: self._take_health,
            Kpi.topic: self._take_kpis,
        }

    # Following the log

    def catch_up(self, topics: Sequence[str] = TOPICS) -> None:
        """Take all that the log has of `topics` now. A question that needs no KPI values leaves `network.kpi` out."""
        partitions = {topic.name: topic.partitions for topic in self._log.topics()}
        for topic in topics:
            for partition in range(partitions.get(topic, 0)):
                at = TopicPartition(topic, partition)
                if at not in self._positions:
                    if topic == Health.topic and Health.current in partitions:
                        self._take_current_health()
                    self._positions[at] = self._first(at)
                while self._read(at):
                    pass

    def follow(self, stop: threading.Event) -> None:
        """Keep up with the log until `stop` is set; changes show within some milliseconds."""
        self.catch_up()
        while not stop.is_set():
            if self._log.wait(self._positions, WAIT):
                for at in list(self._positions):
                    self._read(at)

    def subscribe(self, listener: Listener) -> None:
        """Tell `listener` of every change of health or alarm from now on."""
        self._listeners.append(listener)

    def position(self, topic: str) -> int:
        """The offset of the next record that the view will take of a topic with one partition."""
        return self._positions.get(TopicPartition(topic, 0), 0)

    def _take_current_health(self) -> None:
        """What was told so long ago that the tail does not have it: a site that fell silent is still to be seen."""
        offset = 0
        while records := self._log.read(Health.current, 0, offset, BATCH):
            with self._lock:
                self._scopes.begin(record.value for record in records if record.value is not None)
            offset = records[-1].offset + 1

    def _first(self, at: TopicPartition) -> int:
        start = self._log.start(*at)
        tail = TAIL.get(at.topic)
        return start if tail is None else max(start, self._log.end(*at) - tail)

    def _read(self, at: TopicPartition) -> bool:
        end = self._log.end(*at)
        records = self._log.read(at.topic, at.partition, self._positions[at], BATCH)
        if not records:
            self._positions[at] = max(self._positions[at], end)  # compaction may leave nothing before the end
            return False
        with self._lock:
            changes = self._take[at.topic](records)
            self._positions[at] = records[-1].offset + 1
        if changes:
            for listener in self._listeners:
                listener(at.topic, changes)
        return True

    def _take_resources(self, records: Sequence[Record]) -> list[Change]:
        for record in records:
            name = self._topology.learn(self._resource.decode(record.value)) if record.value is not None else None
            if name is not None:
                there = self._alarms.below(node_of(name) or name)
                self._alarms.update((alarm.id, self._located(alarm)) for alarm in there)
        return []

    def _take_alarms(self, records: Sequence[Record]) -> list[Change]:
        alarms = [
            (record, self._located(self._alarm.decode(record.value)) if record.value is not None else None)
            for record in records
        ]
        self._alarms.update(((record.key or b"").decode(), alarm) for record, alarm in alarms)
        return [Change(record.offset, alarm) for record, alarm in alarms if alarm is not None]

    def _take_health(self, records: Sequence[Record]) -> list[Change]:
        self._scopes.put(((record.key or b"").decode(), record.value) for record in records if record.value is not None)
        if not self._listeners:
            return []
        return [Change(r.offset, self._health.decode(r.value)) for r in records if r.value is not None]

    def _take_kpis(self, records: Sequence[Record]) -> list[Change]:
        for record in records:
            if record.value is None:
                continue
            kpi = self._kpi_head.decode(record.value)
            rings = self._kpis.setdefault(kpi.dn, {})
            ring = rings.get(kpi.name)
            if ring is None:
                ring = rings[kpi.name] = KpiRing(kpi)
            ring.put(kpi, record)
        return []

    # Health

    def network(self) -> Health | None:
        """The health of the whole network; None while nothing is known of it."""
        return self.health(Scope.NETWORK, "network")

    def vendors(self) -> list[Health]:
        with self._lock:
            return self._scopes.all(Scope.VENDOR)

    def regions(self) -> list[Health]:
        with self._lock:
            return self._scopes.all(Scope.REGION)

    def sites(self) -> list[Health]:
        with self._lock:
            return self._scopes.all(Scope.SITE)

    def health(self, scope: Scope, id: str) -> Health | None:
        with self._lock:
            return self._scopes.get(scope, id)

    def scopes(
        self,
        scope: Scope,
        wanted: HealthFilter | None = None,
        sort: HealthSort = HealthSort.ID,
        *,
        descending: bool = False,
        limit: int = 100,
        after: HealthCursor | None = None,
    ) -> HealthPage:
        """The scopes of one kind that match `wanted`, a page at a time."""
        with self._lock:
            return self._scopes.page(
                scope, wanted or HealthFilter(), sort, descending=descending, limit=limit, after=after
            )

    def history(
        self, scope: Scope, id: str, since: datetime | None = None, until: datetime | None = None
    ) -> list[Health]:
        """The health of one scope over time, oldest first, led by the record in force at `since`."""
        with self._lock:
            return self._scopes.history(scope, id, since, until)

    # Alarms

    def alarm(self, id: str) -> LocatedAlarm | None:
        with self._lock:
            return self._alarms.get(id)

    def alarms(
        self,
        wanted: AlarmFilter | None = None,
        sort: AlarmSort = AlarmSort.RAISED,
        *,
        descending: bool = True,
        limit: int = 100,
        after: Cursor | None = None,
    ) -> AlarmPage:
        """The alarms that match `wanted` (the active ones without it), a page at a time, the latest raised first."""
        with self._lock:
            return self._alarms.page(wanted or AlarmFilter(), sort, descending=descending, limit=limit, after=after)

    def located(self, alarm: LocatedAlarm) -> LocatedAlarm:
        """The alarm with its site and region."""
        with self._lock:
            return self._located(alarm)

    def _located(self, alarm: LocatedAlarm) -> LocatedAlarm:
        place = self._topology.place(object_name(alarm.dn), alarm.vendor)
        if (place.site, place.region) == (alarm.site, alarm.region):
            return alarm
        return msgspec.structs.replace(alarm, site=place.site, region=place.region)

    def region(self, dn: str) -> str:
        """The region in which an object stands; `unknown` where no resource says it."""
        with self._lock:
            return self._topology.place(object_name(dn)).region

    # KPIs

    def kpis(
        self, dn: str, names: Iterable[str] = (), since: datetime | None = None, until: datetime | None = None
    ) -> list[KpiSeries]:
        """The KPIs of one cell or node over time, by name; all of its KPIs without `names`."""
        with self._lock:
            rings = self._kpis.get(dn, {})
            wanted = list(names) or sorted(rings)
            return [rings[name].series(rings[name].points(since, until)) for name in wanted if name in rings]

    def measured_at(self, site: str) -> list[str]:
        """The DNs of the cells and nodes of a site that KPIs are known of."""
        with self._lock:
            cells = (self._scopes.get(Scope.CELL, dn) for dn in self._kpis)
            return sorted(
                dn
                for dn, cell in zip(self._kpis, cells, strict=True)
                if (cell.site if cell else self._topology.place(object_name(dn)).site) == site
            )

    def kpi(self, id: str) -> Kpi | None:
        """The KPI value of an id that `kpis` gave, with its passport; None once the log keeps it no more.

        Raises `ValueError` on what cannot be an id.
        """
        partition, dash, offset = id.partition("-")
        if not (dash and partition.isdecimal() and offset.isdecimal()):
            raise ValueError(f"{id!r} is not the id of a KPI value: expected partition-offset, as /kpis gives it")
        at = TopicPartition(Kpi.topic, int(partition))
        if at not in self._positions:
            return None
        records = self._log.read(at.topic, at.partition, int(offset), 1)
        if not records or records[0].offset != int(offset) or records[0].value is None:
            return None
        return msgspec.json.decode(records[0].value, type=Kpi)
