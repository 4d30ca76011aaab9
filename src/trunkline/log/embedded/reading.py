"""Reads by offset and by time, and the wait for what comes."""

import time
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from threading import Condition, Lock
from typing import NamedTuple

import apsw

from trunkline.log.embedded.batches import decode
from trunkline.log.embedded.columns import ColumnBatch, joined
from trunkline.log.embedded.database import Database
from trunkline.log.embedded.topics import Topics
from trunkline.log.port import Sealer, TopicPartition

READ_BYTES = 64 << 20  # after which a read ends, however few events it has
LOOKS = (0.0005, 0.001, 0.002, 0.004)  # seconds between looks at what other processes have written: the first ones,
LOOK = 0.008  # and all that follow
BatchKey = tuple[int, int, int]
"""(partition id, base, count): compaction, which rewrites batches, only ever lowers the count."""


class Sighting(NamedTuple):
    """Where partitions start and end, and what tells whether that has changed since: SQLite's data_version differs
    after every commit of another connection than the one it is read by, and costs microseconds."""

    connection: apsw.Connection
    version: int
    bounds: list[tuple[int, int]]


class Reading:
    """Reads for any number of threads at once; every read sees committed batches only."""

    def __init__(self, database: Database, topics: Topics, sealer: Sealer | None) -> None:
        self._database, self._topics, self._sealer = database, topics, sealer
        self._unfinished = UnfinishedBatches()
        self._news = Condition()
        self._writes = 0

    def batches(self, topic: str, number: int, offset: int, limit: int, most: int = READ_BYTES) -> list[ColumnBatch]:
        """What lies at or after `offset`: `limit` records at most, and no further batch after `most` bytes."""
        partition = self._topics.id(topic, number)
        found: list[ColumnBatch] = []
        with self._database.reading() as db, db:
            for key, batch in self._stored(db, TopicPartition(topic, number), partition, offset):
                first = 0 if found else bisect_left(batch.offsets, offset)
                length = len(batch)
                if first or first + limit < length:
                    if first + limit < length:
                        self._unfinished.keep(key, batch)
                    batch = batch.part(first, first + limit)
                    length = len(batch)
                found.append(batch)
                limit -= length
                most -= batch.size
                if limit <= 0 or most <= 0:
                    break
        return joined(found)

    def start(self, topic: str, number: int) -> int:
        """See `Log.start`."""
        return self._bounds(topic, number)[0]

    def end(self, topic: str, number: int) -> int:
        """See `Log.end`."""
        return self._bounds(topic, number)[1]

    def offset_at(self, topic: str, number: int, time: int) -> int:
        """See `Log.offset_at`."""
        partition = self._topics.id(topic, number)
        with self._database.reading() as db, db:
            # `reached` never falls, so that no batch before this one has an event at or after `time`.
            for (base,) in db.execute(
                "SELECT base FROM batch WHERE partition = ? AND reached >= ? ORDER BY reached, base LIMIT 1",
                (partition, time),
            ):
                for _, batch in self._stored(db, TopicPartition(topic, number), partition, base):
                    for offset, its in zip(batch.offsets, batch.times, strict=True):
                        if its >= time:
                            return offset
        return self.end(topic, number)

    def look(self, partitions: Sequence[int], last: Sighting | None) -> Sighting:
        """Where the partitions (their ids) start and end; `last` itself where nothing was committed since."""
        with self._database.reading() as db:
            version = db.pragma("data_version")
            if last is not None and last.connection is db and last.version == version:
                return last
            return Sighting(db, version, bounds(db, partitions))

    def wait(self, offsets: Mapping[TopicPartition, int], timeout: float) -> bool:
        """See `Log.wait`. An append of this process wakes it at once, one of another within 8 ms."""
        deadline = time.monotonic() + timeout
        ids = [self._topics.id(topic, number) for topic, number in offsets]
        looks = iter(LOOKS)
        seen: Sighting | None = None
        while True:
            writes = self._writes
            sighting = self.look(ids, seen)
            if sighting is not seen:
                seen = sighting
                if any(
                    end > max(offset, start) for offset, (start, end) in zip(offsets.values(), seen.bounds, strict=True)
                ):
                    return True
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            with self._news:
                if self._writes == writes:
                    self._news.wait(min(next(looks, LOOK), left))

    def wake(self) -> None:
        """Something was written by this process."""
        with self._news:
            self._writes += 1
            self._news.notify_all()

    def _bounds(self, topic: str, number: int) -> tuple[int, int]:
        partition = self._topics.id(topic, number)
        with self._database.reading() as db:
            return bounds(db, [partition])[0]

    def _stored(
        self, db: apsw.Connection, place: TopicPartition, partition: int, offset: int
    ) -> Iterator[tuple[BatchKey, ColumnBatch]]:
        """The batches from the one that holds `offset` on, within the caller's read transaction."""
        for base, count in db.execute(
            "SELECT base, count FROM batch WHERE partition = ?1 AND next > ?2"
            " AND base = (SELECT max(base) FROM batch WHERE partition = ?1 AND base < ?2)",
            (partition, offset),
        ):
            key = (partition, base, count)
            batch = self._unfinished.find(key)
            if batch is None:
                [row] = db.execute(
                    "SELECT base, count, appended, places, events FROM batch WHERE partition = ? AND base = ?",
                    (partition, base),
                )
                batch = decode(place, self._sealer, *row)
            yield key, batch
        for row in db.execute(
            "SELECT base, count, appended, places, events FROM batch WHERE partition = ? AND base >= ? ORDER BY base",
            (partition, offset),
        ):
            base, count = row[:2]
            yield (partition, base, count), decode(place, self._sealer, *row)


class UnfinishedBatches:
    """Decoded batches of which a reader has taken only a part: it comes for the rest next."""

    def __init__(self, most: int = 8) -> None:
        self._most = most
        self._batches: OrderedDict[BatchKey, ColumnBatch] = OrderedDict()
        self._lock = Lock()

    def keep(self, key: BatchKey, batch: ColumnBatch) -> None:
        with self._lock:
            self._batches[key] = batch
            self._batches.move_to_end(key)
            if len(self._batches) > self._most:
                self._batches.popitem(last=False)

    def find(self, key: BatchKey) -> ColumnBatch | None:
        with self._lock:
            return self._batches.get(key)


def bounds(db: apsw.Connection, partitions: Sequence[int]) -> list[tuple[int, int]]:
    """(start, end) of each partition."""
    found: list[tuple[int, int]] = []
    for id in partitions:
        found += db.execute("SELECT start_offset, end_offset FROM partition WHERE id = ?", (id,))
    return found
