"""The log's topics as those of TMF688, and what is in them as their events.

A topic of the log is kept as a document, so that it is found as any other; its events are not copied, but read from the
log when they are asked for: the newest of them, since a topic may hold millions. Only the platform writes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from functools import partial

import msgspec

from trunkline.log.envelope import attributes
from trunkline.log.port import Log, Record
from trunkline.store import Conflict, Found, Kind, Outgoing, Query, Store, Stored, StoreError, Unit
from trunkline.store.matching import matches, values
from trunkline.store.query import And, Compare, Condition, Path
from trunkline.tmf.apis.event import EVENT, TOPIC
from trunkline.tmf.declaration import Document, Task
from trunkline.tmf.errors import conflict

NEWEST = 1_000
"""Events of a topic that are looked at."""

_TIMES = frozenset(attribute.path for attribute in EVENT.attributes if attribute.type == "time")


class LoggedStore:
    """A store that has the events of the log's topics too, to be read alone. Raises `StoreError` as the store does."""

    def __init__(self, store: Store, log: Log) -> None:
        self._store, self._log = store, log
        self._partitions = {topic.name: topic.partitions for topic in log.topics()}
        self.declare([TOPIC.kind])
        for name in self._partitions:
            if store.get(TOPIC.name, name) is not None:
                continue  # so that a start need not wait for who writes
            document = {"id": name, "@type": TOPIC.type, "name": name}
            try:
                with store.unit() as unit:
                    unit.add(TOPIC.name, name, msgspec.json.encode(document))
            except Conflict:  # another process that serves was faster
                continue

    @property
    def topics(self) -> frozenset[str]:
        """The names of the log's topics."""
        return frozenset(self._partitions)

    def get(self, kind: str, id: str) -> Stored | None:
        """A document; an event of the log by its place there, `<topic>:<partition>:<offset>`."""
        topic, partition, offset = [*id.rsplit(":", 2), "", ""][:3]
        if kind != EVENT.name or topic not in self._partitions:
            return self._store.get(kind, id)
        if not (partition.isdecimal() and offset.isdecimal() and int(partition) < self._partitions[topic]):
            return None
        if len(offset) > 18 or not self._log.start(topic, int(partition)) <= int(offset):
            return None
        records = self._log.read(topic, int(partition), int(offset), 1)
        return _stored(_event(records[0])) if records and records[0].offset == int(offset) else None

    def find(self, query: Query) -> Found:
        """Documents; of a topic of the log those among its newest events, by their time."""
        topic = _topic(query.where) if query.kind == EVENT.name else ""
        if topic not in self._partitions:
            return self._store.find(query)
        records, complete = self._newest(topic)
        where = query.where
        events = [event for event in map(_event, records) if where is None or matches(where, event, _TIMES)]
        for sort in reversed(query.sort):
            events.sort(key=partial(_first, sort.path), reverse=sort.descending)
        ids = [event["id"] for event in events]
        try:
            if query.after:
                first = ids.index(query.after) + 1
            elif query.before:
                first = max(0, ids.index(query.before) - query.limit)
            else:
                first = query.offset
            last = min(first + query.limit, ids.index(query.before) if query.before else len(ids))
        except ValueError:
            raise StoreError("the cursor is none of this list, or its event is not among the newest any more") from None
        part = events[first:last]
        ends = (part[0]["id"], part[-1]["id"]) if part else ("", "")
        return Found([_stored(event) for event in part], len(events), complete, *ends)

    def _newest(self, topic: str) -> tuple[list[Record], bool]:
        """The newest records in the order of their times, and whether these are all."""
        partitions = self._partitions[topic]
        records: list[Record] = []
        complete = True
        for partition in range(partitions):
            start, end = self._log.start(topic, partition), self._log.end(topic, partition)
            offset = max(start, end - NEWEST // partitions)
            complete = complete and offset == start
            while offset < end and (read := self._log.read(topic, partition, offset, NEWEST)):
                records += read
                offset = read[-1].offset + 1
        return sorted(records, key=lambda record: record.time), complete

    def declare(self, kinds: Sequence[Kind]) -> None:
        """As the store does."""
        self._store.declare(kinds)

    def unit(self) -> AbstractContextManager[Unit]:
        """As the store does."""
        return self._store.unit()

    def outbox(self, limit: int = 1000) -> Sequence[Outgoing]:
        """As the store does."""
        return self._store.outbox(limit)

    def sent(self, last: int) -> None:
        """As the store does."""
        self._store.sent(last)

    def close(self) -> None:
        """As the store does."""
        self._store.close()


class TopicOwner:
    """Keeps the log's topics, and what is in them, from being changed over the API."""

    def __init__(self, topics: frozenset[str]) -> None:
        self._topics = topics

    def create(self, unit: Unit, document: Document) -> Document:
        return self._not_of_the_log(document)

    def change(self, unit: Unit, before: Document, after: Document) -> Document:
        return self._not_of_the_log(after)

    def delete(self, unit: Unit, document: Document) -> None:
        self._not_of_the_log(document)

    def perform(self, unit: Unit, task: Task, document: Document) -> Document:
        raise NotImplementedError(f"there is no task {task.name} on topics")

    def _not_of_the_log(self, document: Document) -> Document:
        """Raises `Refusal` (409)."""
        topic = document.get(EVENT.parent, document["id"])
        if topic in self._topics:
            raise conflict("notYours", f"{topic} is a topic of the platform's log", "only the platform writes it")
        return document


class TopicHubOwner:
    """Says where to subscribe: events go to the callbacks of an API's own hub, none to one of a single topic."""

    def create(self, unit: Unit, document: Document) -> Document:
        raise conflict(
            "noHubOfATopic",
            "events of a single topic are not sent to a callback",
            "subscribe at /hub of the API whose events they are, with a query such as eventType=AlarmCreateEvent",
        )

    def change(self, unit: Unit, before: Document, after: Document) -> Document:
        return after

    def delete(self, unit: Unit, document: Document) -> None:
        """Nothing is kept."""

    def perform(self, unit: Unit, task: Task, document: Document) -> Document:
        raise NotImplementedError(f"there is no task {task.name} on hubs")


def _topic(where: Condition | None) -> str:
    """The topic whose events are asked for."""
    for condition in where.conditions if isinstance(where, And) else (where,):
        if isinstance(condition, Compare) and condition.path == (EVENT.parent,):
            return str(condition.value)
    return ""


def _event(record: Record) -> Document:
    """A record of the log as an event (TMF688), by its CloudEvents envelope."""
    told = attributes(record)
    event: Document = {
        "id": f"{record.topic}:{record.partition}:{record.offset}",
        "@type": EVENT.type,
        EVENT.parent: record.topic,
        "eventId": told["id"],
        "eventType": told["type"],
        "eventTime": told["time"],
        "timeOccurred": told["time"],
    }
    if "source" in told:
        event["source"] = {"@type": "EntityRef", "id": told["source"]}
    if record.value is not None:
        with suppress(msgspec.DecodeError, ValueError):  # others may write to the log, and not JSON
            event["event"] = msgspec.json.decode(record.value)
    return event


def _first(path: Path, event: Document) -> str:
    return str(next(iter(values(event, path)), ""))


def _stored(event: Document) -> Stored:
    return Stored(event["id"], 1, msgspec.json.encode(event))
