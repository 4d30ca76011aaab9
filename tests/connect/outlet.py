"""An operator's folder with sinks, a log to read from, and the sinks at work: what the tests of sinks share."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import msgspec
import yaml

from tests.connect.project import until
from trunkline.connect import connection
from trunkline.connect.runner import Runner
from trunkline.log import Record, Topic, TopicPartition, open_log
from trunkline.log.envelope import cloud_event
from trunkline.quarantine import Rejected

TOPIC = "crm.customer"
TOPICS = (Topic(name=TOPIC, partitions=3), Topic(name="crm.order", partitions=2), Topic(name="quarantine"))
CUSTOMERS = "CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT NOT NULL CHECK (name <> ''), city TEXT)"
TABLES = {
    TOPIC: {
        "table": "customer",
        "key": ["id"],
        "columns": {"id": "customerId", "name": "name", "city": "address.city"},
    }
}


class Outlets:
    """A project folder, its log (at `url`, remembered in the folder), and what was declared to go out."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.folder = folder
        (folder / "systems").mkdir(parents=True, exist_ok=True)
        (folder / "data").mkdir(exist_ok=True)
        where = folder / "log.url"
        if not where.exists():
            where.write_text(url or f"sqlite://{folder / 'data' / 'log.db'}?lease=1")
        self.log = open_log(where.read_text())
        for topic in TOPICS:
            self.log.create(topic)

    def declare(self, name: str, sink: str, **settings: Any) -> None:
        """Declare a way out."""
        self.write(name, {"name": name, "sink": sink, "topics": [TOPIC], "seconds": 0, **settings})

    def write(self, name: str, declaration: Mapping[str, Any]) -> None:
        """Declare any connection."""
        (self.folder / "systems" / f"{name}.yaml").write_text(yaml.safe_dump(declaration))

    def sqlite(self, name: str = "warehouse", table: str = CUSTOMERS, **settings: Any) -> Path:
        """Declare a sink into a SQLite file, and make the file with its table."""
        file = self.folder / f"{name}.db"
        if not file.exists():
            with closing(sqlite3.connect(file)) as database:
                database.execute(table)
                database.commit()
        self.declare(name, "sql", **{"database": f"sqlite:///{file}", "tables": TABLES, **settings})
        return file

    def customers(self, ids: Sequence[int], **fields: Any) -> None:
        """Append customers, in order."""
        self.log.append(TOPIC, [customer(id, **fields) for id in ids])

    def rejected(self) -> list[Rejected]:
        records = self.log.read("quarantine", 0, 0, 1_000_000)
        return [msgspec.json.decode(record.value or b"", type=Rejected) for record in records]

    def waiting(self, name: str) -> int:
        """How many events the sink has not committed yet."""
        committed = self.log.committed(f"sink.{name}")
        ends = {
            TopicPartition(topic.name, number): self.log.end(topic.name, number)
            for topic in TOPICS[:2]
            for number in range(topic.partitions)
        }
        return sum(end - committed.get(place, 0) for place, end in ends.items() if place in committed or end)

    def records(self, topic: str = TOPIC) -> list[Record]:
        partitions = next(known.partitions for known in self.log.topics() if known.name == topic)
        return [record for number in range(partitions) for record in self.log.read(topic, number, 0, 1_000_000)]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Runner]:
        """The connections at work."""
        runner = Runner(self.folder, self.folder / "data", self.log, connection.load(self.folder))
        stop = threading.Event()
        work = asyncio.create_task(runner.run(stop))
        try:
            yield runner
        finally:
            stop.set()
            await work

    def run_until(self, reached: Callable[[Runner], bool]) -> Runner:
        """Run the connections until something is so."""

        async def run() -> Runner:
            async with self.running() as runner:
                await until(lambda: reached(runner))
            return runner

        return asyncio.run(run())

    def run_until_done(self, name: str = "warehouse") -> Runner:
        """Run the connections until a sink has handed over all that is in the log."""
        return self.run_until(lambda _: self.waiting(name) == 0)


def customer(id: int, **fields: Any) -> Any:
    value: Mapping[str, Any] = {"customerId": id, "name": f"C{id}", "address": {"city": "Gent"}, **fields}
    return cloud_event(type=TOPIC, source="crm://test", id=str(id), value=msgspec.json.encode(value), key=str(id))


def rows(file: Path, query: str = "SELECT id, name, city FROM customer ORDER BY id") -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(file)) as database:
        return database.execute(query).fetchall()
