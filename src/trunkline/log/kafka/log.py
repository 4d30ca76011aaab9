"""The adapter: the port's words, each handed to the file that does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trunkline.log.kafka.address import parse
from trunkline.log.kafka.appending import Appender
from trunkline.log.kafka.batches import Batches
from trunkline.log.kafka.connection import Connection
from trunkline.log.kafka.consumer import Consumer
from trunkline.log.kafka.groups import Groups
from trunkline.log.kafka.member import Member
from trunkline.log.kafka.offsets import Offsets
from trunkline.log.kafka.reader import Reader
from trunkline.log.kafka.reading import Reading
from trunkline.log.kafka.topics import Topics
from trunkline.log.kafka.transactions import TransactionalProducer
from trunkline.log.kafka.waiting import Waiting
from trunkline.log.kafka.writing import Writing
from trunkline.log.port import Codec, Event, Record, Sealer, Topic, TopicPartition, Validator


def open_kafka(url: str, validators: Mapping[str, Validator], codec: Codec | None, sealer: Sealer | None) -> KafkaLog:
    """The log at `kafka://…` (see `address`). Raises `LogError` on a URL that is not one, or where nobody answers."""
    return KafkaLog(Connection(parse(url)), validators, codec, sealer)


class KafkaLog:
    """The log on a cluster. Safe for any number of threads; a reader, member or producer is for one thread at a time.

    It must not cross a fork: a child opens its own.
    """

    def __init__(
        self,
        connection: Connection,
        validators: Mapping[str, Validator],
        codec: Codec | None,
        sealer: Sealer | None = None,
    ) -> None:
        self._connection = connection
        self._topics = Topics(connection)
        self._offsets = Offsets(connection, self._topics)
        checked = validators if connection.address.reads == "checked" else {}
        self._batches = Batches(connection.address.prefix, checked, codec, sealer)
        self._reading = Reading(connection, self._offsets, self._batches)
        self._waiting = Waiting(connection, self._offsets)
        self._writing = Writing(connection, self._topics, validators, codec, sealer)
        self._appender = Appender(connection, self._topics, self._writing)
        self._groups = Groups(connection, self._topics)

    def create(self, topic: Topic) -> None:
        self._appender.prepare()  # who makes topics will write
        self._topics.create(topic)

    def topics(self) -> list[Topic]:
        return self._topics.all()

    def append(self, topic: str, events: Sequence[Event], partition: int | None = None) -> list[tuple[int, int]]:
        return self._appender.append(topic, events, partition)

    def read(self, topic: str, partition: int, offset: int, limit: int = 10_000) -> list[Record]:
        return self._reading.read(TopicPartition(topic, partition), offset, limit)

    def start(self, topic: str, partition: int) -> int:
        place = TopicPartition(topic, partition)
        return self._offsets.starts([place])[place]

    def end(self, topic: str, partition: int) -> int:
        """See `Log.end`. Where a transaction is open, the offset at which it began: no reader gets further."""
        place = TopicPartition(topic, partition)
        return self._offsets.ends([place])[place]

    def offset_at(self, topic: str, partition: int, time: int) -> int:
        return self._reading.offset_at(TopicPartition(topic, partition), time)

    def settled(self, topic: str, partition: int) -> int:
        return self._offsets.settled(TopicPartition(topic, partition))

    def trim(self, topic: str, partition: int, offset: int) -> None:
        self._offsets.trim(TopicPartition(topic, partition), offset)

    def wait(self, offsets: Mapping[TopicPartition, int], timeout: float) -> bool:
        return self._waiting.wait(offsets, timeout)

    def transactional(self, name: str) -> TransactionalProducer:
        return TransactionalProducer(self._connection, self._topics, self._writing, name)

    def consumer(self, group: str, topics: Sequence[str]) -> Consumer:
        for topic in topics:
            self._topics.get(topic)
        return Consumer(self._connection, self._groups, self._offsets, self._batches, group, topics)

    def member(self, group: str, topic: str, name: str = "") -> Member:
        return Member(self._connection, self._topics, group, topic, name)

    def reader(self) -> Reader:
        return Reader(self._connection, self._offsets, self._batches)

    def groups(self) -> list[str]:
        return self._groups.names()

    def committed(self, group: str) -> dict[TopicPartition, int]:
        return self._groups.committed(group)

    def commit(self, group: str, offsets: Mapping[TopicPartition, int]) -> None:
        self._groups.commit(group, offsets)

    def maintain(self) -> None:
        """Nothing: the brokers apply retention and compaction by themselves."""

    def close(self) -> None:
        self._connection.close()
