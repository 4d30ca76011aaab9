"""CDR files in, usage reports out."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from typing import BinaryIO

from trunkline.quarantine import Rejected
from trunkline.systems.cdr.ber import BerError, Truncated
from trunkline.systems.cdr.calls import mo_call_reports, mt_call_reports
from trunkline.systems.cdr.charging_function import chf_reports
from trunkline.systems.cdr.fields import FieldError, Fields, NotUsed
from trunkline.systems.cdr.files import Part, parts, refused
from trunkline.systems.cdr.messages import (
    mo_sms_reports,
    mt_sms_reports,
    sc_smo_reports,
    sc_smt_reports,
    sgsn_smo_reports,
    sgsn_smt_reports,
)
from trunkline.systems.cdr.options import Options
from trunkline.systems.cdr.packet_core import pgw_reports, sgw_reports
from trunkline.systems.cdr.record import Record, UnknownKind, place
from trunkline.systems.cdr.record import read as read_record
from trunkline.systems.system import Origin, Reader
from trunkline.telco.model import Source, UsageReport

REPORTS: dict[str, Callable[[Fields, str, Source], Iterable[UsageReport]]] = {
    "moCallRecord": mo_call_reports,
    "mtCallRecord": mt_call_reports,
    "moSMSRecord": mo_sms_reports,
    "mtSMSRecord": mt_sms_reports,
    "sgsnSMORecord": sgsn_smo_reports,
    "sgsnSMTRecord": sgsn_smt_reports,
    "sGWRecord": sgw_reports,
    "pGWRecord": pgw_reports,
    "sCSMORecord": sc_smo_reports,
    "sCSMTRecord": sc_smt_reports,
    "chargingFunctionRecord": chf_reports,
}
"""What each kind of record reports."""


def reader(options: Options) -> Reader:
    """A reader of CDR files, which yields the reports of each record in the file's order.

    A record of which anything cannot be read is yielded as `Rejected`, with the field and its offset in the file; so
    is what lies between records and is none. Never raises on bad bytes.
    """

    def read(stream: BinaryIO, origin: Origin) -> Iterator[UsageReport | Rejected]:
        for part in parts(stream, origin):
            if isinstance(part, Rejected):
                yield part
            else:
                yield from _reports(part, origin, options.leave_out)

    return read


def _reports(part: Part, origin: Origin, leave_out: Container[str]) -> Iterable[UsageReport | Rejected]:
    """All reports of a record, or why there are none: a part of it could be what counts."""
    try:
        record = read_record(part.data)
    except UnknownKind as fault:
        return [refused(origin, part, "cdr.kind", _sentence(fault.why, part.offset + fault.offset))]
    except BerError as fault:
        reason = "cdr.truncated" if isinstance(fault, Truncated) else "cdr.unreadable"
        field = f"{'.'.join(fault.path)}: " if fault.path else ""
        return [refused(origin, part, reason, _sentence(f"{field}{fault.why}", part.offset + fault.offset))]
    if record.kind in leave_out:
        return []
    try:
        return list(REPORTS[record.kind](Fields(record.fields), origin.system, origin.source(part.offset)))
    except FieldError as fault:
        reason = "cdr.not-used" if isinstance(fault, NotUsed) else "cdr.field"
        return [refused(origin, part, reason, _fault(part, record, fault))]


def _fault(part: Part, record: Record, fault: FieldError) -> str:
    return _sentence(f"{record.kind}.{fault}", part.offset + place(part.data, record, fault.path))


def _sentence(what: str, offset: int) -> str:
    return f"{what} (at byte {offset} of the file)."


read = reader(Options())
"""Reads all kinds of record."""
