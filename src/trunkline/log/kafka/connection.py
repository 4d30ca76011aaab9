"""The clients of one open log: all of them end with it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient

from trunkline.log.kafka.address import PARTITIONERS, Address
from trunkline.log.kafka.errors import ANSWER, REFUSED, SILENT, UNTRUSTED, asked, error_of, told
from trunkline.log.port import LogError

T = TypeVar("T")
LARGEST = 8 << 20  # bytes of an event: key, value and headers
LOOK = 0.5  # seconds between looks at whether the brokers refuse this client
BATCH = 1 << 20  # bytes of a batch on its way to the broker, unless an event is larger

logger = logging.getLogger(__name__)


class Closable(Protocol):
    def close(self) -> object: ...


class Connection:
    """Makes clients of the cluster. Raises `LogError` where none of its brokers answers, or they refuse this client."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._open: list[Closable] | None = []
        self._lock = threading.Lock()
        self._refusal: KafkaError | None = None
        self._client: dict[str, Any] = {
            **address.client,
            "client.id": "trunkline",
            "error_cb": self._hear,
            "logger": logger,
            "retry.backoff.ms": 10,
            "reconnect.backoff.ms": 50,
            "reconnect.backoff.max.ms": 1000,
        }
        with told(f"opening the log kafka://{address.bootstrap}"):
            self._admin = AdminClient(self._client)
            self._await_answer()

    def ask(self, doing: str, question: Callable[[AdminClient], T]) -> T:
        """What the cluster answers within `ANSWER` seconds. Raises `LogError`.

        A client that says nothing for `SILENCE` seconds is left for a new one: when all brokers were away at once,
        librdkafka's may wait for one of them that it has given up itself.
        """

        def asking() -> T:
            self.refuse_closed()
            try:
                return question(self._admin)
            except TimeoutError:
                self._admin = AdminClient(self._client)
                raise
            except KafkaException as raised:
                if error_of(raised).code() in SILENT:
                    self._admin = AdminClient(self._client)
                raise

        return asked(doing, asking)

    def producer(self, **settings: Any) -> Producer:
        """A producer whose batches are durable on all replicas in sync before they count as delivered."""
        self.refuse_closed()
        return Producer(
            {
                **self._client,
                "acks": "all",
                "enable.idempotence": True,
                "partitioner": PARTITIONERS[self.address.partitioner],
                "compression.type": self.address.compression,
                "message.max.bytes": LARGEST + (64 << 10),
                "batch.size": BATCH,
                "batch.num.messages": 100_000,
                "queue.buffering.max.messages": 1_000_000,
                "queue.buffering.max.kbytes": 512 << 10,
                **settings,
            }
        )

    def consumer(self, group: str, **settings: Any) -> Consumer:
        """A consumer of committed transactions that commits nothing by itself. Give it to `closing_with_log`."""
        self.refuse_closed()
        return Consumer(
            {
                **self._client,
                "group.id": self.named(group),
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "auto.offset.reset": "earliest",
                "allow.auto.create.topics": False,
                "check.crcs": True,
                **settings,
            }
        )

    def closing_with_log(self, client: Closable) -> None:
        """Close `client` when the log is closed."""
        self.refuse_closed()
        with self._lock:
            if self._open is not None:
                self._open.append(client)

    def forget(self, client: Closable) -> None:
        """It was closed by itself."""
        with self._lock:
            if self._open is not None and client in self._open:
                self._open.remove(client)

    def named(self, name: str) -> str:
        """What the cluster calls a topic, group or producer of this log."""
        return self.address.prefix + name

    def own_name(self, name: str) -> str | None:
        """What this log calls one of the cluster's, None where it is of another log."""
        return name.removeprefix(self.address.prefix) if name.startswith(self.address.prefix) else None

    def refuse_closed(self) -> None:
        """Raises `LogError` once the log is closed."""
        if self._open is None:
            raise LogError("the log is closed: open it again")

    def close(self) -> None:
        with self._lock:
            clients, self._open = self._open or [], None
        for client in reversed(clients):
            client.close()

    def _await_answer(self) -> None:
        deadline = time.monotonic() + ANSWER
        while True:
            try:
                self._admin.list_topics(timeout=LOOK)
            except KafkaException:
                self._admin.poll(0)  # by which `_hear` is told what is wrong
                if self._refusal is not None:
                    raise KafkaException(self._refusal) from None
                if time.monotonic() > deadline:
                    raise
            else:
                return

    def _hear(self, error: KafkaError) -> None:
        """librdkafka tells here what it tries again by itself; a login that is refused shows nowhere else."""
        if error.code() in REFUSED | UNTRUSTED:
            self._refusal = error
        logger.log(logging.ERROR if error.fatal() else logging.WARNING, "kafka: %s", error.str())
