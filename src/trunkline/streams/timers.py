"""Timers of keys, on event time: kept with the state, fired once, in the order of their times.

Stream time is the highest event time that the instance has worked on. It never falls; a replay of the same events goes
through the same times. A timer fires when stream time reaches it: before the event that carries time there is worked
on, and at once where its time has passed when it is set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush
from math import inf
from typing import NamedTuple

import msgspec

from trunkline.streams.state import State, pack

SECOND = 20  # bits of a time in microseconds that tell what is in a second, about
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


Entry = tuple[int, bytes, str]
"""(time, key, tag)"""


class Entries:
    """Entries in order. Those of a second lie together, and are sorted when its turn comes: a heap of all is slow."""

    def __init__(self) -> None:
        self._turn: list[Entry] = []  # a heap
        self._reached = -1  # up to this second all entries are in it
        self._later: dict[int, list[Entry]] = {}
        self._seconds: list[int] = []  # a heap
        self.first: float = inf
        """No entry has a time before this one."""

    def __len__(self) -> int:
        return len(self._turn) + sum(map(len, self._later.values()))

    def push(self, entry: Entry) -> None:
        second = entry[0] >> SECOND
        if second <= self._reached:
            heappush(self._turn, entry)
        elif second in self._later:
            self._later[second].append(entry)
        else:
            self._later[second] = [entry]
            heappush(self._seconds, second)
        if entry[0] < self.first:
            self.first = entry[0]

    def pop(self, until: int) -> Entry | None:
        """The first one, where its time is `until` at most."""
        if not self._turn and self._seconds and self._seconds[0] << SECOND <= until:
            self._reached = heappop(self._seconds)
            self._turn = self._later.pop(self._reached)
            heapify(self._turn)
        entry = heappop(self._turn) if self._turn and self._turn[0][0] <= until else None
        if self._turn:
            self.first = self._turn[0][0]
        else:
            self.first = self._seconds[0] << SECOND if self._seconds else inf
        return entry


class Timers:
    """The timers of one instance, and its stream time `now` (-1 before the first event)."""

    def __init__(self) -> None:
        self.now = self._committed_now = -1
        self._timers: State[dict[str, int]] = State()
        # Every timer has an entry at its time or before it, the one that `armed` names. So one that is moved on with
        # every event costs nothing but its new time; entries that are out of date are passed over.
        self._armed: dict[tuple[bytes, str], int] = {}
        self._entries = Entries()

    def set(self, key: bytes, wanted: Iterable[tuple[str, int | None]]) -> None:
        """Set the key's timers by their tags; None cancels one."""
        timers = dict(self._timers.get(key) or {})
        for tag, time in wanted:
            if time is None:
                timers.pop(tag, None)
            else:
                timers[tag] = time
                self._arm(key, tag, time)
        self._timers.set(key, timers or None)

    def due(self, until: int) -> bool:
        """Whether one may be due by `until`."""
        return self._entries.first <= until

    def next(self, until: int) -> Timer | None:
        """The first timer that is due by `until`, which is no more then."""
        while (entry := self._entries.pop(until)) is not None:
            time, key, tag = entry
            if self._armed.get((key, tag)) != time:
                continue
            del self._armed[key, tag]
            actual = (self._timers.get(key) or {}).get(tag)
            if actual == time:
                self.set(key, ((tag, None),))
                return Timer(time, key, tag)
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
        touched = list(self._timers.before)
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
            self._entries.push((time, key, tag))
