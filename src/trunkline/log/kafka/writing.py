"""What is common to all writing: events are held against the contract, translated, and given their partition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import count, repeat
from zlib import crc32

from trunkline.log.envelope import from_micros
from trunkline.log.kafka.batches import TIME
from trunkline.log.kafka.connection import LARGEST, Connection
from trunkline.log.kafka.topics import Topics
from trunkline.log.port import Codec, ContractViolation, Event, EventTooLarge, LogError, Sealer, Topic, Validator

Headers = tuple[tuple[str, bytes], ...]
BY_KEY = -1  # as a partition: librdkafka chooses it


class Writing:
    """Prepares events for a producer."""

    def __init__(
        self,
        connection: Connection,
        topics: Topics,
        validators: Mapping[str, Validator],
        codec: Codec | None,
        sealer: Sealer | None,
    ) -> None:
        self._topics, self._validators, self._codec, self._sealer = topics, validators, codec, sealer
        self._crc32 = connection.address.partitioner == "crc32"
        self._turns = count()

    def checked(self, topic: Topic, events: Sequence[Event]) -> Sequence[bytes | None]:
        """The events' values as they lie in Kafka. Raises `ContractViolation` or `EventTooLarge`."""
        self.refuse_broken(topic, events)
        values = self.on_the_wire(topic, [event.key for event in events], [event.value for event in events])
        for event, value in zip(events, values, strict=True):
            size = len(value or b"") + len(event.key or b"") + sum(len(name) + len(its) for name, its in event.headers)
            if size > LARGEST:
                raise too_large(topic, event.key, size)
        return values

    def refuse_broken(self, topic: Topic, events: Sequence[Event]) -> None:
        validator = self._validators.get(topic.name)
        if validator and (failures := validator.failures(events)):
            raise ContractViolation(topic.name, failures)
        if topic.compacted:
            refuse_missing_keys(topic, [event.key for event in events])

    def refuse_broken_columns(
        self, topic: Topic, keys: Sequence[bytes | None], values: Sequence[bytes | None], headers: Headers
    ) -> None:
        validator = self._validators.get(topic.name)
        if validator:
            events = [Event(value, key, headers) for value, key in zip(values, keys, strict=True)]
            if failures := validator.failures(events):
                raise ContractViolation(topic.name, failures)
        if topic.compacted and None in keys:
            refuse_missing_keys(topic, keys)

    def on_the_wire(
        self, topic: Topic, keys: Sequence[bytes | None], values: Sequence[bytes | None]
    ) -> Sequence[bytes | None]:
        if self._codec is not None:
            values = self._codec.to_wire(topic.name, values)
        return values if self._sealer is None else self._sealer.to_wire(topic.name, keys, list(values))

    def partitions(self, topic: Topic, keys: Sequence[bytes | None], partition: int | None) -> Iterable[int]:
        """Where each event goes: by its key, or round the partitions where it has none."""
        if partition is not None:
            self._topics.place(topic.name, partition)
            return repeat(partition, len(keys))
        number = topic.partitions
        if number == 1:
            return repeat(0, len(keys))
        if not self._crc32:
            return repeat(BY_KEY, len(keys))
        if None not in keys:
            return [its % number for its in map(crc32, keys)]  # type: ignore[arg-type]  # none is None
        turns = self._turns
        return [(next(turns) if key is None else crc32(key)) % number for key in keys]


def dated(headers: Headers, time: int) -> list[tuple[str, bytes]]:
    """The headers of an event that has a time of its own, unless that is 0."""
    if not time:
        return list(headers)
    return [*headers, (TIME, from_micros(time).isoformat().replace("+00:00", "Z").encode())]


def refuse_missing_keys(topic: Topic, keys: Sequence[bytes | None]) -> None:
    reason = "a compacted topic keeps the last event of each key: this event has none"
    if failures := [(index, "key", reason) for index, key in enumerate(keys) if key is None]:
        raise ContractViolation(topic.name, failures)


def too_large(topic: Topic, key: bytes | None, size: int) -> LogError:
    return EventTooLarge(
        f"{topic.name}: the event with key {key!r} has {size:,} bytes and the log takes {LARGEST:,}: put the payload "
        "in a file or a store and its address in the event"
    )
