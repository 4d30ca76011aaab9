"""DateAndTime of RFC 2579: eight or eleven octets on the wire, or the text that its display hint makes of them."""

import re
from datetime import UTC, datetime, timedelta, timezone

# 2-digit-year-2d-1d,1d:1d:1d.1d,1a1d:1d, and every number unpadded: `2018-12-18,15:57:8.2,-2:0`.
_TEXT = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2}),(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d))?(?:,([+-])(\d{1,2}):(\d{1,2}))?"
)


def date_and_time(value: bytes) -> datetime:
    """The moment in UTC. Without a zone (the form of eight octets) the value is taken as UTC.

    Raises `ValueError` on anything else.

    >>> date_and_time(bytes.fromhex("07EA03090F3630002B0100"))
    datetime.datetime(2026, 3, 9, 14, 54, 48, tzinfo=datetime.timezone.utc)
    >>> date_and_time(b"2018-12-18,15:57:8.2,-2:0")
    datetime.datetime(2018, 12, 18, 17, 57, 8, 200000, tzinfo=datetime.timezone.utc)
    """
    if len(value) in (8, 11):
        year, month, day, hour, minute, second, tenth = (int.from_bytes(value[:2], "big"), *value[2:8])
        if len(value) == 8:
            return _moment(year, month, day, hour, minute, second, tenth, UTC)
        if value[8:9] in (b"+", b"-"):
            return _moment(
                year, month, day, hour, minute, second, tenth, _zone(value[8:9] == b"-", value[9], value[10])
            )
    text = value.decode("ascii", "replace").strip()
    if not (match := _TEXT.fullmatch(text)):
        raise ValueError(f"{text[:40]!r} is not a DateAndTime (RFC 2579)")
    year, month, day, hour, minute, second, tenth = (int(part or 0) for part in match.groups()[:7])
    zone = _zone(match[8] == "-", int(match[9]), int(match[10])) if match[8] else UTC
    return _moment(year, month, day, hour, minute, second, tenth, zone)


def _zone(west: bool, hours: int, minutes: int) -> timezone:
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if west else offset)


def _moment(
    year: int, month: int, day: int, hour: int, minute: int, second: int, tenth: int, zone: timezone
) -> datetime:
    # Second 60 is a leap second, which Python's clock does not have.
    leap = second == 60
    moment = datetime(year, month, day, hour, minute, 59 if leap else second, 100_000 * tenth, zone)
    try:
        return (moment + timedelta(seconds=leap)).astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{moment.isoformat()} is not a moment in UTC") from None
