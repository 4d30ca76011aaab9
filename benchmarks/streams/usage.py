"""The job that all processors here do: usage events of 200 bytes of JSON → decode → a sum by key → an output an event.

The output for an event is `{"events":N,"octets":SUM}` under the event's key: how many events of this key there were,
and their sum. So outputs themselves tell whether each event was worked on once and in order, which `Outputs` checks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

INPUT = "usage"
PARTITIONS = 4
KEYS = 100_000
BYTES = 200  # of an event's value
BATCH = 10_000

PREFIX = b"32470"  # of every key; seven digits follow
KEY = PREFIX + b"%07d"
PLAIN = (
    b'{"subscription":"32470%07d","cell":"ANT-%04d","start":"2026-01-15T10:00:00Z",'
    b'"seconds":%d,"octets":%d,"service":"data","text":"'
)
VALUE = PLAIN + b"x" * (BYTES - len(PLAIN % (0, 0, 1_000, 100_000) + b'"}')) + b'"}'

Integers = NDArray[np.int64]


class Total(msgspec.Struct, frozen=True, gc=False):
    """What an output says."""

    events: int
    octets: int


class Load:
    """`count` events, the same for the same seed. Each key is as likely as the next; with `once`, each event has a key
    of its own."""

    def __init__(self, count: int, seed: int = 1, *, once: bool = False) -> None:
        self.count = count
        chance = np.random.default_rng(seed)
        self.subscriptions: Integers = chance.permutation(count) if once else chance.integers(0, KEYS, count)
        self.octets: Integers = chance.integers(100_000, 1_000_000, count)

    def extend(self, other: Load) -> None:
        """Put another's events behind."""
        self.count += other.count
        self.subscriptions = np.concatenate([self.subscriptions, other.subscriptions])
        self.octets = np.concatenate([self.octets, other.octets])

    def batches(self, size: int = BATCH) -> Iterator[tuple[list[bytes], list[bytes]]]:
        """Keys and values, in batches."""
        for first in range(0, self.count, size):
            yield self.part(first, min(first + size, self.count))

    def part(self, first: int, last: int) -> tuple[list[bytes], list[bytes]]:
        """Keys and values of the events at the places `first` to `last` (exclusive)."""
        names, octets = self.subscriptions[first:last].tolist(), self.octets[first:last].tolist()
        values = [
            VALUE % (name, place % 600, 1_000 + place % 2_600, its)
            for place, name, its in zip(range(first, last), names, octets, strict=True)
        ]
        return [KEY % name for name in names], values


class Outputs:
    """What a processor has written, read in the order in which it lies under each key."""

    def __init__(self) -> None:
        self._decode: Any = msgspec.json.Decoder(Total).decode
        self._names: list[Integers] = []
        self._totals: list[Integers] = []
        self.count = 0

    def add(self, keys: Sequence[bytes | None], values: Sequence[bytes | None]) -> None:
        start, length = len(PREFIX), len(keys)
        self._names.append(np.fromiter((int((key or b"")[start:]) for key in keys), np.int64, length))
        totals = [(its.events, its.octets) for its in map(self._decode, values)]
        self._totals.append(np.array(totals, np.int64).reshape(length, 2))
        self.count += length

    def events(self, load: Load, least: int) -> Integers:
        """The place in the load of the event that each output is of.

        Raises `AssertionError` where there are fewer than `least`, or one is missing under its key, twice there, out of
        its order, or wrong.
        """
        if self.count < least:
            raise AssertionError(f"{least:,} outputs were to come, {self.count:,} are there")
        names, totals = np.concatenate(self._names), np.concatenate(self._totals)
        order = np.argsort(names, kind="stable")
        names, numbers, sums = names[order], totals[order, 0] - 1, totals[order, 1]
        if (numbers != numbered(names)).any():
            raise AssertionError("outputs are missing, twice there, or out of their order")

        by_name = np.argsort(load.subscriptions, kind="stable")
        octets = load.octets[by_name]
        known, firsts, counts = np.unique(load.subscriptions[by_name], return_index=True, return_counts=True)
        running = np.cumsum(octets)
        running -= np.repeat(running[firsts] - octets[firsts], counts)
        at = np.minimum(np.searchsorted(known, names), len(known) - 1)
        if (known[at] != names).any() or (numbers >= counts[at]).any() or (running[firsts[at] + numbers] != sums).any():
            raise AssertionError("an output says what cannot have come of the events")
        places = np.empty(self.count, np.int64)
        places[order] = by_name[firsts[at] + numbers]
        return places


def numbered(names: Integers) -> Integers:
    """0, 1, 2 … for the places of each name, which lie together."""
    firsts = np.flatnonzero(np.diff(names, prepend=-1))
    return np.arange(len(names)) - np.repeat(firsts, np.diff(np.append(firsts, len(names))))
