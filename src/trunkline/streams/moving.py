"""A whole log copied to another, as from the embedded one to Kafka: topics, where each group goes on, and state.

Offsets are the target's own. What refers to a place in the log (a group's offsets, a refused event) is translated on
the way; the state of processors arrives as a snapshot each, so its history stays behind. Nothing may write meanwhile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import chain
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from trunkline.log.port import Event, Log, LogError, Record, Topic, TopicPartition
from trunkline.quarantine import Rejected
from trunkline.streams.changelog import Changelog, Snapshot, topics
from trunkline.streams.quarantine import DECISIONS

READ = 2_000
STATE = "state."
SNAPSHOTS = ".snapshot"


class Copied(NamedTuple):
    """One topic that was copied."""

    topic: str
    events: int


class Move:
    """From `source` to `target`, which must not have events of these topics yet.

    Both must choose partitions alike, or keys would meet the wrong state. Raises `LogError`.
    """

    def __init__(self, source: Log, target: Log) -> None:
        self._source, self._target = source, target
        self._groups = {group: source.committed(group) for group in source.groups()}
        self._wanted: defaultdict[TopicPartition, set[int]] = defaultdict(set)
        self._at: dict[tuple[TopicPartition, int], int] = {}
        """Where an offset of the source lies in the target."""

    def run(self, tell: Callable[[Copied], None] = lambda copied: None) -> None:
        """Copy everything, and `tell` of each topic when it is there."""
        known = self._source.topics()
        processors = {topic.name.removesuffix(SNAPSHOTS)[len(STATE) :] for topic in known if _is_state(topic)}
        self._refuse_pending(known)
        self._gather_places()
        for topic in sorted(known, key=_last_what_refers):
            if not _is_state(topic):
                tell(Copied(topic.name, self._copy(topic)))
        for processor in sorted(processors):
            tell(Copied(f"{STATE}{processor}", self._copy_state(processor, known)))
        for group, committed in self._groups.items():
            self._target.commit(
                group,
                {place: self._at[place, offset] for place, offset in committed.items() if (place, offset) in self._at},
            )

    def _gather_places(self) -> None:
        for committed in self._groups.values():
            for place, offset in committed.items():
                self._wanted[place].add(offset)
        quarantine = TopicPartition(Rejected.topic, 0)
        for record in _all(self._source, quarantine):
            self._wanted[quarantine].add(record.offset)
            if named := _place(record):
                self._wanted[named[0]].add(named[1])

    def _refuse_pending(self, known: list[Topic]) -> None:
        """What waits to be worked on again names its place in the source."""
        for topic in known:
            processor = topic.name.removeprefix("retry.")
            for number in range(topic.partitions if processor != topic.name else 0):
                place = TopicPartition(topic.name, number)
                done = self._groups.get(processor, {}).get(place, self._source.start(*place))
                if done < self._source.end(*place):
                    raise LogError(f"{topic.name} has events that wait: let a worker run until they are worked on")

    def _copy(self, topic: Topic) -> int:
        self._target.create(topic)
        copied = 0
        for number in range(topic.partitions):
            place = TopicPartition(topic.name, number)
            if self._target.end(*place) > self._target.start(*place):
                raise LogError(f"the target has events in {topic.name}/{number} already: name an empty log, or prefix")
            wanted = sorted(self._wanted[place], reverse=True)
            for records in _batches(self._source, place):
                events = [self._translated(record) for record in records]
                written = self._target.append(topic.name, events, number)
                for record, (_, offset) in zip(records, written, strict=True):
                    while wanted and wanted[-1] <= record.offset:
                        self._at[place, wanted.pop()] = offset
                copied += len(records)
            end = self._target.end(*place)
            self._at.update({(place, offset): end for offset in wanted})
        return copied

    def _translated(self, record: Record) -> Event:
        value, key = record.value, record.key
        if record.topic == DECISIONS.name and key is not None:
            id = self._at.get((TopicPartition(Rejected.topic, 0), int(key)), int(key))
            key = str(id).encode()
        elif record.topic == Rejected.topic and (place := _place(record)) and place in self._at:
            rejected = msgspec.json.decode(value or b"", type=Rejected)  # `_place` has read it
            value = msgspec.json.encode(msgspec.structs.replace(rejected, offset=self._at[place]))
        return Event(value, key, record.headers, record.time)

    def _copy_state(self, processor: str, known: list[Topic]) -> int:
        """Snapshot and changelog, one behind the other, are a snapshot of the target."""
        [instances] = [topic.partitions for topic in known if topic.name == f"{STATE}{processor}"]
        committed = self._groups.get(processor, {})
        written = 0
        for topic in topics(processor, instances):
            self._target.create(topic)
        for number in range(instances):
            changes, snapshots = (TopicPartition(topic.name, number) for topic in topics(processor, instances))
            its = Changelog(self._source, processor, number)
            packed = chain(its.snapshot(committed), its.changes(committed))
            snapshot = Snapshot(self._target, snapshots, filter(None, packed), self._target.end(*changes))
            while not snapshot.write_next():
                written += 1
            self._target.commit(processor, {snapshots: snapshot.first, changes: snapshot.changes_from})
        return written


def _is_state(topic: Topic) -> bool:
    return topic.name.startswith(STATE)


def _last_what_refers(topic: Topic) -> tuple[int, str]:
    """Refused events tell of places in other topics, and decisions of refused events."""
    order = {Rejected.topic: 1, DECISIONS.name: 2}
    return order.get(topic.name, 0), topic.name


def _place(record: Record) -> tuple[TopicPartition, int] | None:
    """The place in the log of which a refused event tells."""
    if record.value is None:
        return None  # whose it was, is erased
    rejected = msgspec.json.decode(record.value, type=Rejected)
    place = urlsplit(rejected.uri)
    if place.scheme != "log":
        return None
    return TopicPartition(place.netloc, int(place.path.strip("/"))), rejected.offset


def _batches(log: Log, place: TopicPartition) -> Iterator[list[Record]]:
    offset = log.start(*place)
    while records := log.read(*place, offset, READ):
        yield records
        offset = records[-1].offset + 1


def _all(log: Log, place: TopicPartition) -> Iterator[Record]:
    if place.topic in {topic.name for topic in log.topics()}:
        for records in _batches(log, place):
            yield from records
