"""Topics as the port declares them, kept in the cluster's own configuration of each.

Kafka removes and compacts whole segments, and only those that are closed: by age when the next event comes, or by size.
So a topic's segments are closed after a quarter of its retention, or a compacted topic's after an hour.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from typing import Any, TypeVar

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
    TopicDescription,
)

from trunkline.log.kafka.connection import BATCH, LARGEST, Connection
from trunkline.log.kafka.errors import AGAIN, ANSWER, SILENCE, UNKNOWN, error_of
from trunkline.log.port import LogError, Topic, UnknownTopic

T = TypeVar("T")
FRESH = 1.0  # seconds for which what is known of a topic is taken for true
LARGEST_BATCH = LARGEST + 2 * BATCH  # bytes; a batch that has been begun takes one more event whatever its size
LARGEST_SEGMENT = 1 << 30  # bytes: Kafka's default
SMALLEST_SEGMENT = 3 * BATCH  # a batch must fit; so a topic that keeps less than 40 MB takes no event of 8 MiB
WEEK = 7 * 86_400.0  # Kafka's default for closing a segment
HOUR = 3600.0


class Topics:
    """Makes topics and knows them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[str, tuple[float, Topic]] = {}

    def get(self, name: str) -> Topic:
        """The topic, as it is now or was a second ago. Raises `UnknownTopic`."""
        looked, topic = self._known.get(name, (0.0, None))
        if topic is None or time.monotonic() - looked > FRESH:
            topic = self._look(name)
        return topic

    def place(self, name: str, partition: int) -> str:
        """What the cluster calls the topic. Raises `UnknownTopic`, or `LogError` where it has no such partition."""
        topic = self.get(name)
        if not 0 <= partition < topic.partitions:
            topic = self._look(name)
            if not 0 <= partition < topic.partitions:
                raise LogError(f"{name} has the partitions 0 to {topic.partitions - 1}, but not {partition}")
        return self._connection.named(name)

    def all(self) -> list[Topic]:
        """Every topic of this log, by name."""
        return sorted(self._declared(self.partitions()), key=lambda topic: topic.name)

    def partitions(self) -> dict[str, int]:
        """How many partitions each topic of this log has."""
        found = self._connection.ask("listing the topics", lambda admin: admin.list_topics(timeout=SILENCE).topics)
        return {
            own: len(topic.partitions)
            for name, topic in found.items()
            if not name.startswith("__") and (own := self._connection.own_name(name)) is not None
        }

    def create(self, topic: Topic) -> None:
        """See `Log.create`. Every broker that answers next knows it."""
        there = self._find(topic.name)
        if there is None:
            there = self._make(topic)
        if there is not None:
            self._change(there, topic)
        self._await(topic)

    def _make(self, topic: Topic) -> Topic | None:
        """None when it is made; the topic when another process was quicker."""
        replication = self._connection.address.replication
        new = NewTopic(
            self._connection.named(topic.name),
            num_partitions=topic.partitions,
            replication_factor=replication or -1,
            config=self._configuration(topic),
        )

        def made(admin: AdminClient) -> bool:
            [future] = admin.create_topics([new]).values()
            try:
                future.result(SILENCE)
            except KafkaException as raised:
                if error_of(raised).code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise
                return False
            return True

        return None if self._connection.ask(f"making the topic {topic.name}", made) else self._look(topic.name)

    def _change(self, there: Topic, topic: Topic) -> None:
        if topic.partitions < there.partitions:
            raise ValueError(f"{topic.name} has {there.partitions} partitions and cannot shrink to {topic.partitions}")
        name, doing = self._connection.named(topic.name), f"changing the topic {topic.name}"
        if topic.partitions > there.partitions:
            more = [NewPartitions(name, topic.partitions)]
            self._connection.ask(doing, lambda admin: _all(admin.create_partitions(more)))
        wanted = self._configuration(topic)
        if wanted != self._configuration(there):
            entries = [
                ConfigEntry(setting, value, incremental_operation=AlterConfigOpType.SET)
                for setting, value in wanted.items()
            ]
            resources = [ConfigResource(ResourceType.TOPIC, name, incremental_configs=entries)]
            self._connection.ask(doing, lambda admin: _all(admin.incremental_alter_configs(resources)))

    def _await(self, topic: Topic) -> None:
        """A cluster tells its brokers of a change some milliseconds after it has agreed to it."""
        deadline = time.monotonic() + ANSWER
        while not ((there := self._find(topic.name)) == topic and self._led(topic.name)):
            if time.monotonic() > deadline:
                raise LogError(f"the cluster keeps {topic.name} not as it was declared, but as {there}")
            time.sleep(AGAIN)

    def _look(self, name: str) -> Topic:
        topic = self._find(name)
        if topic is None:
            self._known.pop(name, None)
            raise UnknownTopic(f"the log has no topic {name!r}: give it a contract and run `trunkline up` once")
        self._known[name] = (time.monotonic(), topic)
        return topic

    def _find(self, name: str) -> Topic | None:
        described = self._describe(name)
        if described is None:
            return None
        try:
            [topic] = self._declared({name: len(described.partitions)})
        except UnknownTopic:  # the broker that was asked has not heard of it yet
            return None
        return topic

    def _led(self, name: str) -> bool:
        """Whether each of its partitions has a broker that takes events."""
        described = self._describe(name)
        return described is not None and all(partition.leader is not None for partition in described.partitions)

    def _describe(self, name: str) -> TopicDescription | None:
        names = TopicCollection([self._connection.named(name)])

        def described(admin: AdminClient) -> TopicDescription | None:
            [future] = admin.describe_topics(names).values()
            try:
                return future.result(SILENCE)
            except KafkaException as raised:
                if error_of(raised).code() not in UNKNOWN:
                    raise
                return None

        return self._connection.ask(f"looking for the topic {name}", described)

    def _declared(self, counts: dict[str, int]) -> Iterable[Topic]:
        """The topics with these numbers of partitions, as the cluster's configuration declares them."""
        if not counts:
            return []
        resources = [ConfigResource(ResourceType.TOPIC, self._connection.named(name)) for name in counts]

        def settings(admin: AdminClient) -> list[dict[str, str]]:
            return [
                {entry.name: entry.value for entry in its.values()} for its in _all(admin.describe_configs(resources))
            ]

        found = self._connection.ask("reading how topics are kept", settings)
        return [_topic(name, count, its) for (name, count), its in zip(counts.items(), found, strict=True)]

    def _configuration(self, topic: Topic) -> dict[str, str]:
        configuration = {
            "cleanup.policy": _policy(topic),
            "retention.ms": "-1" if topic.retention is None else str(_millis(topic.retention)),
            "retention.bytes": "-1" if topic.retention_bytes is None else str(topic.retention_bytes),
            "delete.retention.ms": str(_millis(topic.tombstones)),
            "segment.ms": str(max(1, _millis(_segment_life(topic, self._connection.address.segment)))),
            "segment.bytes": str(_segment_bytes(topic)),
            "max.message.bytes": str(LARGEST_BATCH),
            "message.timestamp.type": "LogAppendTime",
        }
        if replication := self._connection.address.replication:
            configuration["min.insync.replicas"] = str(max(1, replication - 1))
        return configuration


