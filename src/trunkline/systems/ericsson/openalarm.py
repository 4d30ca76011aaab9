"""Alarms of ENM as JSON (FM OpenAlarm): one object, an array of them, or one object a line.

An alarm that ENM shows and a trap of the same alarm come to the same (`dn`, `problem`): the object of reference and
the specific problem are the same in both. Source: attribute names of ENM's FM OpenAlarm.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO

import msgspec

from trunkline.quarantine import Rejected
from trunkline.systems import x733
from trunkline.systems.ericsson import objects
from trunkline.systems.json_stream import Part
from trunkline.systems.json_stream import objects as json_objects
from trunkline.systems.system import Origin
from trunkline.telco.model import AlarmReport, Report, Severity

SEVERITIES = {severity.name: severity for severity in Severity} | {"UNDEFINED": Severity.INDETERMINATE}


class OpenAlarm(msgspec.Struct, rename="camel", gc=False):
    """What is read of an OpenAlarm. ENM writes times as ISO 8601, or as milliseconds since the epoch."""

    alarm_number: int | str
    event_time: str | int
    present_severity: str
    specific_problem: str
    object_of_reference: str = ""
    fdn: str = ""
    event_type: str = ""
    probable_cause: str = ""
    problem_text: str = ""
    alarm_state: str = "ACTIVE_UNACKNOWLEDGED"
    record_type: str = "ALARM"
    last_updated: str | int = ""
    cease_time: str | int | None = None
    ack_time: str | int | None = None
    ack_operator: str | None = None


_decoder = msgspec.json.Decoder(OpenAlarm)


def matches(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") and b'"presentSeverity"' in head


def read(stream: BinaryIO, origin: Origin) -> Iterator[AlarmReport | Rejected]:
    """Yield a raise or a clear per alarm, and an acknowledgement after it where ENM shows one.

    An alarm that cannot be read is yielded as `Rejected` with its place, and reading goes on.
    """
    for part in json_objects(stream, origin):
        if isinstance(part, Rejected):
            yield part
            continue
        try:
            alarm = _decoder.decode(part.raw)
            if alarm.record_type == "ERROR_MESSAGE":
                yield _rejected(part, origin, "alarm.stateless", "an error message is never cleared, so it is no alarm")
            else:
                yield from list(_reports(alarm, part, origin))
        except (ValueError, OverflowError, OSError, RecursionError) as fault:
            yield _rejected(part, origin, "alarm.unreadable", f"OpenAlarm: {fault}")


def _reports(alarm: OpenAlarm, part: Part, origin: Origin) -> Iterator[AlarmReport]:
    if alarm.present_severity not in SEVERITIES:
        raise ValueError(f"presentSeverity {alarm.present_severity!r} is unknown")
    severity = SEVERITIES[alarm.present_severity]
    cleared = severity is Severity.CLEARED or alarm.alarm_state.startswith("CLEARED")
    native = alarm.object_of_reference or alarm.fdn
    if not native:
        raise ValueError("objectOfReference and fdn are missing")
    happened = _time(alarm.event_time)
    report = AlarmReport(
        kind=Report.CLEAR if cleared else Report.RAISE,
        vendor="Ericsson",
        system=origin.system,
        dn=objects.canonical(native),
        native_dn=native,
        problem=alarm.specific_problem.strip(),
        severity=Severity.CLEARED if cleared else severity,
        event_type=x733.event_type(alarm.event_type),
        probable_cause=x733.probable_cause(alarm.probable_cause),
        specific_problem=alarm.specific_problem.strip(),
        text=alarm.problem_text,
        time=_time(alarm.cease_time or alarm.last_updated or alarm.event_time) if cleared else happened,
        native_id=str(alarm.alarm_number),
        agent=origin.system,
        source=origin.source(part.offset, part.line),
    )
    yield report
    if alarm.alarm_state.endswith("_ACKNOWLEDGED"):
        yield msgspec.structs.replace(
            report,
            kind=Report.ACKNOWLEDGE,
            user=alarm.ack_operator or "",
            time=_time(alarm.ack_time or alarm.last_updated or alarm.event_time),
        )


def _time(value: str | int) -> datetime:
    if isinstance(value, int):
        return datetime.fromtimestamp(value / 1000, UTC)
    moment = datetime.fromisoformat(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _rejected(part: Part, origin: Origin, reason: str, message: str) -> Rejected:
    return origin.rejected(
        reason, message, offset=part.offset, length=len(part.raw), line=part.line, part=part.raw,
        target=AlarmReport.topic,
    )  # fmt: skip
