"""Takes what a consumer has fetched, fairly: a partition with much to read does not keep another waiting."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterable, Set
from itertools import chain

from confluent_kafka import Consumer, KafkaError, Message

from trunkline.log.kafka.batches import Batches, MessageBatch
from trunkline.log.kafka.errors import FENCED, REFUSED, UNKNOWN, translated
from trunkline.log.port import RecordBatch, TopicPartition

AHEAD = 20_000  # messages that are taken out of librdkafka's one queue, so that several partitions are among them
SETTINGS = {
    "enable.partition.eof": True,
    "queued.max.messages.kbytes": 256 << 10,
    "fetch.queue.backoff.ms": 10,  # librdkafka's second leaves a fast reader idle
    "fetch.wait.max.ms": 50,  # after which a broker says that a partition has nothing more
    "max.partition.fetch.bytes": 4 << 20,
}
FINAL = REFUSED | UNKNOWN | FENCED

logger = logging.getLogger(__name__)


class Fetcher:
    """What has come from a consumer and not been taken yet. `prefix` is that of the log's topics."""

    def __init__(self, consumer: Consumer, batches: Batches, prefix: str) -> None:
        self._consumer, self._batches, self._prefix = consumer, batches, prefix
        self._undecoded: list[Message] = []
        """Sound ones that a failure has kept from being made batches of: they are tried again."""
        self._waiting: dict[TopicPartition, deque[MessageBatch]] = {}
        self._ended: set[TopicPartition] = set()
        self.places: Set[TopicPartition] = frozenset()
        """The partitions that are read: what comes of others was fetched before they were let go."""

    def take(self, limit: int, timeout: float) -> list[RecordBatch]:
        """See `port.Reader.take`."""
        self._fetch(max(limit, AHEAD), timeout)
        return self._share(limit)

    def at_end(self) -> bool:
        """Whether all that the partitions had when the broker last looked has been taken."""
        self._fetch(AHEAD, 0)
        return not self._waiting and self._ended.issuperset(self.places)

    def drop(self, places: Iterable[TopicPartition]) -> None:
        """Forget what was fetched of these partitions."""
        for place in places:
            self._waiting.pop(place, None)
            self._ended.discard(place)
            self._undecoded = [message for message in self._undecoded if self._place(message) != place]

    def _fetch(self, limit: int, timeout: float) -> None:
        """Have up to `limit` messages waiting. Where there is none, wait for the first for `timeout` seconds."""
        limit -= sum(map(len, chain.from_iterable(self._waiting.values())))
        deadline = time.monotonic() + timeout
        while limit > 0:
            messages = self._consumer.consume(limit, 0)
            if not messages and not self._waiting and (left := deadline - time.monotonic()) > 0:
                messages = self._consumer.consume(1, left)
                if messages:
                    messages += self._consumer.consume(limit, 0)
            sound = not any(map(Message.error, messages))
            self._undecoded += messages if sound else self._without_errors(messages)
            batches = list(self._batches.of(self._undecoded))
            self._undecoded = []
            for batch in batches:
                place = TopicPartition(batch.topic, batch.partition)
                if sound:
                    self._ended.discard(place)
                if place in self.places:
                    self._waiting.setdefault(place, deque()).append(batch)
            if self._waiting or time.monotonic() >= deadline:
                return

    def _without_errors(self, messages: list[Message]) -> list[Message]:
        sound = []
        for message in heard(messages):
            place = self._place(message)
            if message.error() is None:
                sound.append(message)
                self._ended.discard(place)
            else:
                self._ended.add(place)
        return sound

    def _place(self, message: Message) -> TopicPartition:
        return TopicPartition(message.topic().removeprefix(self._prefix), message.partition())

    def _share(self, limit: int) -> list[RecordBatch]:
        """`limit` records at most, from each partition about as many."""
        taken: list[RecordBatch] = list(chain.from_iterable(self._waiting.values()))
        if sum(map(len, taken)) <= limit:
            self._waiting.clear()
            return taken
        taken = []
        share = max(1, limit // len(self._waiting))
        while limit and self._waiting:
            place, its = next(iter(self._waiting.items()))
            del self._waiting[place]
            batch = its.popleft()
            number = min(share, limit, len(batch))
            taken.append(batch.part(0, number))
            limit -= number
            if number < len(batch):
                its.appendleft(batch.part(number, len(batch)))
            if its:
                self._waiting[place] = its  # behind the others
        return taken


def heard(messages: list[Message]) -> list[Message]:
    """Without the news that librdkafka tries something again; what stays and has an error says that a partition has
    nothing more. Raises `LogError` where it gives up."""
    found = []
    for message in messages:
        error = message.error()
        if error is None or error.code() == KafkaError._PARTITION_EOF:
            found.append(message)
        elif error.fatal() or error.code() in FINAL:
            raise translated(error, f"reading {message.topic()}/{message.partition()}")
        else:
            logger.warning("reading: %s", error.str())
    return found
