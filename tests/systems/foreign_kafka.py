"""Topics of a real Kafka that is not ours, and a connection that takes them: what tests of `reach: kafka` share."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

from tests.connect.outlet import TOPIC, Outlets
from tests.servers.kafka import Kafka, shared_kafka
from trunkline.connect.runner import Runner
from trunkline.log import Record

_names = count()


class ForeignKafka:
    """A connection `foreign` from `topic`, of this test's own on a real broker, to the log's topic `crm.customer`."""

    def __init__(self, folder: Path, *, kafka: Kafka | None = None, **settings: Any) -> None:
        self.kafka = kafka or shared_kafka()
        self.topic = f"foreign{next(_names)}.crm.customer"
        self.admin = AdminClient({"bootstrap.servers": self.kafka.bootstrap})
        self.outlets = Outlets(folder)
        self.log = self.outlets.log
        self.declare(**settings)

    def declare(self, format: str = "debezium", topics: Any = None, also: Iterable[str] = (), **settings: Any) -> None:
        """Declare the connection; `topics` are the settings of the topic, `also` further topics without any."""
        taken = {self.topic: {"topic": TOPIC, **(topics or {})}, **{name: {"topic": TOPIC} for name in also}}
        given = {
            "name": "foreign", "reach": "kafka", "brokers": [self.kafka.bootstrap], "tls": "off", "format": format,
            "topics": taken, **settings,
        }  # fmt: skip
        self.outlets.write("foreign", given)

    def create(self, partitions: int = 1, **settings: str) -> None:
        settings = {"retention.ms": "-1", **settings}  # what is written here has times long ago
        [made] = self.admin.create_topics([NewTopic(self.topic, partitions, 1, config=settings)]).values()
        made.result()

    def grow(self, partitions: int) -> None:
        [grown] = self.admin.create_partitions([NewPartitions(self.topic, partitions)]).values()
        grown.result()

    def delete(self) -> None:
        [deleted] = self.admin.delete_topics([self.topic]).values()
        deleted.result()

    def produce(self, records: Iterable[tuple[Any, Any]], partition: int = 0, **producer: Any) -> None:
        """Write keys and values, JSON of what is given or bytes as they are, in order."""
        writer = Producer({"bootstrap.servers": self.kafka.bootstrap, "linger.ms": 0, **producer})
        for key, value in records:
            writer.produce(self.topic, _bytes(value), _bytes(key), partition, timestamp=1_773_068_400_125)
        assert writer.flush(20) == 0

    def run_until_taken(self, events: int) -> Runner:
        """Run the connection until so many events of it are in the log, and what was refused of it."""
        return self.outlets.run_until(lambda _: len(self.records()) + len(self.outlets.rejected()) >= events)

    def records(self) -> list[Record]:
        return self.outlets.records()

    def values(self) -> list[Any]:
        return [None if each.value is None else msgspec.json.decode(each.value) for each in self.records()]


def _bytes(value: Any) -> bytes | None:
    return value if value is None or isinstance(value, bytes) else msgspec.json.encode(value)
