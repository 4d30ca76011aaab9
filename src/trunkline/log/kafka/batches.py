"""Records that were fetched, as columns: see `port.RecordBatch`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import overload

from confluent_kafka import Message

from trunkline.log.envelope import micros
from trunkline.log.port import Codec, Event, Record, Sealer, Validator

TIME = "ce_time"  # header of an event that has a time of its own
Headers = tuple[tuple[str, bytes], ...]
Failures = Sequence[tuple[int, str, str]]


class MessageBatch:
    """Consecutive messages of one partition. `keys` and `values` are made with it, all else when it is asked for."""

    __slots__ = (
        "_broken", "_failures", "_headers", "_messages", "_times", "_validator",
        "keys", "partition", "topic", "values",
    )  # fmt: skip

    def __init__(
        self,
        topic: str,
        partition: int,
        messages: list[Message],
        keys: list[bytes | None],
        values: list[bytes | None],
        validator: Validator | None,
        broken: Sequence[tuple[int, str]] = (),
    ) -> None:
        """`broken` are the places of values that the codec could not read, with its reasons."""
        self.topic, self.partition, self.keys, self.values = topic, partition, keys, values
        self._messages, self._validator, self._broken = messages, validator, broken
        self._times: list[int] | None = None
        self._headers: list[Headers] | None = None
        self._failures: Failures | None = None

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def offsets(self) -> Sequence[int]:
        return Places(self._messages)

    @property
    def times(self) -> list[int]:
        if self._times is None:
            self._read_headers()
        return self._times or []

    @property
    def headers(self) -> list[Headers]:
        if self._headers is None:
            self._read_headers()
        return self._headers or []

    @property
    def failures(self) -> Failures:
        if self._failures is None:
            found = [(place, "decode", reason) for place, reason in self._broken]
            if self._validator is not None:
                found += self._breaches(self._validator)
            self._failures = tuple(sorted(found))
        return self._failures

    def records(self) -> list[Record]:
        topic, partition = self.topic, self.partition
        return [
            Record(topic, partition, offset, value, key, headers, time)
            for offset, value, key, headers, time in zip(
                self.offsets, self.values, self.keys, self.headers, self.times, strict=True
            )
        ]

    def part(self, first: int, last: int) -> MessageBatch:
        if first <= 0 and last >= len(self):
            return self
        return MessageBatch(
            self.topic,
            self.partition,
            self._messages[first:last],
            self.keys[first:last],
            self.values[first:last],
            self._validator,
            [(place - first, reason) for place, reason in self._broken if first <= place < last],
        )

    def _read_headers(self) -> None:
        self._headers, self._times = [], []
        for message in self._messages:
            # Kafka lets a header be null.
            headers, time = _own_time(tuple((name, value or b"") for name, value in message.headers() or ()))
            self._headers.append(headers)
            self._times.append(message.timestamp()[1] * 1000 if time is None else time)

    def _breaches(self, validator: Validator) -> list[tuple[int, str, str]]:
        unread = {place for place, _ in self._broken}
        # What its person's key was deleted of is no tombstone that somebody wrote.
        unread |= {
            place
            for place, (value, message) in enumerate(zip(self.values, self._messages, strict=True))
            if value is None and message.value() is not None
        }
        events = [Event(value, key) for value, key in zip(self.values, self.keys, strict=True)]
        return [
            (place, "contract", f"{path}: {reason}")
            for place, path, reason in validator.failures(events)
            if place not in unread
        ]


class Places(Sequence[int]):
    """The offsets of messages. Who processes events wants the first and the last."""

    def __init__(self, messages: list[Message]) -> None:
        self._messages = messages

    def __len__(self) -> int:
        return len(self._messages)

    def __iter__(self) -> Iterator[int]:
        return map(Message.offset, self._messages)

    @overload
    def __getitem__(self, index: int) -> int: ...

    @overload
    def __getitem__(self, index: slice) -> list[int]: ...

    def __getitem__(self, index: int | slice) -> int | list[int]:
        if isinstance(index, slice):
            return list(map(Message.offset, self._messages[index]))
        return self._messages[index].offset()  # type: ignore[no-any-return]  # the client has no types


class Batches:
    """Makes batches of messages."""

    def __init__(
        self, prefix: str, validators: Mapping[str, Validator], codec: Codec | None, sealer: Sealer | None
    ) -> None:
        self._prefix, self._validators, self._codec, self._sealer = prefix, validators, codec, sealer

    def of(self, messages: list[Message]) -> Iterator[MessageBatch]:
        """Batches, each of one partition, of messages without errors."""
        first = 0
        for topic, its in groupby(map(Message.topic, messages)):
            last = first + len(list(its))
            for partition, run in groupby(map(Message.partition, messages[first:last])):
                end = first + len(list(run))
                yield self._batch(topic, partition, messages[first:end])
                first = end

    def _batch(self, topic: str, partition: int, messages: list[Message]) -> MessageBatch:
        name = topic.removeprefix(self._prefix)
        keys, values = list(map(Message.key, messages)), list(map(Message.value, messages))
        broken: list[tuple[int, str]] = []
        if self._sealer is not None:
            values, broken = self._sealer.from_wire(name, keys, values)
        if self._codec is not None:
            sealed = {place for place, _ in broken}
            values, unread = self._codec.from_wire(name, values)
            broken += [(place, reason) for place, reason in unread if place not in sealed]
        return MessageBatch(name, partition, messages, keys, values, self._validators.get(name), broken)


def _own_time(headers: Headers) -> tuple[Headers, int | None]:
    """The headers without the one that tells the event's own time, and that time."""
    if not headers or headers[-1][0] != TIME:
        return headers, None
    try:
        return headers[:-1], micros(datetime.fromisoformat(headers[-1][1].decode()))
    except ValueError:
        return headers, None  # of another writer, who took the name for something else
