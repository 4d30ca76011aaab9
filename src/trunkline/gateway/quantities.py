"""Quantities as they stand in policies: `100 per minute`, `1 MiB`, `2.5 s`."""

from __future__ import annotations

from typing import Annotated, Final, NamedTuple

from msgspec import Meta

_PERIODS: Final = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}
_UNITS: Final = {"B": 1, "kB": 1_000, "KiB": 1 << 10, "MB": 1_000_000, "MiB": 1 << 20}
_TIMES: Final = {"ms": 0.001, "s": 1.0, "min": 60.0}

PerPeriod = Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,8} per (second|minute|hour|day)$")]
"""So many in a period: `100 per minute`."""
PerCalendarPeriod = Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,8} per (hour|day|week|month)$")]
"""So many in a period of the calendar: `100000 per month`."""
Size = Annotated[str, Meta(pattern=r"^[0-9]{1,6} (B|kB|KiB|MB|MiB)$")]
"""An amount of octets: `64 KiB`."""
Duration = Annotated[str, Meta(pattern=r"^[0-9]{1,6}(\.[0-9]{1,3})? (ms|s|min)$")]
"""A length of time: `250 ms`, `15 s`, `5 min`."""
Patience = Annotated[str, Meta(pattern=r"^(?![0.]+ )[0-9]{1,6}(\.[0-9]{1,3})? (ms|s|min)$")]
"""A length of time after which one gives up: as `Duration`, and never 0, which would be never."""
Percent = Annotated[float, Meta(ge=0, le=100)]


class Rate(NamedTuple):
    """`amount` in each `period` of seconds."""

    amount: int
    period: int

    @classmethod
    def parse(cls, text: str) -> Rate:
        amount, _, period = text.partition(" per ")
        return cls(int(amount), _PERIODS[period])

    @property
    def seconds_each(self) -> int:
        """The seconds, at least 1, after which one more is allowed."""
        return max(1, -(-self.period // self.amount))


def octets(size: str) -> int:
    number, unit = size.split(" ")
    return int(number) * _UNITS[unit]


def seconds(duration: str) -> float:
    number, unit = duration.split(" ")
    return float(number) * _TIMES[unit]


def envoy_duration(duration: str) -> str:
    """As JSON of protobuf's Duration: `0.250s`."""
    return f"{seconds(duration):.3f}s"


def envoy_percent(percent: float) -> dict[str, int | str]:
    """As Envoy's FractionalPercent, in steps of 0.0001 %."""
    return {"numerator": round(percent * 10_000), "denominator": "MILLION"}
