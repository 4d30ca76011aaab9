"""Texts: what the records of an MSC, an SGSN or MME and a message centre report (TS 32.250, TS 32.251, TS 32.274)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from trunkline.systems.cdr.fields import Fields
from trunkline.telco.model import Direction, Service, Source, UsageReport


def mo_sms_reports(fields: Fields, system: str, source: Source) -> Iterable[UsageReport]:
    """One report of a text that the subscriber sent over an MSC."""
    return (_served("mo-sms", "originationTime", fields.message_party("destinationNumber"), fields, system, source),)


def mt_sms_reports(fields: Fields, system: str, source: Source) -> Iterable[UsageReport]:
    """One report of a text that the subscriber was sent over an MSC, which does not know by whom."""
    return (_served("mt-sms", "deliveryTime", "", fields, system, source),)


def sgsn_smo_reports(fields: Fields, system: str, source: Source) -> Iterable[UsageReport]:
    """One report of a text that the subscriber sent over an SGSN or MME."""
    return (_served("mo-sms", "eventTimeStamp", fields.message_party("destinationNumber"), fields, system, source),)


def sgsn_smt_reports(fields: Fields, system: str, source: Source) -> Iterable[UsageReport]:
    """One report of a text that the subscriber was sent over an SGSN or MME."""
    return (_served("mt-sms", "eventTimeStamp", fields.party("originatingAddress"), fields, system, source),)


def sc_smo_reports(fields: Fields, system: str, source: Source) -> Iterable[UsageReport]:
    """One report for each recipient of a text that a message centre was given."""
    imsi, msisdn = fields.inner("originatorInfo").subscriber("originatorIMSI", "originatorMSISDN")
    record = _centre("mo-sms", imsi, msisdn, fields, system, source)
    return to_each(record, fields.items("recipientInfo"))


def sc_smt_reports(fields: Fields, system: str, source: Source) -> Iterable[UsageReport]:
    """One report of a text that a message centre delivered."""
    imsi, msisdn = fields.inner("recipientInfo").subscriber("recipientIMSI", "recipientMSISDN")
    record = _centre("mt-sms", imsi, msisdn, fields, system, source)
    return (msgspec.structs.replace(record, other_party=originator(fields.inner("originatorInfo"))),)


def originator(info: Fields) -> str:
    """Who sent a text: the number, or an address of another kind."""
    return info.party("originatorMSISDN") or _address(info, "originatorReceivedAddress", "originatorOtherAddress")


def to_each(record: UsageReport, recipients: Sequence[Fields]) -> Iterable[UsageReport]:
    """The record for each recipient: of several, each has its place behind the id."""
    if len(recipients) < 2:
        yield msgspec.structs.replace(record, other_party=_recipient(recipients[0]) if recipients else "")
        return
    for place, info in enumerate(recipients, 1):
        yield msgspec.structs.replace(record, id=f"{record.id}/{place}", other_party=_recipient(info))


def _recipient(info: Fields) -> str:
    """Whom a text is for, as it was addressed."""
    return _address(info, "recipientReceivedAddress", "recipientOtherAddress") or info.party("recipientMSISDN")


def _address(info: Fields, *names: str) -> str:
    for name in names:
        if address := info.inner(name).text("sMAddressData", 256):
            return address.removeprefix("+")
    return ""


def _served(kind: str, time: str, other: str, fields: Fields, system: str, source: Source) -> UsageReport:
    """A text as the network element tells of it that served the subscriber."""
    if "smsResult" in fields:
        raise fields.not_used("smsResult", f"is {fields.reason('smsResult')}: the text was not taken")
    sent = fields.time(time)
    imsi, msisdn = fields.subscriber()
    if (number := fields.integer("localSequenceNumber")) is not None:
        id = f"sgsn/{fields.text('nodeID')}/{number}"
    else:
        reference = fields.hexadecimal("messageReference") or fields.hexadecimal("serviceCentre")
        entity = fields.party("recordingEntity")
        id = f"msc/{entity}/{kind}/{imsi or msisdn}/{reference}/{sent.time:%Y%m%dT%H%M%SZ}"
    location = fields.inner("location")
    return UsageReport(
        system=system,
        id=id,
        session=id,
        service=Service.MESSAGE,
        direction=Direction.ORIGINATING if kind == "mo-sms" else Direction.TERMINATING,
        msisdn=msisdn,
        imsi=imsi,
        imei=fields.imei("servedIMEI"),
        started=sent.time,
        items=1,
        other_party=other,
        visited=location.plmn("mCC-MNC") or fields.plmn("servingNodePLMNIdentifier"),
        zone_offset=sent.ahead,
        cell=location.area_cell() or fields.cell("userLocationInformation"),
        source=source,
    )


def _centre(kind: str, imsi: str, msisdn: str, fields: Fields, system: str, source: Source) -> UsageReport:
    """A text as a message centre tells of it."""
    if "sMSResult" in fields:
        raise fields.not_used("sMSResult", f"is {fields.reason('sMSResult')}: the text was not taken")
    sent = fields.time("eventtimestamp")
    number, centre = fields.integer("localSequenceNumber"), fields.party("sMSNodeAddress")
    if number is not None:
        id = f"smsc/{centre}/{number}"
    else:
        reference = fields.hexadecimal("messageReference")
        id = f"smsc/{centre}/{kind}/{imsi or msisdn}/{reference}/{sent.time:%Y%m%dT%H%M%SZ}"
    return UsageReport(
        system=system,
        id=id,
        session=id,
        service=Service.MESSAGE,
        direction=Direction.ORIGINATING if kind == "mo-sms" else Direction.TERMINATING,
        msisdn=msisdn,
        imsi=imsi,
        imei=fields.imei("servedIMEI"),
        started=sent.time,
        items=1,
        zone_offset=fields.minutes_ahead("uETimeZone", sent.ahead),
        cell=fields.cell("userLocationInfo"),
        source=source,
    )
