"""Reads by offset and by time, and the wait for what comes."""

import time
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from operator import attrgetter
from threading import Condition, Lock

import apsw

from trunkline.log.embedded.batches import decode, size
from trunkline.log.embedded.database import Database
from trunkline.log.embedded.topics import Topics
from trunkline.log.port import Record, TopicPartition

READ_BYTES = 64 << 20  # after which a read ends, however few events it has
LOOK = 0.008  # seconds between looks at what other processes have written
BatchKey = tuple[int, int, int]
"""(partition id, base, count): compaction, which rewrites batches, only ever lowers the count."""


class Reader:
    """Reads for any number of threads at once; every read sees committed batches only."""

    def __init__(self, database: Database, topics: Topics) -> None:
        self._database, self._topics = database, topics
        self._unfinished = UnfinishedBatches()
        self._news = Condition()

    def read(self, topic: str, number: int, offset: int, limit: int) -> list[Record]:
        """See `Log.read`."""
        partition = self._topics.id(topic, number)
        found: list[Record] = []
        size = 0
        with self._database.reading() as db, db:
            for key, stored, records in self._batches(db, TopicPartition(topic, number), partition, offset):
                first = 0 if records[0].offset >= offset else bisect_left(records, offset, key=attrgetter("offset"))
                room = limit - len(found)
                if len(records) - first > room:
                    found += records[first : first + room]
                    self._unfinished.keep(key, records)
                    break
                found += records[first:] if first else records
                size += stored
                if len(found) == limit or size > READ_BYTES:
                    break
        return found

    def start(self, topic: str, number: int) -> int:
        """See `Log.start`."""
        return self._bounds([self._topics.id(topic, number)])[0][0]

    def end(self, topic: str, number: int) -> int:
        """See `Log.end`."""
        return self._bounds([self._topics.id(topic, number)])[0][1]

    def offset_at(self, topic: str, number: int, time: int) -> int:
        """See `Log.offset_at`."""
        partition = self._topics.id(topic, number)
        with self._database.reading() as db, db:
            # `reached` never falls, so that no batch before this one has an event at or after `time`.
            for (base,) in db.execute(
                "SELECT base FROM batch WHERE partition = ? AND reached >= ? ORDER BY reached, base LIMIT 1",
                (partition, time),
            ):
                for _, _, records in self._batches(db, TopicPartition(topic, number), partition, base):
                    for record in records:
                        if record.time >= time:
                            return record.offset
        return self.end(topic, number)

    def wait(self, offsets: Mapping[TopicPartition, int], timeout: float) -> bool:
        """See `Log.wait`. An append of this process wakes it at once, one of another within 8 ms."""
        deadline = time.monotonic() + timeout
        wanted = [(self._topics.id(topic, number), offset) for (topic, number), offset in offsets.items()]
        with self._database.reading() as db:
            seen = None
            while True:
                # SQLite's data_version changes with every commit of another connection, and costs microseconds.
                version = db.pragma("data_version")
                if version != seen:
                    seen = version
                    if any(
                        end > max(offset, start)
                        for (_, offset), (start, end) in zip(wanted, bounds(db, [id for id, _ in wanted]), strict=True)
                    ):
                        return True
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                with self._news:
                    self._news.wait(min(LOOK, left))

    def wake(self) -> None:
        """Something was written by this process."""
        with self._news:
            self._news.notify_all()

    def _bounds(self, partitions: list[int]) -> list[tuple[int, int]]:
        with self._database.reading() as db:
            return bounds(db, partitions)

    def _batches(
        self, db: apsw.Connection, place: TopicPartition, partition: int, offset: int
    ) -> Iterator[tuple[BatchKey, int, list[Record]]]:
        """The batches from the one that holds `offset` on, within the caller's read transaction: each with its bytes
        (uncompressed) and its records."""
        for base, count in db.execute(
            "SELECT base, count FROM batch WHERE partition = ?1 AND next > ?2"
            " AND base = (SELECT max(base) FROM batch WHERE partition = ?1 AND base < ?2)",
            (partition, offset),
        ):
            key = (partition, base, count)
            records = self._unfinished.find(key)
            if records is None:
                [row] = db.execute(
                    "SELECT base, appended, places, events FROM batch WHERE partition = ? AND base = ?",
                    (partition, base),
                )
                records = decode(*place, *row)
            yield key, sum(len(record.value or b"") for record in records), records
        for base, count, appended, places, events in db.execute(
            "SELECT base, count, appended, places, events FROM batch WHERE partition = ? AND base >= ? ORDER BY base",
            (partition, offset),
        ):
            yield (partition, base, count), size(events), decode(*place, base, appended, places, events)


class UnfinishedBatches:
    """Decoded batches of which a reader has taken only a part: it comes for the rest next."""

    def __init__(self, most: int = 8) -> None:
        self._most = most
        self._batches: OrderedDict[BatchKey, list[Record]] = OrderedDict()
        self._lock = Lock()

    def keep(self, key: BatchKey, records: list[Record]) -> None:
        with self._lock:
            self._batches[key] = records
            self._batches.move_to_end(key)
            if len(self._batches) > self._most:
                self._batches.popitem(last=False)

    def find(self, key: BatchKey) -> list[Record] | None:
        with self._lock:
            return self._batches.get(key)


def bounds(db: apsw.Connection, partitions: list[int]) -> list[tuple[int, int]]:
    """(start, end) of each partition."""
    found: list[tuple[int, int]] = []
    for id in partitions:
        found += db.execute("SELECT start_offset, end_offset FROM partition WHERE id = ?", (id,))
    return found
