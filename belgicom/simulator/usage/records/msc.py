"""Calls and texts as an exchange records them: CSRecord of TS 32.298 (CSChargingDataTypes).

This exchange begins to write a record before it knows how long it becomes, so its records have indefinite lengths.
"""

from __future__ import annotations

from datetime import UTC

from belgicom.simulator.usage.ber import constructed, indefinite, number, primitive
from belgicom.simulator.usage.coding import address, plmn, tbcd, timestamp
from belgicom.simulator.usage.life import Kind
from belgicom.simulator.usage.records.session import Part

MO_CALL, MT_CALL, MO_SMS, MT_SMS = 0, 1, 6, 7
SERVICE_CENTRE = "32450900100"
TELEPHONY = b"\x11"  # teleservice of TS 29.002
CLASSMARK = b"\x33\x19\xa2"
EUTRAN, NORMAL_RELEASE = 4, 0


def msc_record(part: Part) -> bytes:
    """One CSRecord of a call or a text."""
    return WRITERS[part.use.kind](part)


def record_id(part: Part) -> str:
    """How the platform tells this record from others: an exchange numbers calls and texts, but no text it delivers."""
    use = part.use
    reference = (address(SERVICE_CENTRE) if use.kind is Kind.TEXTED else _reference(part)).hex()
    began = part.began.astimezone(UTC)
    return f"msc/{part.node.address}/{NAMES[use.kind]}/{use.subscriber.imsi}/{reference}/{began:%Y%m%dT%H%M%SZ}"


def _mo_call(part: Part) -> bytes:
    use, subscriber = part.use, part.use.subscriber
    return indefinite(
        MO_CALL,
        number(0, MO_CALL),
        primitive(1, tbcd(subscriber.imsi)),
        primitive(2, tbcd(subscriber.imei)),
        primitive(3, address(subscriber.msisdn)),
        primitive(4, address(subscriber.msisdn)),
        primitive(5, address(use.other)),
        primitive(9, address(part.node.address)),
        _location(12, part),
        constructed(14, primitive(3, TELEPHONY)),
        primitive(23, timestamp(part.began)),
        primitive(24, timestamp(part.ended)),
        number(25, part.seconds),
        number(30, NORMAL_RELEASE),
        primitive(32, _reference(part)),
    )


def _mt_call(part: Part) -> bytes:
    use, subscriber = part.use, part.use.subscriber
    return indefinite(
        MT_CALL,
        number(0, MT_CALL),
        primitive(1, tbcd(subscriber.imsi)),
        primitive(2, tbcd(subscriber.imei)),
        primitive(3, address(subscriber.msisdn)),
        primitive(4, address(use.other)),
        primitive(6, address(part.node.address)),
        _location(9, part),
        constructed(11, primitive(3, TELEPHONY)),
        primitive(20, timestamp(part.began)),
        primitive(21, timestamp(part.ended)),
        number(22, part.seconds),
        number(27, NORMAL_RELEASE),
        primitive(29, _reference(part)),
    )


def _mo_sms(part: Part) -> bytes:
    use, subscriber = part.use, part.use.subscriber
    return indefinite(
        MO_SMS,
        number(0, MO_SMS),
        primitive(1, tbcd(subscriber.imsi)),
        primitive(2, tbcd(subscriber.imei)),
        primitive(3, address(subscriber.msisdn)),
        primitive(4, CLASSMARK),
        primitive(5, address(SERVICE_CENTRE)),
        primitive(6, address(part.node.address)),
        _location(7, part),
        primitive(8, _reference(part)),
        primitive(9, timestamp(part.began)),
        primitive(12, address(use.other)),
    )


def _mt_sms(part: Part) -> bytes:
    subscriber = part.use.subscriber
    return indefinite(
        MT_SMS,
        number(0, MT_SMS),
        primitive(1, address(SERVICE_CENTRE)),
        primitive(2, tbcd(subscriber.imsi)),
        primitive(3, tbcd(subscriber.imei)),
        primitive(4, address(subscriber.msisdn)),
        primitive(5, CLASSMARK),
        primitive(6, address(part.node.address)),
        _location(7, part),
        primitive(8, timestamp(part.began)),
    )


def _location(tag: int, part: Part) -> bytes:
    """LocationAreaAndCell."""
    use = part.use
    area, cell = use.area.to_bytes(2, "big"), (use.cell % 65536).to_bytes(2, "big")
    return constructed(tag, primitive(0, area), primitive(1, cell), primitive(2, plmn(use.visited)))


def _reference(part: Part) -> bytes:
    """What the exchange calls the call or message."""
    return part.sequence.to_bytes(4, "big")


WRITERS = {Kind.CALL: _mo_call, Kind.CALLED: _mt_call, Kind.TEXT: _mo_sms, Kind.TEXTED: _mt_sms}
NAMES = {Kind.CALL: "mo-call", Kind.CALLED: "mt-call", Kind.TEXT: "mo-sms", Kind.TEXTED: "mt-sms"}
