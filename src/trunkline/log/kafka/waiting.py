"""The wait for what comes: see `Log.wait`.

A consumer follows the partitions and throws away what it gets, so that news is here as soon as the broker has it. It is
kept for the next wait for the same partitions, which as a rule is for what comes next.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from confluent_kafka import TopicPartition as Place

from trunkline.log.kafka.connection import Connection
from trunkline.log.kafka.errors import ANSWER, told
from trunkline.log.kafka.fetching import SETTINGS, heard
from trunkline.log.kafka.offsets import Offsets
from trunkline.log.port import LogError, TopicPartition

KEPT = 4  # consumers that are kept for waits to come
AT_ONCE = 1000  # messages


class Waiting:
    """Waits for any number of threads at once."""

    def __init__(self, connection: Connection, offsets: Offsets) -> None:
        self._connection, self._offsets = connection, offsets
        self._idle: list[Follower] = []
        self._lock = threading.Lock()
        connection.closing_with_log(self)

    def wait(self, offsets: Mapping[TopicPartition, int], timeout: float) -> bool:
        """See `Log.wait`."""
        deadline = time.monotonic() + timeout
        if not offsets:
            time.sleep(timeout)
            return False
        ends = self._offsets.ends(offsets)
        with self._lock:
            follower = next((its for its in self._idle if its.follows(offsets)), None)
            if follower is not None:
                self._idle.remove(follower)
        if follower is None:
            follower = Follower(
                self._connection, {place: min(offset, ends[place]) for place, offset in offsets.items()}
            )
        try:
            return follower.wait(offsets, ends, deadline)
        finally:
            with self._lock:
                self._idle.append(follower)
                superfluous = self._idle.pop(0) if len(self._idle) > KEPT else None
            if superfluous is not None:
                superfluous.close()

    def close(self) -> None:
        with self._lock:
            followers, self._idle = self._idle, []
        for follower in followers:
            follower.close()


class Follower:
    """A consumer that knows the last message of each of its partitions."""

    def __init__(self, connection: Connection, begins: Mapping[TopicPartition, int]) -> None:
        self._connection, self._begins = connection, dict(begins)
        self._consumer = connection.consumer("readers", **SETTINGS)
        self._last = dict.fromkeys(begins, -1)
        self._ended = dict.fromkeys(begins, -1)
        named = connection.named
        with told("waiting for events"):
            self._consumer.assign([Place(named(at.topic), at.partition, offset) for at, offset in begins.items()])

    def follows(self, offsets: Mapping[TopicPartition, int]) -> bool:
        """Whether it follows these partitions, and has from these offsets on."""
        begins = self._begins
        return begins.keys() == offsets.keys() and all(begins[place] <= offset for place, offset in offsets.items())

    def wait(self, offsets: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int], deadline: float) -> bool:
        """Whether there is a message at or after one of the offsets, or comes before the deadline. What lies before the
        ends is known for sure: it may be a message, or the mark of a transaction, or what was aborted."""
        answered = time.monotonic() + ANSWER
        while not any(self._last[place] >= offset for place, offset in offsets.items()):
            known = all(self._reached(place) >= end for place, end in ends.items() if end > offsets[place])
            now = time.monotonic()
            if known and now >= deadline:
                return False
            if not known and now >= answered:
                raise LogError(f"waiting for events: Kafka has not answered for {ANSWER:g} s: are the brokers up?")
            self._hear(max(deadline - now, 0) if known else answered - now)
        return True

    def close(self) -> None:
        self._consumer.close()

    def _reached(self, place: TopicPartition) -> int:
        return max(self._last[place] + 1, self._ended[place])

    def _hear(self, timeout: float) -> None:
        for message in heard(self._consumer.consume(AT_ONCE, 0) or self._consumer.consume(1, timeout)):
            place = TopicPartition(self._connection.own_name(message.topic()) or "", message.partition())
            (self._last if message.error() is None else self._ended)[place] = message.offset()
