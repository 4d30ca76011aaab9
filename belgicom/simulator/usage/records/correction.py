"""Corrections: a CSV file of what records should have said, each naming the record that it replaces."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import UTC

from belgicom.simulator.usage.life import Kind
from belgicom.simulator.usage.records.pgw import INTERNET
from belgicom.simulator.usage.records.session import Part

COLUMNS = (
    "record", "corrects", "service", "direction", "msisdn", "imsi", "started", "seconds", "uplink", "downlink",
    "other_party", "apn", "rating_group", "visited", "zone_offset",
)  # fmt: skip


def correction(part: Part, corrects: str) -> bytes:
    """One line: `part` is how the record should have been, `corrects` the id under which the wrong one is known."""
    use = part.use
    called, offset = use.kind in (Kind.CALL, Kind.CALLED), part.began.utcoffset()
    row = (
        f"correction/{corrects}",
        corrects,
        "voice" if called else "data",
        "terminating" if use.kind is Kind.CALLED else "originating",
        use.subscriber.msisdn,
        use.subscriber.imsi,
        part.began.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        part.seconds,
        part.uplink,
        part.downlink,
        use.other if called else "",
        "" if called else "internet",
        "" if called else INTERNET,
        use.visited,
        int(offset.total_seconds() // 60) if offset else 0,
    )
    return _line(row)


def correction_file(lines: Sequence[bytes]) -> bytes:
    return b"".join((_line(COLUMNS), *lines))


def _line(row: Sequence[object]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(row)
    return text.getvalue().encode()
