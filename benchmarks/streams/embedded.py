"""The embedded log on which processors are measured: the events in it, and what they have made of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.streams.process import running
from benchmarks.streams.usage import INPUT, PARTITIONS, Load, Outputs
from tests.servers.process import ServerProcess
from trunkline.log import Log, Topic, TopicPartition, open_log
from trunkline.log.envelope import cloud_event

OURS = Path(__file__).with_name("ours.py")
HEADERS = cloud_event(type=INPUT, source="trunkline://benchmark", id="", value=None).headers[:-1]
READ = 10_000


class Embedded:
    """A log in the file `path`, whose topics have so many partitions."""

    def __init__(self, path: Path, partitions: int = PARTITIONS) -> None:
        self.path, self.url = path, f"sqlite://{path}"
        self.log: Log = open_log(self.url)
        self._partitions = partitions
        self.log.create(Topic(name=INPUT, partitions=partitions))

    def fill(self, load: Load) -> None:
        """Write the load to the input."""
        producer = self.log.transactional("benchmark")
        for keys, values in load.batches():
            with producer.transaction() as transaction:
                transaction.append_columns(INPUT, keys, values, headers=HEADERS)

    @contextmanager
    def processor(self, name: str, kind: str, worker: str = "") -> Iterator[ServerProcess]:
        """Our processor, of a kind that `ours.py` knows; its outputs go to a topic of its own."""
        self.log.create(Topic(name=output(name), partitions=self._partitions))
        command = [sys.executable, "-P", str(OURS), self.url, name, kind, worker or name]
        with running(command, self.path.with_name(f"{name}{worker}.output")) as process:
            yield process

    def places(self, topic: str) -> list[TopicPartition]:
        return [TopicPartition(topic, number) for number in range(self._partitions)]

    def count(self, name: str) -> int:
        """How many outputs the processor of this name has committed."""
        return sum(self.log.end(*place) for place in self.places(output(name)))

    def outputs(self, name: str) -> Outputs:
        """All of them."""
        reader, found = self.log.reader(), Outputs()
        reader.assign(dict.fromkeys(self.places(output(name)), 0))
        while batches := reader.take(READ):
            for batch in batches:
                found.add(batch.keys, batch.values)
        reader.close()
        return found


def output(name: str) -> str:
    """The topic to which the processor of this name sends."""
    return f"{INPUT}.total.{name}"
