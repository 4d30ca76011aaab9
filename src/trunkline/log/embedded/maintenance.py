"""Who maintains, and retention: the oldest batches go when they are too old or too many, or when told to."""

import fcntl
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import apsw

from trunkline.log.embedded import clock
from trunkline.log.embedded.compaction import compact
from trunkline.log.embedded.database import Database
from trunkline.log.embedded.topics import Topics
from trunkline.log.port import Sealer, Topic

SLICE = 500  # the most batches, and
SLICE_BYTES = 16 << 20  # bytes, that one transaction removes while writers wait
Old = tuple[int, int, int]
"""A batch that goes: (id, next offset, bytes)."""


def maintain(database: Database, topics: Topics, sealer: Sealer | None) -> None:
    """See `Log.maintain`. Where another process is at it already, it is left to that one."""
    with alone(database) as granted:
        if not granted:
            return
        for topic in topics.all().values():
            for number in range(topic.partitions):
                partition = topics.id(topic.name, number)
                while expire(database, topic, partition):
                    pass
                if topic.compacted:
                    compact(database, topic, number, partition, sealer)


@contextmanager
def alone(database: Database) -> Iterator[bool]:
    """Whether nobody else maintains this log; if so, nobody will until the block ends."""
    lock = os.open(f"{database.path}.maintenance", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        granted = True
    except BlockingIOError:
        granted = False
    try:
        yield granted
    finally:
        os.close(lock)


def expire(database: Database, topic: Topic, partition: int) -> bool:
    """Remove one slice of batches past the topic's retention; whether there was one."""
    if topic.retention is None and topic.retention_bytes is None:
        return False
    with database.reading() as db:
        if not expired(db, topic, partition):
            return False
    with database.writing() as db:
        remove(db, partition, expired(db, topic, partition))
    return True


def trim(database: Database, partition: int, offset: int) -> None:
    """See `Log.trim`: the batches that lie before `offset` as a whole go, and the rest of one that does not stays."""
    more = True
    while more:
        with database.writing() as db:
            rows = db.execute(
                "SELECT id, next, length(events) FROM batch WHERE partition = ? AND next <= ? ORDER BY base LIMIT ?",
                (partition, offset, SLICE),
            )
            batches = bounded(rows)
            remove(db, partition, batches)
            more = bool(batches)
            if not more:
                # The first batch left begins before the offset, or behind what compaction took away.
                db.execute(
                    "UPDATE partition SET start_offset = max(start_offset, min(?1, end_offset,"
                    " ifnull((SELECT min(base) FROM batch WHERE partition = ?2), ?1))) WHERE id = ?2",
                    (offset, partition),
                )


def expired(db: apsw.Connection, topic: Topic, partition: int) -> list[Old]:
    """The oldest batches that may go: past their time, or more than the bytes to keep."""
    oldest = clock.now() - int((topic.retention or 0) * 1_000_000)
    [(left,)] = db.execute("SELECT bytes FROM partition WHERE id = ?", (partition,))

    def those() -> Iterator[Old]:
        kept = left
        for id, next, appended, size in db.execute(
            "SELECT id, next, appended, length(events) FROM batch WHERE partition = ? ORDER BY base LIMIT ?",
            (partition, SLICE),
        ):
            kept -= size
            too_old = topic.retention is not None and appended < oldest
            too_many = topic.retention_bytes is not None and kept >= topic.retention_bytes
            if not (too_old or too_many):
                return
            yield id, next, size

    return bounded(those())


def bounded(batches: Iterable[Old]) -> list[Old]:
    """The first of them: `SLICE_BYTES`, about."""
    found: list[Old] = []
    size = 0
    for batch in batches:
        found.append(batch)
        size += batch[2]
        if size > SLICE_BYTES:
            break
    return found


def remove(db: apsw.Connection, partition: int, batches: Sequence[Old]) -> None:
    """Take the oldest batches away; the partition starts behind them."""
    if batches:
        db.executemany("DELETE FROM batch WHERE id = ?", [(id,) for id, _, _ in batches])
        db.execute(
            "UPDATE partition SET start_offset = ?, bytes = bytes - ? WHERE id = ?",
            (batches[-1][1], sum(size for _, _, size in batches), partition),
        )
