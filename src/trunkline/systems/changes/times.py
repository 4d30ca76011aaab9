"""Times of a database as RFC 3339 writes them. What it has no words for stays as the database wrote it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_PLAIN = re.compile(r"(?!0000)\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,6})?")


def utc(text: str) -> str:
    """A time that is in UTC: `2026-03-09 15:00:00.5` is `2026-03-09T15:00:00.5Z`."""
    return f"{text[:10]}T{text[11:]}Z" if _PLAIN.fullmatch(text) else text


def local(text: str, zone: ZoneInfo | None) -> str:
    """A time that has no zone: in UTC where `zone` says what it means, otherwise without a zone as it is.

    An hour that the clocks went through twice counts as the first of the two.
    """
    if not _PLAIN.fullmatch(text):
        return text
    if zone is None:
        return f"{text[:10]}T{text[11:]}"
    whole, point, fraction = text.partition(".")
    try:
        moment = datetime.fromisoformat(whole).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):  # the 30th of February, or the year 10000 in UTC
        return text
    return f"{moment.isoformat()[:19]}{point}{fraction}Z"
