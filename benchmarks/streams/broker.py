"""The real Kafka on which processors are compared: the events in it, and what they have made of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

from confluent_kafka import Consumer, IsolationLevel, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

from benchmarks.streams.usage import PARTITIONS, Load, Outputs
from tests.servers.kafka import Kafka

JVM = ("-Xmx1g", "-XX:TieredStopAtLevel=4")  # it works for minutes, other than in tests,
SETTINGS = {"broker.session.timeout.ms": "18000"}  # and is not to be thought dead when the machine is busy
ENOUGH = 60.0  # seconds for any request


@contextmanager
def kafka(folder: Path) -> Iterator[Broker]:
    server = Kafka(folder, SETTINGS, jvm_options=JVM)
    server.start()
    try:
        yield Broker(server.bootstrap)
    finally:
        server.kill()


class Broker:
    """The broker at `bootstrap`."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self._admin = AdminClient({"bootstrap.servers": bootstrap})

    def create(self, topic: str) -> None:
        """Make a topic; it is ready for use when this returns."""
        self._admin.create_topics([NewTopic(topic, PARTITIONS, 1)])[topic].result(ENOUGH)
        deadline = time.monotonic() + ENOUGH
        while True:
            try:
                self.count(topic)
            except KafkaException:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    def fill(self, topic: str, load: Load) -> None:
        """Create the topic, and write the load to it."""
        self.create(topic)
        producer = Producer(
            {
                "bootstrap.servers": self.bootstrap,
                "enable.idempotence": True,
                "compression.type": "lz4",
                "linger.ms": 20,
                "batch.size": 1 << 20,
                "queue.buffering.max.messages": 1_000_000,
            }
        )
        produce = producer.produce
        for keys, values in load.batches():
            for key, value in zip(keys, values, strict=True):
                produce(topic, value, key, crc32(key) % PARTITIONS)
            producer.poll(0)
            if len(producer) > 500_000:
                producer.flush(ENOUGH)
        if left := producer.flush(ENOUGH):
            raise RuntimeError(f"{left:,} events could not be written to {topic}")

    def count(self, topic: str) -> int:
        """How many events of committed transactions the topic has, marks of transactions counted with them."""
        places = {TopicPartition(topic, number): OffsetSpec.latest() for number in range(PARTITIONS)}
        ends = self._admin.list_offsets(places, isolation_level=IsolationLevel.READ_COMMITTED)
        return sum(end.result(ENOUGH).offset for end in ends.values())

    def outputs(self, topic: str) -> Outputs:
        """All events of committed transactions."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": "benchmark",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "fetch.queue.backoff.ms": 10,
            }
        )
        consumer.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
        found, ended = Outputs(), 0
        while ended < PARTITIONS:
            messages = consumer.consume(10_000, 1.0)
            for error in filter(None, map(Message.error, messages)):
                if error.code() != KafkaError._PARTITION_EOF:
                    raise RuntimeError(f"reading {topic}: {error.str()}")
                ended += 1
            events = [message for message in messages if message.error() is None]
            found.add(list(map(Message.key, events)), list(map(Message.value, events)))
        consumer.close()
        return found
