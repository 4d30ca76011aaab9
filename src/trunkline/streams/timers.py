"""Timers of keys, on event time: kept with the state, fired once, in the order of their times.

Stream time is the highest event time that the instance has worked on. It never falls; a replay of the same events goes
through the same times. A timer fires when stream time reaches it: before the event that carries time there is worked
on, and at once where its time has passed when it is set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush
from typing import NamedTuple

import msgspec

from trunkline.streams.state import State, pack

MARK = b"\x82\xa4time"
"""How a packed record of timers begins: as no packed state does, the keys of which are bytes."""


class Timer(NamedTuple):
    """A timer that fires. A key has one at most of each `tag`. `time` in microseconds since the epoch."""

    time: int
    key: bytes
    tag: str


class Kept(msgspec.Struct, gc=False):
    """A packed record: stream time, and some of the timers by key and tag."""

    time: int
    timers: dict[bytes, dict[str, int] | None]


_decode = msgspec.msgpack.Decoder(Kept).decode


class Timers:
    """The timers of one instance, and its stream time `now` (-1 before the first event)."""

    def __init__(self) -> None:
        self.now = self._committed_now = -1
        self._timers: State[dict[str, int]] = State(dict[str, int])
        # Every timer has an entry in the heap at its time or before it, the one that `armed` names. So one that is
        # moved on with every event costs nothing but its new time; entries that are out of date are passed over.
        self._heap: list[Timer] = []
        self._armed: dict[tuple[bytes, str], int] = {}

    def set(self, key: bytes, wanted: Iterable[tuple[str, int | None]]) -> None:
        """Set the key's timers by their tags; None cancels one."""
        timers = dict(self._timers.get(key) or {})
        for tag, time in wanted:
            if time is None:
                timers.pop(tag, None)
            else:
                timers[tag] = time
                self._arm(key, tag, time)
        self._timers.changed[key] = timers or None

    def due(self, until: int) -> bool:
        """Whether one may be due by `until`."""
        return bool(self._heap) and self._heap[0].time <= until

    def next(self, until: int) -> Timer | None:
        """The first timer that is due by `until`, which is no more then."""
        while self._heap and self._heap[0].time <= until:
            entry = heappop(self._heap)
            time, key, tag = entry
            if self._armed.get((key, tag)) != time:
                continue
            del self._armed[key, tag]
            actual = (self._timers.get(key) or {}).get(tag)
            if actual == time:
                self.set(key, ((tag, None),))
                return entry
            if actual is not None:
                self._arm(key, tag, actual)
        return None

    def load(self, packed: bytes) -> None:
        """Take back one of `changes` or `chunks`."""
        kept = _decode(packed)
        self.now = self._committed_now = kept.time
        self._timers.put(kept.timers)
        for key, timers in kept.timers.items():
            for tag, time in (timers or {}).items():
                self._arm(key, tag, time)

    def changes(self) -> list[bytes]:
        """Stream time and timers that have changed since the last `done`, packed."""
        records = [pack(Kept(self.now, dict(part))) for part in self._timers.changes()]
        return records or ([pack(Kept(self.now, {}))] if self.now != self._committed_now else [])

    def done(self) -> None:
        """The changes are committed."""
        self._timers.done()
        self._committed_now = self.now

    def undo(self) -> None:
        """Go back to what is committed."""
        touched = list(self._timers.changed)
        self._timers.undo()
        self.now = self._committed_now
        for key in touched:
            for tag, time in (self._timers.get(key) or {}).items():
                self._arm(key, tag, time)

    def chunks(self) -> Iterator[bytes]:
        """Stream time and all timers, packed; see `Instance.chunks`."""
        if self._committed_now >= 0:
            yield pack(Kept(self._committed_now, {}))
        for part in self._timers.chunks():
            yield pack(Kept(self._committed_now, dict(part)))

    def _arm(self, key: bytes, tag: str, time: int) -> None:
        armed = self._armed.get((key, tag))
        if armed is None or time < armed:
            self._armed[key, tag] = time
            heappush(self._heap, Timer(time, key, tag))
