"""Usages for tests of tariffs: a call at home at midday of a working day, but for what is said."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from trunkline.telco.model import Service, Source, Usage

MIDDAY = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
_CALL = Usage(
    id="pgw/1/1",
    subscription="32470000001",
    service=Service.VOICE,
    started=MIDDAY,
    system="core",
    source=Source(uri="file:///cdr"),
)


def usage(**what: Any) -> Usage:
    return msgspec.structs.replace(_CALL, **what)
