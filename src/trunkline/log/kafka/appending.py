"""Appends outside of transactions: durable when they return."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from functools import partial

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from trunkline.log.kafka.connection import Connection
from trunkline.log.kafka.errors import told, translated
from trunkline.log.kafka.producing import ROOM, produce_again
from trunkline.log.kafka.topics import Topics
from trunkline.log.kafka.writing import Writing, dated
from trunkline.log.port import Event

LINGER = 2  # milliseconds that an event waits for others, so that concurrent callers share a batch
PATIENCE = 120_000  # milliseconds after which an event that no broker has taken is given up
LOOK = 0.1  # seconds between looks at whether the log is closed


class Appender:
    """The log's one idempotent producer, for all threads."""

    def __init__(self, connection: Connection, topics: Topics, writing: Writing) -> None:
        self._connection, self._topics, self._writing = connection, topics, writing
        self._making = threading.Lock()
        self._producer: Producer | None = None
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def append(self, name: str, events: Sequence[Event], partition: int | None) -> list[tuple[int, int]]:
        """See `Log.append`."""
        self._connection.refuse_closed()
        topic = self._topics.get(name)
        values = self._writing.checked(topic, events)
        chosen = self._writing.partitions(topic, [event.key for event in events], partition)
        producer, place = self.prepare(), self._connection.named(name)
        if not events:
            return []
        delivery = Delivery(len(events))
        with told(f"appending to {name}"):
            for index, (event, value, number) in enumerate(zip(events, values, chosen, strict=True)):
                headers = dated(event.headers, event.time)
                its = (value, event.key, number, partial(delivery.done, index), None, 0, headers)
                try:
                    producer.produce(place, *its)
                except (BufferError, KafkaException) as raised:
                    produce_again(producer, raised, place, *its, serve=lambda: time.sleep(ROOM))
        return delivery.wait(f"appending to {name}")

    def prepare(self) -> Producer:
        """Make the producer, which has its number from the brokers half a second later and can write only then."""
        with self._making:
            if self._producer is None:
                settings = {"linger.ms": LINGER, "message.timeout.ms": PATIENCE}
                self._producer = self._connection.producer(**settings)
                self._connection.closing_with_log(self)
                self._thread = threading.Thread(
                    target=self._serve, args=(self._producer,), name="log deliveries", daemon=True
                )
                self._thread.start()
            return self._producer

    def close(self) -> None:
        """What is under way fails."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()

    def _serve(self, producer: Producer) -> None:
        """Hand on what the brokers say of each event."""
        while not self._closing.is_set():
            producer.poll(LOOK)
        producer.purge()
        producer.flush(LOOK)


class Delivery:
    """What becomes of the events of one append."""

    def __init__(self, number: int) -> None:
        self._places: list[tuple[int, int]] = [(-1, -1)] * number
        self._left = number
        self._error: KafkaError | None = None
        self._all = threading.Event()

    def done(self, index: int, error: KafkaError | None, message: Message) -> None:
        """An event has been taken or given up."""
        self._error = self._error or error
        self._places[index] = (message.partition(), message.offset())
        self._left -= 1
        if not self._left:
            self._all.set()

    def wait(self, doing: str) -> list[tuple[int, int]]:
        """Each event's partition and offset. Raises `LogError` where one was not taken."""
        self._all.wait()
        if self._error is not None:
            raise translated(self._error, doing)
        return self._places
