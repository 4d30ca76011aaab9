"""Local times of whole columns: what `ZoneInfo` says of one moment, for many moments in many zones at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from trunkline.telco.charging.tariff.columns import Integers

DAY: Final = 86_400
_ZONE_BITS: Final = 40
_BIAS: Final = 1 << 37
"""Makes seconds of all years that Python knows positive."""


class LocalTime:
    """The offsets of some zones, learnt for the years that are asked for."""

    def __init__(self, zones: Sequence[ZoneInfo]) -> None:
        self._zones = zones
        self._known: set[tuple[int, int]] = set()
        self._starts = np.zeros(0, dtype=np.int64)
        self._offsets = np.zeros(0, dtype=np.int64)

    def offsets(self, zone: Integers, moments: Integers) -> Integers:
        """Seconds that each moment's zone, by its place among the zones, is ahead of UTC."""
        if not len(moments):
            return np.zeros(0, dtype=np.int64)
        years = moments.astype("M8[s]").astype("M8[Y]").astype(np.int64)
        first = int(years.min())
        pairs = np.bincount(zone * (int(years.max()) - first + 1) + years - first).nonzero()[0]
        span = int(years.max()) - first + 1
        self._learn({(int(pair) // span, int(pair) % span + first + 1970) for pair in pairs})
        keys = (zone << _ZONE_BITS) + moments + _BIAS
        return self._offsets[np.searchsorted(self._starts, keys, side="right") - 1]

    def _learn(self, wanted: set[tuple[int, int]]) -> None:
        if wanted <= self._known:
            return
        self._known |= wanted
        steps = sorted(
            ((zone << _ZONE_BITS) + second + _BIAS, offset)
            for zone, year in self._known
            for second, offset in _changes(self._zones[zone], year)
        )
        self._starts = np.array([start for start, _ in steps], dtype=np.int64)
        self._offsets = np.array([offset for _, offset in steps], dtype=np.int64)


@lru_cache(maxsize=4096)
def _changes(zone: ZoneInfo, year: int) -> tuple[tuple[int, int], ...]:
    """The zone's offset at the beginning of a year of UTC, and each that it changes to in it."""
    return tuple(_offsets(zone, int(datetime(year, 1, 1, tzinfo=UTC).timestamp()), year))


def _offsets(zone: ZoneInfo, begin: int, year: int) -> Iterator[tuple[int, int]]:
    before = _offset(zone, begin)
    yield begin, before
    for day in range(begin, begin + 366 * DAY, DAY):
        if datetime.fromtimestamp(day, UTC).year != year or (after := _offset(zone, day + DAY - 1)) == before:
            continue
        low, high = day - 1, day + DAY - 1
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
        yield high, after
        before = after


def _offset(zone: ZoneInfo, second: int) -> int:
    offset = datetime.fromtimestamp(second, zone).utcoffset()
    return int(offset.total_seconds()) if offset else 0
