"""Hands events to a producer, also when its queue is full or it has not heard of a partition yet."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaException, Producer

from trunkline.log.kafka.errors import ANSWER, UNKNOWN, error_of

ROOM = 0.01  # seconds between two tries


def produce_again(
    producer: Producer, raised: BufferError | KafkaException, topic: str, *event: Any, serve: Callable[[], object]
) -> None:
    """Produce an event for which `produce` has just raised. `serve` lets the producer make room in its queue.

    Raises `KafkaException` when that does not help.
    """
    deadline = time.monotonic() + ANSWER
    error: BufferError | KafkaException = raised
    while True:
        if isinstance(error, KafkaException):
            if error_of(error).code() not in UNKNOWN or time.monotonic() > deadline:
                raise error
            producer.list_topics(topic, ANSWER)  # by which it hears of new partitions
            time.sleep(ROOM)
        else:
            serve()
        try:
            producer.produce(topic, *event)
        except (BufferError, KafkaException) as again:
            error = again
        else:
            return
