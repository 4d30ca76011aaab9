"""Reads by offset and by time: consumers without a group, kept for the reads to come."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import Message
from confluent_kafka import TopicPartition as Place

from trunkline.log.kafka.batches import Batches
from trunkline.log.kafka.connection import Connection
from trunkline.log.kafka.errors import ANSWER, told
from trunkline.log.kafka.fetching import SETTINGS, heard
from trunkline.log.kafka.offsets import Offsets
from trunkline.log.port import LogError, Record, TopicPartition

READ_BYTES = 64 << 20  # after which a read ends, however few events it has
READ_AT_ONCE = 10_000  # events, where they are looked through for a time
BULK = 500  # events: who reads so many at once comes for those behind them next
KEPT = 4  # consumers that are kept for reads to come
QUICK = {**SETTINGS, "queued.max.messages.kbytes": 32 << 10, "fetch.wait.max.ms": 5}


class Reading:
    """Reads for any number of threads at once."""

    def __init__(self, connection: Connection, offsets: Offsets, batches: Batches) -> None:
        self._connection, self._offsets, self._batches = connection, offsets, batches
        self._idle: list[Cursor] = []
        self._lock = threading.Lock()
        connection.closing_with_log(self)

    def read(self, place: TopicPartition, offset: int, limit: int) -> list[Record]:
        """See `Log.read`."""
        [start], [end] = self._offsets.starts([place]).values(), self._offsets.ends([place]).values()
        first = max(offset, start)
        if first >= end or limit <= 0:
            return []
        with self._cursor(place, first) as cursor, told(f"reading {place.topic}/{place.partition}"):
            messages = cursor.read(place, first, end, limit)
        return [record for batch in self._batches.of(messages) for record in batch.records()]

    def offset_at(self, place: TopicPartition, moment: int) -> int:
        """See `Log.offset_at`. An event that tells of a later time than that of its append is not looked for."""
        offset = self._offsets.appended_at(place, moment)
        while offset is not None and (records := self.read(place, offset, READ_AT_ONCE)):
            for record in records:
                if record.time >= moment:
                    return record.offset
            offset = records[-1].offset + 1
        return self._offsets.ends([place])[place]

    def close(self) -> None:
        with self._lock:
            cursors, self._idle = self._idle, []
        for cursor in cursors:
            cursor.close()

    @contextmanager
    def _cursor(self, place: TopicPartition, offset: int) -> Iterator[Cursor]:
        """The one that goes on there if there is one, otherwise one that stands still, or a new one."""
        at = (place, offset)
        with self._lock:
            fitting = sorted((its for its in self._idle if its.at in (at, None)), key=lambda its: its.at is None)
            if fitting:
                self._idle.remove(fitting[0])
        cursor = fitting[0] if fitting else Cursor(self._connection)
        try:
            yield cursor
        except BaseException:
            cursor.close()
            raise
        with self._lock:
            self._idle.append(cursor)
            superfluous = self._idle.pop(0) if len(self._idle) > KEPT else None
        if superfluous is not None:
            superfluous.close()


class Cursor:
    """A consumer that reads one partition forward. `at` is where it goes on by itself, None where it stands still."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._consumer = connection.consumer("readers", **QUICK)
        self.at: tuple[TopicPartition, int] | None = None

    def read(self, place: TopicPartition, first: int, end: int, limit: int) -> list[Message]:
        """The messages before `end`, and what has come meanwhile; `limit` at most, fewer where they are large."""
        if self.at != (place, first):
            self._consumer.assign([Place(self._connection.named(place.topic), place.partition, first)])
        found: list[Message] = []
        size, ended = 0, False
        while not ended and len(found) < limit and size < READ_BYTES:
            messages = self._consumer.consume(limit - len(found), 0) or self._consumer.consume(1, ANSWER)
            if not messages:
                raise LogError(f"reading {place.topic}: Kafka has not answered for {ANSWER:g} s: are the brokers up?")
            for message in heard(messages):
                if message.error() is None:
                    found.append(message)
                    size += len(message)
                    ended = message.offset() >= end - 1
                else:
                    ended = message.offset() >= end
        if found and limit >= BULK and not ended:
            self.at = (place, found[-1].offset() + 1)
        else:
            # Otherwise it would ask the broker for more again and again.
            self._consumer.unassign()
            self.at = None
        return found

    def close(self) -> None:
        self._consumer.close()
