"""Times as documents have them: RFC 3339, section 5.6 (`2026-03-01T12:00:00.5+01:00`)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

# Not \d, which takes the digits of all scripts. Python's own parser takes all of ISO 8601, which is far more.
_RFC3339: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,20}))?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def read_time(text: str) -> datetime | None:
    """The time that `text` is, in UTC, to the microsecond (what is finer is cut off); None where it is none.

    A leap second is none, as Python has none; nor is what lies before the year 1 or behind 9999 in UTC.
    """
    found = _RFC3339.fullmatch(text)
    if not found:
        return None
    date, clock, fraction, zone = found.groups()
    digits = (fraction or "0")[:6].ljust(6, "0")
    try:
        return datetime.fromisoformat(f"{date}T{clock}.{digits}{'+00:00' if zone in 'Zz' else zone}").astimezone(UTC)
    except (ValueError, OverflowError):  # the 30th of February; year 1 east of Greenwich
        return None
