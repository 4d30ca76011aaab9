"""The network's topics, followed into the store: its documents are what the topics say, each change told once.

The follower of a topic brings every record into the store in a unit of work with its position, so a process that is
killed goes on where the store says. What is said again unchanged changes nothing and is told to nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from trunkline.log.port import Log, Record, TopicPartition
from trunkline.store import Store, Unit
from trunkline.telco.model import Alarm, Kpi, NetworkResource
from trunkline.telco.network.records import alarms, awaited, deleted, posted
from trunkline.telco.network.records.kinds import ALARM, MEASUREMENT, RESOURCE
from trunkline.telco.network.records.measurements import latest, measurement
from trunkline.telco.network.records.resources import id_of, resource
from trunkline.tmf import events
from trunkline.tmf.apis import alarm, performance, resource_inventory
from trunkline.tmf.declaration import Document, OpenApi, Resource


class Change(NamedTuple):
    """What a record of a topic says of a document: all of it, or that it is gone (None)."""

    id: str
    told: Document | None


class Followed(NamedTuple):
    """A topic's resource. `read` gives the document of a value, `kept` what becomes of a document that is there, `id`
    the document of a key."""

    api: OpenApi
    of: Resource
    read: Callable[[bytes], Document]
    kept: Callable[[Document, Document], Document]
    id: Callable[[str], str] = str

    def change(self, record: Record) -> Change:
        """What a record says; without value, that the document of its key is gone."""
        if record.value is None:
            return Change(self.id((record.key or b"").decode()), None)
        told = self.read(_readable(record.value))
        return Change(told["id"], told)


_alarm = msgspec.json.Decoder(Alarm).decode
_resource = msgspec.json.Decoder(NetworkResource).decode
_kpi = msgspec.json.Decoder(Kpi).decode

TOPICS: Final[Mapping[str, Followed]] = {
    Alarm.topic: Followed(alarm.API, ALARM, lambda value: alarms.alarm(_alarm(value)), alarms.merged),
    NetworkResource.topic: Followed(
        resource_inventory.API, RESOURCE, lambda value: resource(_resource(value)), lambda before, told: told, id_of
    ),
    Kpi.topic: Followed(performance.API, MEASUREMENT, lambda value: measurement(_kpi(value)), latest),
}


TAIL: Final = 250_000  # KPIs of a partition: of each indicator of thousands of cells the last ones


def begin(log: Log, store: Store) -> None:
    """Let the KPIs be followed from the tail of a long log on, where they never were: only their last values are kept.
    A follower is named as its topic."""
    places = [
        TopicPartition(topic.name, number)
        for topic in log.topics()
        if topic.name == Kpi.topic
        for number in range(topic.partitions)
    ]
    with store.unit() as unit:
        if not unit.positions(Kpi.topic):
            unit.set_positions(Kpi.topic, {each: max(log.start(*each), log.end(*each) - TAIL) for each in places})


def take(unit: Unit, record: Record) -> None:
    """Bring a record of one of the topics into the store, and tell what changes by it."""
    followed = TOPICS[record.topic]
    change = followed.change(record)
    before = _get(unit, followed.of, change.id)
    if change.told is None:
        if before is not None:
            _forget(unit, followed, before)
        elif followed.of is ALARM:
            deleted.forget(unit, change.id)
        return
    if before is None and followed.of is ALARM and deleted.stays(unit, change.told):
        return
    after = followed.kept(before, change.told) if before is not None else change.told
    if after != before:
        unit.put(followed.of.name, change.id, msgspec.json.encode(after))
        events.tell(unit, followed.api, followed.of, before, after)
    if followed.of is ALARM:
        _settle(unit, followed, after)


def _readable(value: bytes) -> bytes:
    """The value with a mark for the character NUL, which a trap's text may have and no database keeps."""
    return msgspec.json.encode(_marked(msgspec.json.decode(value))) if b"\\u0000" in value else value


def _marked(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, list):
        return [_marked(each) for each in value]
    if isinstance(value, dict):
        return {_marked(name): _marked(each) for name, each in value.items()}
    return value


def _settle(unit: Unit, followed: Followed, alarm: Document) -> None:
    """Tell who waits for the alarm, and let what was posted and turned out to be this alarm go."""
    instead = posted.settle(unit, alarm)
    other = _get(unit, followed.of, instead) if instead is not None else None
    if other is not None:
        _forget(unit, followed, other)
    awaited.settle(unit, followed.api, alarm)


def _forget(unit: Unit, followed: Followed, document: Document) -> None:
    unit.remove(followed.of.name, document["id"])
    events.tell(unit, followed.api, followed.of, document, None)
    if followed.of is ALARM:
        posted.forget(unit, document)
        awaited.forget(unit, followed.api, document["id"])


def _get(unit: Unit, of: Resource, id: str) -> Document | None:
    stored = unit.get(of.name, id)
    document: Document | None = msgspec.json.decode(stored.document) if stored is not None else None
    return document
