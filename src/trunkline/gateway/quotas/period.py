"""Periods of the calendar, in UTC: hours, days, weeks from Monday on (ISO 8601), months."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple, cast

Unit = Literal["hour", "day", "week", "month"]
SECONDS: Final[dict[Unit, int]] = {"hour": 3_600, "day": 86_400, "week": 604_800, "month": 2_592_000}
"""How long a period is, as callers are told it; a month is told as 30 days."""


class Allowance(NamedTuple):
    """`amount` requests in each period."""

    amount: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Allowance:
        """Of `100000 per month`."""
        amount, _, unit = text.partition(" per ")
        return cls(int(amount), cast(Unit, unit))


class Period(NamedTuple):
    """`name` sorts as the periods of a unit follow each other: `2026-11`, `2026-W48`, `2026-11-26`, `2026-11-26T09`."""

    name: str
    ends: datetime
    """The first instant that is not in it."""

    @classmethod
    def of(cls, unit: Unit, at: datetime) -> Period:
        """The period that the instant `at` (in UTC) is in."""
        hour = at.replace(minute=0, second=0, microsecond=0)
        day = hour.replace(hour=0)
        match unit:
            case "hour":
                return cls(f"{at:%Y-%m-%dT%H}", hour + timedelta(hours=1))
            case "day":
                return cls(f"{at:%Y-%m-%d}", day + timedelta(days=1))
            case "week":
                year, week, weekday = at.isocalendar()
                return cls(f"{year}-W{week:02}", day + timedelta(days=8 - weekday))
            case "month":
                return cls(f"{at:%Y-%m}", (day.replace(day=1) + timedelta(days=32)).replace(day=1))
