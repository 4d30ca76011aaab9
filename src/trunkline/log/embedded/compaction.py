"""Compaction: of a compacted topic only each key's last event stays, at the offset that it always had.

A pass remembers the last offset of each key written since the pass before, then goes over the partition from its start
and drops what a later event has replaced. Small batches are put together on the way. Events are read and encoded
outside the write transaction, which then replaces a few rows; appends never touch those.
"""

from collections.abc import Iterator
from typing import NamedTuple

from trunkline.log.embedded import clock
from trunkline.log.embedded.batches import BATCH_BYTES, BATCH_EVENTS, decode, encode_compacted, times_of_append
from trunkline.log.embedded.database import Database
from trunkline.log.port import Record, Sealer, Topic, TopicPartition

KEYS = 500_000  # the most keys that a pass remembers; what comes after them waits for the next pass


class Row(NamedTuple):
    """A batch in the file, decoded."""

    id: int
    base: int
    next: int
    reached: int
    size: int
    records: list[tuple[Record, int]]
    """Each with its time of append."""


def compact(database: Database, topic: Topic, number: int, partition: int, sealer: Sealer | None) -> None:
    """Compact one partition if half of it is new since the last pass, or tombstones have had their time."""
    now = clock.now()
    place = TopicPartition(topic.name, number)
    with database.reading() as db:
        [(clean, end, due)] = db.execute(
            "SELECT clean_offset, end_offset, tombstones_due FROM partition WHERE id = ?", (partition,)
        )
        [(events, new)] = db.execute(
            "SELECT total(count), total(iif(base >= ?, count, 0)) FROM batch WHERE partition = ?", (clean, partition)
        )
    if not (new and 2 * new >= events) and not 0 < due <= now:
        return
    last, until = last_offsets(rows(database, place, partition, sealer, clean, end), clean)
    tombstone_life = int(topic.tombstones * 1_000_000)
    latest_tombstone = 0
    merge = Merge(database, place, partition, sealer)
    for row in rows(database, place, partition, sealer, 0, until):
        kept = []
        for record, appended in row.records:
            if record.key is not None and last.get(record.key, record.offset) > record.offset:
                continue
            # The partition's last event stays whatever it is: its end must be an offset that a reader can reach.
            if record.value is None and record.offset != end - 1:
                if appended + tombstone_life <= now:
                    continue
                latest_tombstone = max(latest_tombstone, appended)
            kept.append((record, appended))
        merge.add(row, kept)
    merge.finish()
    with database.writing() as db:
        db.execute(
            "UPDATE partition SET clean_offset = ?, tombstones_due = ? WHERE id = ?",
            (until, latest_tombstone + tombstone_life if latest_tombstone else 0, partition),
        )


def last_offsets(rows: Iterator[Row], start: int) -> tuple[dict[bytes | None, int], int]:
    """The last offset of each key, and the offset up to which was looked."""
    last: dict[bytes | None, int] = {}
    until = start
    for row in rows:
        last.update((record.key, record.offset) for record, _ in row.records)
        until = row.next
        if len(last) >= KEYS:
            break
    return last, until


def rows(
    database: Database, place: TopicPartition, partition: int, sealer: Sealer | None, start: int, end: int
) -> Iterator[Row]:
    """The batches from `start` to `end`, each read in a transaction of its own so that the WAL can begin anew."""
    while start < end:
        with database.reading() as db:
            found = list(
                db.execute(
                    "SELECT id, next, reached, length(events), count, base, appended, places, events FROM batch"
                    " WHERE partition = ? AND base >= ? AND base < ? ORDER BY base LIMIT 1",
                    (partition, start, end),
                )
            )
        if not found:
            return
        id, next, reached, size, count, base, appended, places, events = found[0]
        records = decode(place, sealer, base, count, appended, places, events).records()
        times = times_of_append(count, appended, places)
        yield Row(id, base, next, reached, size, list(zip(records, times, strict=True)))
        start = next


class Merge:
    """Puts what is kept of neighbouring batches into one row, and leaves alone what is whole and large."""

    def __init__(self, database: Database, place: TopicPartition, partition: int, sealer: Sealer | None) -> None:
        self._database, self._place, self._partition, self._sealer = database, place, partition, sealer
        self._replaced: list[Row] = []
        self._kept: list[tuple[Record, int]] = []

    def add(self, row: Row, kept: list[tuple[Record, int]]) -> None:
        size = row.size + sum(replaced.size for replaced in self._replaced)
        if len(self._kept) + len(kept) > BATCH_EVENTS or size > BATCH_BYTES or len(self._replaced) >= BATCH_EVENTS:
            self.finish()
        self._replaced.append(row)
        self._kept += kept

    def finish(self) -> None:
        """Write what is gathered so far."""
        replaced, kept = self._replaced, self._kept
        self._replaced, self._kept = [], []
        if len(replaced) == sum(len(row.records) for row in replaced) - len(kept) + 1 == 1:
            return  # one row and nothing dropped
        if replaced:
            self._replace(replaced, kept)

    def _replace(self, replaced: list[Row], kept: list[tuple[Record, int]]) -> None:
        grown = -sum(row.size for row in replaced)
        encoded = encode_compacted(self._place, kept, self._sealer) if kept else None
        with self._database.writing() as db:
            # A trim takes batches away from the front; what it has begun to take must not come back.
            first = (replaced[0].id, self._partition, replaced[0].base)
            if not list(db.execute("SELECT 1 FROM batch WHERE id = ? AND partition = ? AND base = ?", first)):
                return
            db.executemany("DELETE FROM batch WHERE id = ?", [(row.id,) for row in replaced])
            if encoded is not None:
                places, events = encoded
                grown += len(events)
                db.execute(
                    "INSERT INTO batch (partition, base, next, count, appended, reached, places, events)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        self._partition,
                        kept[0][0].offset,
                        kept[-1][0].offset + 1,
                        len(kept),
                        kept[-1][1],
                        replaced[-1].reached,
                        places,
                        events,
                    ),
                )
            db.execute("UPDATE partition SET bytes = bytes + ? WHERE id = ?", (grown, self._partition))
