"""Columns: how many events lie in memory and in a row, without an object for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from trunkline.log.port import Event, Record

Headers = tuple[tuple[str, bytes], ...]
SMALL = 100  # events on the average, up to which batches are better joined


class Columns(NamedTuple):
    """Events without their places in the log. This tuple, as MessagePack, is how they lie in a row."""

    headers: Headers
    """With which all events begin (a CloudEvent's type and source)."""
    keys: list[bytes | None]
    values: list[bytes | None]
    own: list[Headers] | None
    """The headers that follow those, None where no event has any."""
    times: list[int] | None
    """0: that of the append. None where all are."""

    @classmethod
    def of(cls, events: Sequence[Event] | Sequence[Record]) -> Columns:
        """The columns of one event at least."""
        shared = shared_headers(events)
        common = len(shared)
        own = [event.headers[common:] for event in events]
        times = [event.time for event in events]
        return cls(
            shared,
            [event.key for event in events],
            [event.value for event in events],
            own if any(own) else None,
            times if any(times) else None,
        )

    def part(self, first: int, last: int) -> Columns:
        """The events at the places `first` to `last` (exclusive)."""
        return Columns(
            self.headers,
            self.keys[first:last],
            self.values[first:last],
            None if self.own is None else self.own[first:last],
            None if self.times is None else self.times[first:last],
        )

    def split(self, chosen: Sequence[int]) -> dict[int, Columns]:
        """The events by partition, where `chosen` says which each belongs to."""
        places: dict[int, list[int]] = {number: [] for number in sorted(set(chosen))}
        if len(places) == 1:
            return {chosen[0]: self}
        for place, number in enumerate(chosen):
            places[number].append(place)
        return {number: self._at(its) for number, its in places.items()}

    def events(self) -> list[Event]:
        """An object for each, for who must have them."""
        own, times = self.own or [()] * len(self.keys), self.times or [0] * len(self.keys)
        return [
            Event(value, key, self.headers + its, time)
            for value, key, its, time in zip(self.values, self.keys, own, times, strict=True)
        ]

    def _at(self, places: Sequence[int]) -> Columns:
        return Columns(
            self.headers,
            [self.keys[place] for place in places],
            [self.values[place] for place in places],
            None if self.own is None else [self.own[place] for place in places],
            None if self.times is None else [self.times[place] for place in places],
        )


def shared_headers(events: Sequence[Event] | Sequence[Record]) -> Headers:
    """The headers with which all of them begin."""
    shared = events[0].headers
    for event in events:
        while event.headers[: len(shared)] != shared:
            shared = shared[:-1]
    return shared


class ColumnBatch:
    """The records of a row, or some of them: see `port.RecordBatch`."""

    __slots__ = ("_appended", "_columns", "_headers", "_times", "offsets", "partition", "size", "topic")

    failures: Sequence[tuple[int, str, str]] = ()

    def __init__(
        self, topic: str, partition: int, offsets: Sequence[int], columns: Columns, appended: int, size: int
    ) -> None:
        """`appended` is the time of events that have none of their own; `size` their bytes, about."""
        self.topic, self.partition, self.offsets, self.size = topic, partition, offsets, size
        self._columns, self._appended = columns, appended
        self._times: list[int] | None = None
        self._headers: list[Headers] | None = None

    def __len__(self) -> int:
        return len(self.offsets)

    @property
    def keys(self) -> list[bytes | None]:
        return self._columns.keys

    @property
    def values(self) -> list[bytes | None]:
        return self._columns.values

    @property
    def times(self) -> list[int]:
        if self._times is None:
            times, appended = self._columns.times, self._appended
            self._times = [appended] * len(self) if times is None else [time or appended for time in times]
        return self._times

    @property
    def headers(self) -> list[Headers]:
        if self._headers is None:
            shared, own = self._columns.headers, self._columns.own
            self._headers = [shared] * len(self) if own is None else [shared + its for its in own]
        return self._headers

    @property
    def shared(self) -> Headers | None:
        """The headers of each record where all have the same."""
        return self._columns.headers if self._columns.own is None else None

    def records(self) -> list[Record]:
        topic, partition = self.topic, self.partition
        return [
            Record(topic, partition, offset, value, key, headers, time)
            for offset, value, key, headers, time in zip(
                self.offsets, self.values, self.keys, self.headers, self.times, strict=True
            )
        ]

    def part(self, first: int, last: int) -> ColumnBatch:
        if first <= 0 and last >= len(self):
            return self
        offsets = self.offsets[first:last]
        size = self.size * len(offsets) // len(self)
        return ColumnBatch(self.topic, self.partition, offsets, self._columns.part(first, last), self._appended, size)


def joined(batches: list[ColumnBatch]) -> list[ColumnBatch]:
    """The same records as one batch where the batches of a partition are small, as those of single appends are."""
    count = sum([len(batch.values) for batch in batches])
    if len(batches) < 2 or count > SMALL * len(batches):
        return batches
    shared, own = batches[0].shared, None
    if shared is None or any(batch.shared != shared for batch in batches):
        shared, own = (), [its for batch in batches for its in batch.headers]
    keys = [key for batch in batches for key in batch.keys]
    values = [value for batch in batches for value in batch.values]
    times = [time for batch in batches for time in batch.times]
    first, last = batches[0].offsets[0], batches[-1].offsets[-1]
    offsets: Sequence[int] = range(first, last + 1)
    if len(offsets) > count:
        offsets = [offset for batch in batches for offset in batch.offsets]
    size = sum([batch.size for batch in batches])
    columns = Columns(shared, keys, values, own, times)
    return [ColumnBatch(batches[0].topic, batches[0].partition, offsets, columns, 0, size)]
