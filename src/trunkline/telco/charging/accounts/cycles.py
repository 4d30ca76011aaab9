"""Cycles: from midnight of the operator's zone on one day of the month until that of the next month."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo


@lru_cache(4096)
def begin(zone: ZoneInfo, year: int, month: int, day: int) -> datetime:
    """Midnight of a day, UTC; months are counted on over the year's end."""
    years, month = divmod(month - 1, 12)
    return datetime(year + years, month + 1, day, tzinfo=zone).astimezone(UTC)


def cycle_of(zone: ZoneInfo, day: int, time: datetime) -> datetime:
    """The beginning of the cycle that a moment is in, where cycles begin on this day of the month."""
    local = time.astimezone(zone)
    first = begin(zone, local.year, local.month, day)
    return first if first <= time else begin(zone, local.year, local.month - 1, day)


def cycle_after(zone: ZoneInfo, day: int, cycle: datetime) -> datetime:
    """The first cycle that begins after a moment."""
    local = cycle.astimezone(zone)
    first = begin(zone, local.year, local.month, day)
    return first if first > cycle else begin(zone, local.year, local.month + 1, day)