def _all(futures: Mapping[Any, Future[T]]) -> list[T]:
    return [future.result(SILENCE) for future in futures.values()]


def _policy(topic: Topic) -> str:
    if not topic.compacted:
        return "delete"
    return "compact" if topic.retention is None and topic.retention_bytes is None else "compact,delete"


def _segment_life(topic: Topic, longest: float | None) -> float:
    """Seconds after which a segment is closed."""
    life = longest or (HOUR if topic.compacted else WEEK)
    return life if topic.retention is None else min(life, topic.retention / 4)


def _segment_bytes(topic: Topic) -> int:
    if topic.retention_bytes is None:
        return LARGEST_SEGMENT
    return min(max(SMALLEST_SEGMENT, topic.retention_bytes // 4), LARGEST_SEGMENT)


def _topic(name: str, partitions: int, settings: dict[str, str]) -> Topic:
    retention, retention_bytes = int(settings["retention.ms"]), int(settings["retention.bytes"])
    policy = settings["cleanup.policy"].split(",")
    return Topic(
        name=name,
        partitions=partitions,
        retention=None if retention < 0 or "delete" not in policy else retention / 1000,
        retention_bytes=None if retention_bytes < 0 or "delete" not in policy else retention_bytes,
        compacted="compact" in policy,
        tombstones=int(settings["delete.retention.ms"]) / 1000,
    )


def _millis(seconds: float) -> int:
    return round(seconds * 1000)
