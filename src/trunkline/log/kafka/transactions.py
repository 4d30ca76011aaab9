"""Transactional producers: what they write, and the offsets of groups, are committed together."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from confluent_kafka import KafkaException, Producer
from confluent_kafka import TopicPartition as Place

from trunkline.log import port
from trunkline.log.kafka.connection import Connection
from trunkline.log.kafka.errors import TOO_LARGE, error_of, translated
from trunkline.log.kafka.member import Member
from trunkline.log.kafka.producing import produce_again
from trunkline.log.kafka.topics import Topics
from trunkline.log.kafka.writing import Headers, Writing, dated, too_large
from trunkline.log.port import Event, Fenced, LogError, TopicPartition

LINGER = 5  # milliseconds that events wait for others; a small transaction takes as long
STEP = 5.0  # seconds after which a step of the protocol is tried again
PATIENCE = 60.0  # seconds for a step in all; the first producer ever makes the cluster set up a topic


class TransactionalProducer:
    """See `port.TransactionalProducer`. It is in one transaction at a time."""

    def __init__(self, connection: Connection, topics: Topics, writing: Writing, name: str) -> None:
        self._connection, self._topics, self._writing, self._name = connection, topics, writing, name
        self._end: LogError | None = None
        """What this producer cannot go on from."""
        self._producer = connection.producer(
            **{
                "transactional.id": connection.named(name),
                "transaction.timeout.ms": round(connection.address.transaction * 1000),
                "linger.ms": LINGER,
                # A client that begins anew at the first brokers when all are down hangs for good in a commit with
                # offsets (librdkafka's issue 5511). One that does not can lose them all, but says so in `PATIENCE`.
                "metadata.recovery.strategy": "none",
            }
        )
        self._step("opening", lambda: self._producer.init_transactions(STEP))
        connection.closing_with_log(self)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """See `port.TransactionalProducer.transaction`."""
        if self._end is not None:
            raise self._end
        self._step("beginning", self._producer.begin_transaction)
        try:
            transaction = Transaction(self._name, self._producer, self._connection, self._topics, self._writing)
            yield transaction
            for member, offsets in transaction.offsets():
                metadata = member.metadata()
                self._step(
                    "committing offsets",
                    lambda: self._producer.send_offsets_to_transaction(offsets, metadata, STEP),  # noqa: B023
                )
            self._step("committing", lambda: self._producer.commit_transaction(STEP))
        except BaseException:
            self._abort()
            raise

    def close(self) -> None:
        """A transaction that it is in is aborted."""
        self._connection.forget(self)
        if self._end is None:
            self._producer.close()

    def _abort(self) -> None:
        if self._end is None:
            try:
                self._step("aborting", lambda: self._producer.abort_transaction(STEP))
            except LogError as error:
                self._end = self._end or error  # the block's own error is the one to tell

    def _step(self, doing: str, step: Callable[[], None]) -> None:
        """Take a step of the transaction, again where Kafka says so. Raises `LogError`."""
        doing = f"{doing} a transaction of {self._name!r}"
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return step()
            except KafkaException as raised:
                error = error_of(raised)
                if error.retriable() and time.monotonic() < deadline:
                    continue
                failure = translated(error, doing)
                if error.fatal() and not isinstance(failure, Fenced):
                    failure = Fenced(f"{doing}: its producer cannot go on: start this one anew ({error.str()})")
                if error.fatal() or error.retriable():
                    self._end = failure
                raise failure from None


class Transaction:
    """See `port.Transaction`. Events are on their way as soon as they are appended; offsets go when the block ends,
    because a transaction that begins with them costs a tenth of a second."""

    def __init__(self, name: str, producer: Producer, connection: Connection, topics: Topics, writing: Writing) -> None:
        self._name, self._producer, self._connection = name, producer, connection
        self._topics, self._writing = topics, writing
        self._consumed: dict[Member, dict[TopicPartition, int]] = {}
        self._unfinished: LogError | None = None

    def append(self, topic: str, events: Sequence[Event], partition: int | None = None) -> None:
        known = self._topics.get(topic)
        values = self._writing.checked(known, events)
        chosen = self._writing.partitions(known, [event.key for event in events], partition)
        place, produce = self._connection.named(topic), self._producer.produce
        for event, value, number in zip(events, values, chosen, strict=True):
            headers = dated(event.headers, event.time)
            try:
                produce(place, value, event.key, number, None, None, 0, headers)
            except (BufferError, KafkaException) as raised:
                self._again(raised, known, value, event.key, number, headers)

    def append_columns(
        self,
        topic: str,
        keys: Sequence[bytes | None],
        values: Sequence[bytes | None],
        *,
        headers: Headers = (),
        times: Sequence[int] | None = None,
        partition: int | None = None,
    ) -> None:
        if len(keys) != len(values) or (times is not None and len(times) != len(keys)):
            raise ValueError(f"{topic}: the columns have different lengths")
        known = self._topics.get(topic)
        self._writing.refuse_broken_columns(known, keys, values, headers)
        values = self._writing.on_the_wire(known, keys, values)
        chosen = self._writing.partitions(known, keys, partition)
        shared = list(headers)
        place, produce = self._connection.named(topic), self._producer.produce
        # From here on every tenth of a microsecond counts: positions, not names, and no callback.
        if times is not None:
            for value, key, number, time in zip(values, keys, chosen, times, strict=True):
                its = dated(headers, time)
                try:
                    produce(place, value, key, number, None, None, 0, its)
                except (BufferError, KafkaException) as raised:
                    self._again(raised, known, value, key, number, its)
        elif shared:
            for value, key, number in zip(values, keys, chosen, strict=True):
                try:
                    produce(place, value, key, number, None, None, 0, shared)
                except (BufferError, KafkaException) as raised:
                    self._again(raised, known, value, key, number, shared)
        else:
            for value, key, number in zip(values, keys, chosen, strict=True):
                try:
                    produce(place, value, key, number)
                except (BufferError, KafkaException) as raised:
                    self._again(raised, known, value, key, number, shared)

    def consumed(self, member: port.Member, offsets: Mapping[TopicPartition, int]) -> None:
        if not isinstance(member, Member):
            raise TypeError(f"{member!r} is not a member of a group of this log")
        for place in offsets:
            self._topics.place(*place)
        self._consumed.setdefault(member, {}).update(offsets)

    def offsets(self) -> Iterator[tuple[Member, list[Place]]]:
        """What was consumed. Raises `LogError` where something was appended in part only."""
        if self._unfinished is not None:
            raise self._unfinished
        named = self._connection.named
        for member, offsets in self._consumed.items():
            yield member, [Place(named(at.topic), at.partition, offset) for at, offset in offsets.items()]

    def _again(
        self,
        raised: BufferError | KafkaException,
        topic: port.Topic,
        value: bytes | None,
        key: bytes | None,
        number: int,
        headers: list[tuple[str, bytes]],
    ) -> None:
        place, its = self._connection.named(topic.name), (value, key, number, None, None, 0, headers)
        try:
            produce_again(self._producer, raised, place, *its, serve=lambda: self._producer.poll(0.01))
        except KafkaException as failed:
            error = error_of(failed)
            if error.code() in TOO_LARGE:
                failure = too_large(topic, key, len(value or b"") + len(key or b""))
            else:
                failure = translated(error, f"appending to {topic.name} in a transaction of {self._name!r}")
            self._unfinished = failure
            raise failure from None
