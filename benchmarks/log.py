"""Durable append and read of 200-byte JSON events, beside SQLite with a row per event under the same pragmas."""

import gc
import json
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import apsw
import msgspec

from benchmarks.headline import Headline, alternate, timed
from trunkline.log import Event, Topic, TopicPartition, open_log
from trunkline.log.envelope import cloud_event

EVENTS = {1: 3_000, 100: 100_000, 10_000: 500_000}  # how many are appended, by the size of a batch
APPEND_TARGET = {10_000: 200_000.0}  # events/s
READ = 10_000  # events asked for at once


class Usage(msgspec.Struct, forbid_unknown_fields=True):
    """The contract of the events: what a compiled data contract is, decoded on each append."""

    subscription: str
    cell: str
    start: str
    seconds: int
    octets: int
    service: str
    text: str


class UsageContract:
    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder(Usage).decode

    def failures(self, events: Sequence[Event]) -> list[tuple[int, str, str]]:
        found = []
        for index, event in enumerate(events):
            try:
                self._decode(event.value or b"")
            except msgspec.ValidationError as error:
                found.append((index, "$", str(error)))
        return found


Batch = TypeVar("Batch", contravariant=True)
Columns = tuple[list[bytes | None], list[bytes | None]]
"""Keys and values."""


class Store(Protocol[Batch]):
    """What is measured. An append and a read tell how many events it was."""

    def append(self, batch: Batch) -> int: ...

    def read(self, offset: int) -> int: ...

    def close(self) -> None: ...


class EmbeddedLog:
    """Ours: `trunkline.log` with a contract on the topic."""

    def __init__(self, folder: Path) -> None:
        self._log = open_log(f"sqlite://{folder}/log.db", {"usage": UsageContract()})
        self._log.create(Topic(name="usage"))

    def append(self, batch: Sequence[Event]) -> int:
        return len(self._log.append("usage", batch))

    def read(self, offset: int) -> int:
        return len(self._log.read("usage", 0, offset, READ))

    def close(self) -> None:
        self._log.close()


class EmbeddedColumns:
    """Ours, as a processor writes and reads: keys and values as columns, in transactions, without a contract."""

    HEADERS = cloud_event(type="usage", source="trunkline://benchmark", id="", value=None).headers[:-1]

    def __init__(self, folder: Path) -> None:
        self._log = open_log(f"sqlite://{folder}/log.db")
        self._log.create(Topic(name="usage"))
        self._producer = self._log.transactional("benchmark")
        self._reader = self._log.reader()
        self._reader.assign({TopicPartition("usage", 0): 0})

    def append(self, batch: Columns) -> int:
        with self._producer.transaction() as transaction:
            transaction.append_columns("usage", *batch, headers=self.HEADERS)
        return len(batch[0])

    def read(self, offset: int) -> int:
        return sum(len(batch.values) for batch in self._reader.take(READ))

    def close(self) -> None:
        self._log.close()


class RowPerEvent:
    """The peer: one row per event and one commit per batch in a file of the same settings; no contract."""

    def __init__(self, folder: Path) -> None:
        self._db, self._checkpoints = apsw.Connection(f"{folder}/rows.db"), apsw.Connection(f"{folder}/rows.db")
        for pragma in ("page_size = 32768", "journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 0"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.execute(
            "CREATE TABLE event (offset INTEGER PRIMARY KEY, key BLOB, headers BLOB, time INTEGER, value BLOB) STRICT"
        )
        self._wal_bytes = 0
        self._db.set_wal_hook(self._checkpoint_past_8_mb)

    def append(self, batch: Sequence[Event]) -> int:
        encode = msgspec.msgpack.encode
        rows = [(event.key, encode(event.headers), event.time, event.value) for event in batch]
        with self._db:
            self._db.executemany("INSERT INTO event (key, headers, time, value) VALUES (?, ?, ?, ?)", rows)
        if self._wal_bytes > 8 << 20:
            self._checkpoints.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        return len(rows)

    def read(self, offset: int) -> int:
        decode = msgspec.msgpack.decode
        rows = self._db.execute(
            "SELECT offset, key, headers, time, value FROM event WHERE offset > ? ORDER BY offset LIMIT ?",
            (offset, READ),
        )
        return len([(offset, key, decode(headers), time, value) for offset, key, headers, time, value in rows])

    def close(self) -> None:
        self._db.close()
        self._checkpoints.close()

    def _checkpoint_past_8_mb(self, db: apsw.Connection, name: str, pages: int) -> int:
        self._wal_bytes = pages * 32_768
        return apsw.SQLITE_OK


def usage(number: int) -> Event:
    """An event of 200 bytes of JSON, with the headers that every event of the platform carries."""
    value = {
        "subscription": f"32470{number % 100_000:06}",
        "cell": f"ANT-{number % 600:04}",
        "start": "2026-01-15T10:00:00Z",
        "seconds": number % 3_600,
        "octets": number % 1_000_000,
        "service": "data",
        "text": "",
    }
    value["text"] = "x" * (200 - len(json.dumps(value, separators=(",", ":"))))
    payload = json.dumps(value, separators=(",", ":")).encode()
    return cloud_event(
        type="usage", source="trunkline://benchmark", id=str(number), key=str(value["subscription"]), value=payload
    )


def append_all(store: Store[Batch], batches: Iterable[Batch]) -> int:
    return sum(store.append(batch) for batch in batches)


def read_all(store: Store[Batch]) -> int:
    offset = 0
    while read := store.read(offset):
        offset += read
    return offset


def appending(make: Callable[[Path], Store[Batch]], batches: Sequence[Batch]) -> Callable[[], float]:
    """Events/s into a new store."""

    def run() -> float:
        with tempfile.TemporaryDirectory() as folder:
            store = make(Path(folder))
            rate = timed(lambda: append_all(store, batches))
            store.close()
        return rate

    return run


def reading(make: Callable[[Path], Store[Batch]], batches: Sequence[Batch]) -> Callable[[], float]:
    """Events/s out of a store that was filled in these batches."""

    def run() -> float:
        with tempfile.TemporaryDirectory() as folder:
            store = make(Path(folder))
            append_all(store, batches)
            rate = timed(lambda: read_all(store))
            store.close()
        return rate

    return run


def main() -> list[Headline]:
    headlines = []
    for size, count in EVENTS.items():
        events = [usage(number) for number in range(count)]
        batches = [events[first : first + size] for first in range(0, count, size)]
        gc.freeze()  # the garbage collector need not go over what only the benchmark holds
        for name, measure, targets in (("append", appending, APPEND_TARGET), ("read", reading, {})):
            ours, peer = alternate(measure(EmbeddedLog, batches), measure(RowPerEvent, batches))
            headlines.append(beside_rows(f"{name}, batches of {size:,}", ours, peer, targets.get(size)))
    columns = [([event.key for event in batch], [event.value for event in batch]) for batch in batches]
    for name, measure in (("append", appending), ("read", reading)):
        ours, peer = alternate(measure(EmbeddedColumns, columns), measure(RowPerEvent, batches))
        headlines.append(beside_rows(f"{name} columns, batches of {size:,}", ours, peer))
    return headlines


def beside_rows(name: str, ours: float, peer: float, target: float | None = None) -> Headline:
    return Headline(f"log: {name}", "events/s", ours, peer, "SQLite, a row per event", target=target)


if __name__ == "__main__":
    for headline in main():
        print(headline)
