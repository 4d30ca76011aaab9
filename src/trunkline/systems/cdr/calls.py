"""Calls: what the MOCallRecord and MTCallRecord of an MSC report (TS 32.250, TS 32.298 5.1.4)."""

from __future__ import annotations

from collections.abc import Iterable

from trunkline.systems.cdr.fields import Fields
from trunkline.telco.model import Direction, Service, Source, UsageReport

PARTIAL = (1, 2)  # CauseForTerm: partialRecord, partialRecordCallReestablishment


def mo_call_reports(fields: Fields, system: str, source: Source) -> Iterable[UsageReport]:
    """One report of a call that the subscriber made."""
    dialled = fields.party("calledNumber") or fields.party("translatedNumber") or fields.party("connectedNumber")
    return (_report("mo-call", Direction.ORIGINATING, dialled, fields, system, source),)


def mt_call_reports(fields: Fields, system: str, source: Source) -> Iterable[UsageReport]:
    """One report of a call that the subscriber took."""
    return (_report("mt-call", Direction.TERMINATING, fields.party("callingNumber"), fields, system, source),)


def _report(kind: str, direction: Direction, other: str, fields: Fields, system: str, source: Source) -> UsageReport:
    partial = fields.count("sequenceNumber")
    if "answerTime" not in fields and partial <= 1:
        raise fields.not_used("answerTime", "is missing: the call was not answered")
    began = fields.time("answerTime", "seizureTime", "releaseTime")
    imsi, msisdn = fields.subscriber()
    # A call reference is the MSC's own and comes round again, so whose call it was belongs to its name.
    reference = fields.hexadecimal("callReference")
    session = f"msc/{fields.party('recordingEntity')}/{kind}/{imsi or msisdn}/{reference}"
    record = f"{session}/{began.time:%Y%m%dT%H%M%SZ}"
    return UsageReport(
        system=system,
        id=f"{record}/{partial}" if partial else record,
        session=session if partial else record,
        partial=partial,
        final=fields.integer("causeForTerm", 0) not in PARTIAL,
        service=Service.VOICE,
        direction=direction,
        msisdn=msisdn,
        imsi=imsi,
        imei=fields.imei("servedIMEI"),
        started=began.time,
        duration=fields.count("callDuration"),
        other_party=other,
        visited=fields.inner("location").plmn("mCC-MNC"),
        zone_offset=began.ahead,
        cell=fields.inner("location").area_cell(),
        source=source,
    )
