"""What a connection may say of RADIUS accounting, and the times that depend on it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

# Abbreviations that mean one offset only; of others the connection's zone must know the meaning.
OFFSETS = {
    "UTC": 0, "GMT": 0, "WET": 0, "WEST": 60, "CET": 60, "CEST": 120, "EET": 120, "EEST": 180,
}  # fmt: skip
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_DATE = r"(?P<month>[A-Z][a-z]{2}) {1,2}(?P<day>\d{1,2})"
_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
_EVENT = re.compile(rf"{_DATE} (?P<year>\d{{4}}) {_CLOCK}(?: (?P<zone>\S{{1,40}}))?", re.ASCII)
_WRITTEN = re.compile(rf"[A-Z][a-z]{{2}} {_DATE} {_CLOCK}(?: (?P<zone>[A-Z]{{2,5}}))? (?P<year>\d{{4}})", re.ASCII)


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """`zone` is the time zone of the server that wrote the file (`Europe/Brussels`), for times that do not say theirs
    or name it by an abbreviation that means several."""

    zone: str = ""

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.zone or "UTC")
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"{self.zone!r} is no time zone like Europe/Brussels") from None

    def event(self, text: str) -> datetime:
        """The time of Event-Timestamp, `Mar  9 2026 14:59:04 CET`, with its zone. Raises `ValueError`."""
        return self._time(_EVENT, text)

    def written(self, text: str) -> datetime:
        """The time above a record, `Mon Mar  9 14:59:04 2026`, with its zone. Raises `ValueError`."""
        return self._time(_WRITTEN, text)

    def _time(self, shape: re.Pattern[str], text: str) -> datetime:
        found = shape.fullmatch(text)
        if found is None or found["month"] not in MONTHS:
            raise ValueError(f"{text[:60]!r} is no time as FreeRADIUS writes it")
        day = int(found["year"]), MONTHS.index(found["month"]) + 1, int(found["day"])
        try:
            local = datetime(*day, int(found["hour"]), int(found["minute"]), int(found["second"]))
        except ValueError:
            raise ValueError(f"{text[:60]!r} is no time that there was") from None
        return self._placed(local, found["zone"] or "")

    def _placed(self, local: datetime, zone: str) -> datetime:
        if zone in OFFSETS:
            return local.replace(tzinfo=timezone(timedelta(minutes=OFFSETS[zone])))
        if re.fullmatch(r"[+-]\d{4}", zone, re.ASCII):
            return datetime.strptime(f"{local.isoformat()}{zone}", "%Y-%m-%dT%H:%M:%S%z")
        if not self.zone:
            of = f"{zone!r} means several zones" if zone else "the time does not say its zone"
            raise ValueError(f"{of}: give the connection `options: {{zone: …}}`")
        either = [local.replace(tzinfo=ZoneInfo(self.zone), fold=fold) for fold in (0, 1)]
        if not zone:
            return either[0]
        named = next((time for time in either if time.tzname() == zone), None)
        if named is None:
            raise ValueError(f"{zone!r} is not what {self.zone} has at that time: correct the connection's `zone`")
        return named


def epoch(seconds: int) -> datetime:
    """A time in seconds since 1970. Raises `ValueError`."""
    if not 0 <= seconds < 2**35:
        raise ValueError(f"{seconds} seconds since 1970 are no time of a session")
    return datetime.fromtimestamp(seconds, UTC)
