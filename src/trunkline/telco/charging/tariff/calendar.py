"""Bands of the week, holidays and the operator's time (`calendar.yaml`): when a usage is `peak` or `weekend`.

The local time of the place where it began decides, and the operator's holidays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated, Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import numpy.typing as npt

from trunkline.document import Document, Problem
from trunkline.faults import Place
from trunkline.telco.charging.tariff.countries import known_zone

MINUTES: Final = 24 * 60
DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holiday")
"""What a day may be; a holiday is no longer the day of the week that it falls on."""
GROUPS: Final = {"weekday": DAYS[:5], "weekend": DAYS[5:7], "every-day": DAYS}
HOLIDAY: Final = 7
_FIXED = re.compile(r"(\d\d)-(\d\d)")
_EASTER = re.compile(r"easter([+-]\d{1,3})?")


class Holidays:
    """Days that are holidays every year: `12-25`, `easter+1`; or once: `2026-03-06`."""

    def __init__(self, written: Sequence[str]) -> None:
        """Raises `ValueError` for a text that is none of these."""
        self._rules = tuple(_rule(text) for text in written)

    def of(self, year: int) -> frozenset[date]:
        return _days(self._rules, year)

    def __contains__(self, day: date) -> bool:
        return day in _days(self._rules, day.year)


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A part of some days, from a minute until the last before another. `days` are of `DAYS` or `GROUPS`."""

    days: list[str]
    since: str = msgspec.field(default="00:00", name="from")
    until: str = "24:00"


class _Written(msgspec.Struct, frozen=True, kw_only=True):
    time_zone: str
    bands: Annotated[dict[str, list[Span]], msgspec.Meta(max_length=20)]
    holidays: list[str] = []


class Calendar:
    """Which band each minute of each kind of day is in."""

    def __init__(self, zone: ZoneInfo, bands: Sequence[str], week: npt.NDArray[np.int8], holidays: Holidays) -> None:
        """`week` has a row for each of `DAYS`, and in it for each minute the band's place in `bands`."""
        self.zone = zone
        """The operator's time, which begins versions, and is that of usage at home."""
        self.bands = tuple(bands)
        self.week = week
        self.holidays = holidays
        self._rows: list[list[int]] = week.tolist()

    def band(self, day: date, minute: int) -> str:
        """Of a minute (from 0) of a local day."""
        kind = HOLIDAY if day in self.holidays else day.weekday()
        return self.bands[self._rows[kind][minute]]


def read(document: Document, problems: list[Problem]) -> Calendar:
    """The calendar of a document. Raises `Invalid` where it has not its shape; finds what is wrong beyond that."""
    written = document.into(_Written)
    if not known_zone(written.time_zone):
        problems.append(document.problem(("time_zone",), f"there is no time zone `{written.time_zone}`"))
    week = np.full((len(DAYS), MINUTES), -1, dtype=np.int8)
    for place, stretch, text in _stretches(written.bands):
        if stretch is None:
            problems.append(document.problem(place, text))
            continue
        taken = week[stretch.days, stretch.begin : stretch.end]
        if (taken >= 0).any():
            other = list(written.bands)[int(taken.max())]
            problems.append(document.problem(place, f"`{stretch.band}` and `{other}` overlap"))
        week[stretch.days, stretch.begin : stretch.end] = list(written.bands).index(stretch.band)
    problems += _gaps(document, week)
    holidays = []
    for index, text in enumerate(written.holidays):
        try:
            Holidays([text])
            holidays.append(text)
        except ValueError:
            reason = f"`{text}` is no day: write it like 12-25, easter+1 or 2026-03-06"
            problems.append(document.problem(("holidays", index), reason))
    zone = ZoneInfo(written.time_zone if known_zone(written.time_zone) else "UTC")
    return Calendar(zone, tuple(written.bands), week, Holidays(holidays))


class _Stretch(NamedTuple):
    band: str
    days: list[int]
    begin: int
    end: int


def _stretches(bands: Mapping[str, Sequence[Span]]) -> Iterator[tuple[Place, _Stretch | None, str]]:
    """Each span of each band; none, and what is wrong with it, where it cannot be understood."""
    for band, spans in bands.items():
        for index, span in enumerate(spans):
            place: Place = ("bands", band, index)
            unknown = [day for day in span.days if day not in DAYS and day not in GROUPS]
            try:
                begin, end = minute_of(span.since), minute_of(span.until)
            except ValueError as error:
                yield place, None, str(error)
                continue
            if unknown or not span.days:
                known = ", ".join((*GROUPS, *DAYS))
                yield (*place, "days"), None, f"there is no day `{', '.join(unknown)}`: there are {known}"
            elif begin >= end:
                yield (
                    place,
                    None,
                    f"ends at {span.until}, which is not after {span.since}: write two parts over midnight",
                )
            else:
                days = sorted({DAYS.index(day) for name in span.days for day in GROUPS.get(name, (name,))})
                yield place, _Stretch(band, days, begin, end), ""


def _gaps(document: Document, week: npt.NDArray[np.int8]) -> Iterator[Problem]:
    for kind, row in zip(DAYS, week, strict=True):
        if (row < 0).any():
            minute = int(np.argmax(row < 0))
            yield document.problem(("bands",), f"{kind} {minute // 60:02}:{minute % 60:02} is in no band")


def minute_of(text: str) -> int:
    """The minute of the day of `08:00`; `24:00` is its end. Raises `ValueError`."""
    found = re.fullmatch(r"(\d\d):(\d\d)", text)
    if found is None or int(found[2]) > 59 or (minute := int(found[1]) * 60 + int(found[2])) > MINUTES:
        raise ValueError(f"`{text}` is no time of the day: write it like 08:00, at most 24:00")
    return minute


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    sunday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (golden + 11 * moon + 22 * sunday) // 451
    month, day = divmod(moon + sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)


_Rule = tuple[str, int, int, int]


def _rule(text: str) -> _Rule:
    if found := _FIXED.fullmatch(text):
        date(1, int(found[1]), int(found[2]))  # in each year, so not on 29 February
        return "fixed", 0, int(found[1]), int(found[2])
    if found := _EASTER.fullmatch(text):
        return "easter", 0, 0, int(found[1] or 0)
    day = date.fromisoformat(text)
    return "once", day.year, day.month, day.day


@lru_cache(maxsize=256)
def _days(rules: tuple[_Rule, ...], year: int) -> frozenset[date]:
    days = set()
    for kind, once, month, number in rules:
        if kind == "easter":
            days.add(easter(year) + timedelta(days=number))
        elif kind == "fixed" or once == year:
            days.add(date(year, month, number))
    return frozenset(days)
