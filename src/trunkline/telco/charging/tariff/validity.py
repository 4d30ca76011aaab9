"""When the versions of a tariff are valid: one begins where the one before it ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from trunkline.faults import Fault
from trunkline.telco.charging.tariff.plan import WrittenVersion


class Validity(NamedTuple):
    """From a moment until before another, or for ever."""

    since: datetime
    until: datetime | None


def validity(written: WrittenVersion, zone: ZoneInfo) -> tuple[Validity | None, list[Fault]]:
    """That of one version, whose days begin in this zone; None, and why, where there is none."""
    moments: list[datetime] = []
    for key, day in (("from", written.since), ("until", written.until)):
        try:
            if day is not None:
                moments.append(datetime.combine(date.fromisoformat(day), time(), zone).astimezone(UTC))
        except (ValueError, OverflowError):
            return None, [Fault((key,), f"there is no day {day}")]
    if moments[-1] <= moments[0] and written.until is not None:
        return None, [Fault(("until",), f"is {written.until}, which is not after {written.since}")]
    return Validity(moments[0], moments[1] if written.until is not None else None), []


def disorder(versions: Sequence[WrittenVersion]) -> Iterator[Fault]:
    """Days on which no version is valid, or two are; each place begins with the version's position."""
    for index, (before, after) in enumerate(pairwise(versions)):
        if before.until is None:
            yield Fault((index,), f"needs `until: {after.since}`: the next version begins then")
        elif before.until < after.since:
            yield Fault((index + 1, "from"), f"no version is valid from {before.until} until {after.since}")
        elif before.until > after.since:
            reason = f"two versions are valid from {after.since} until {before.until}, or they are not in order of time"
            yield Fault((index + 1, "from"), reason)
