"""Event reports: one alarm a line, `time;station;cell;RAISE|CLEAR;level;code;text` under a header.

#ZEVENT 1
2026-11-23T09:03:12Z;BRU_METRO_01;2;RAISE;3;1207;No uplink synchronisation
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO

from trunkline.quarantine import Rejected
from trunkline.systems import Origin
from trunkline.telco.model import AlarmReport, EventType, Report, Severity

from . import lines, objects

MAGIC = "#ZEVENT 1"

LEVELS = {"1": Severity.WARNING, "2": Severity.MINOR, "3": Severity.MAJOR, "4": Severity.CRITICAL}

# The thousands of an event code say what kind of fault it is.
EVENT_TYPES = {
    "1": EventType.COMMUNICATIONS,
    "2": EventType.EQUIPMENT,
    "3": EventType.ENVIRONMENTAL,
    "4": EventType.PROCESSING_ERROR,
}


def matches(head: bytes) -> bool:
    return head.startswith(MAGIC.encode())


def read(stream: BinaryIO, origin: Origin) -> Iterator[AlarmReport | Rejected]:
    """Yield one report per line, in the file's order; a line that cannot be read is yielded as `Rejected`."""
    for line in lines.read(stream, origin):
        if isinstance(line, Rejected):
            yield line
        elif not line.text.startswith("#"):
            try:
                yield _report(line, origin)
            except (ValueError, KeyError) as error:
                yield origin.rejected(
                    "zelora.event", f"{line.text[:80]!r} is not an event: {error}", offset=line.offset,
                    length=len(line.text), line=line.number, part=line.text.encode(), target=AlarmReport.topic,
                )  # fmt: skip


def _report(line: lines.Line, origin: Origin) -> AlarmReport:
    time, station, cell, what, level, code, text = line.text.split(";", 6)
    kind = {"RAISE": Report.RAISE, "CLEAR": Report.CLEAR}[what]
    return AlarmReport(
        kind=kind,
        vendor="Zelora",
        system=origin.system,
        dn=objects.canonical(station, cell),
        native_dn=f"{station}/{cell}",
        problem=code,
        severity=Severity.CLEARED if kind is Report.CLEAR else LEVELS[level],
        event_type=EVENT_TYPES.get(code[:1]),
        specific_problem=text,
        time=datetime.fromisoformat(time).astimezone(UTC),
        native_id=f"{station}/{cell}/{code}",
        source=origin.source(line.offset, line.number),
    )
