"""A connection to a database at work, and what the log makes of it.

`python -m tests.systems.capturing PROJECT` runs the connections of a project as a process, until it is killed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import yaml

from trunkline.connect import connection
from trunkline.connect.runner import Runner
from trunkline.log import Record, Topic, open_log
from trunkline.log.port import Validator
from trunkline.quarantine import Rejected
from trunkline.systems.changes.position import Position

QUARANTINE = Topic(name="quarantine")


class Capture:
    """A project folder with one connection, and its log with these topics."""

    def __init__(
        self, folder: Path, topics: Sequence[Topic], validators: Mapping[str, Validator] | None = None
    ) -> None:
        self.folder = folder
        (folder / "systems").mkdir(parents=True, exist_ok=True)
        (folder / "data").mkdir(exist_ok=True)
        self.log = open_log(f"sqlite://{folder / 'data' / 'log.db'}", validators)
        for topic in (*topics, QUARANTINE):
            self.log.create(topic)
        self.name = ""

    def declare(self, name: str, **settings: Any) -> None:
        self.name = name
        text = yaml.safe_dump({"name": name, "host": "127.0.0.1", "tls": "off", **settings}, sort_keys=False)
        (self.folder / "systems" / f"{name}.yaml").write_text(text)

    @contextmanager
    def running(self) -> Iterator[Runner]:
        """The connection at work, in this process."""
        runner = Runner(self.folder, self.folder / "data", self.log, connection.load(self.folder))
        stop = threading.Event()
        thread = threading.Thread(target=lambda: asyncio.run(runner.run(stop)))
        thread.start()
        try:
            yield runner
        finally:
            stop.set()
            thread.join()

    @contextmanager
    def process(self) -> Iterator[subprocess.Popen[bytes]]:
        """The connection at work in a process of its own, which may be killed, and is in the end."""
        command = [sys.executable, "-m", "tests.systems.capturing", str(self.folder)]
        with (self.folder / "output.log").open("ab") as output, subprocess.Popen(command, stderr=output) as process:
            try:
                yield process
            finally:
                process.kill()

    def records(self, topic: str) -> list[Record]:
        """All that is in the topic, each key's in order."""
        partitions = next(known.partitions for known in self.log.topics() if known.name == topic)
        return [record for partition in range(partitions) for record in self._partition(topic, partition)]

    def changes(self, topic: str) -> list[dict[str, Any]]:
        return [msgspec.json.decode(record.value or b"") for record in self.records(topic)]

    def rejected(self) -> list[Rejected]:
        return [msgspec.json.decode(record.value or b"", type=Rejected) for record in self.records("quarantine")]

    def position(self) -> Position:
        records = (
            self.records("connect.position") if any(t.name == "connect.position" for t in self.log.topics()) else []
        )
        return Position.read(records[-1].value if records else None)

    def table(self, topic: str) -> dict[str, dict[str, Any]]:
        """The table that a topic of changes tells of, by key. Fails where a change does not fit what was before it:
        one that came twice, or is missing."""
        rows: dict[str, dict[str, Any]] = {}
        for record in self.records(topic):
            key, change = (record.key or b"").decode(), msgspec.json.decode(record.value or b"")
            match change["op"]:
                case "c" | "r":
                    assert key not in rows, f"{key} is made twice: {change}"
                    rows[key] = change["after"]
                case "u":
                    assert key in rows, f"{key} is changed, but is not there: {change}"
                    assert rows[key] != change["after"], f"{key} is changed to what it was: {change}"
                    rows[key] = {**rows[key], **change["after"]}
                case "d":
                    assert key in rows, f"{key} is gone, but was not there: {change}"
                    del rows[key]
                case "t":
                    partition = record.partition
                    rows = {k: row for k, row in rows.items() if self._partition_of(topic, k) != partition}
        return rows

    def compacted(self, topic: str) -> dict[str, dict[str, Any]]:
        """The table that a topic of rows holds, by key."""
        rows = {(record.key or b"").decode(): record.value for record in self.records(topic)}
        return {key: msgspec.json.decode(value) for key, value in rows.items() if value is not None}

    def close(self) -> None:
        self.log.close()

    def _partition(self, topic: str, partition: int) -> Iterator[Record]:
        offset = 0
        while found := self.log.read(topic, partition, offset):
            yield from found
            offset = found[-1].offset + 1

    def _partition_of(self, topic: str, key: str) -> int:
        return next(record.partition for record in self.records(topic) if record.key == key.encode())


def until(reached: Callable[[], object], what: str = "that", seconds: float = 30.0) -> None:
    """Wait until something is so; fails loudly when it never is."""
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s"
        time.sleep(0.02)


def main(project: Path) -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    parent = os.getppid()

    def watch() -> None:  # nobody is left behind when the test dies
        while os.getppid() == parent:
            time.sleep(0.2)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    log = open_log(f"sqlite://{project / 'data' / 'log.db'}")
    asyncio.run(Runner(project, project / "data", log, connection.load(project)).run(stop))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
