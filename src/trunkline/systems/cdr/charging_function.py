"""PDU sessions and messages of 5G: what a ChargingRecord of a CHF reports (TS 32.255, TS 32.274, TS 32.298 5.1.5)."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from trunkline.systems.cdr.fields import Fields
from trunkline.systems.cdr.messages import originator, to_each
from trunkline.systems.cdr.quantities import PARTIAL, Quantities
from trunkline.systems.cdr.tables.generic import END_USER_E164
from trunkline.telco.model import Direction, Service, Source, UsageReport

DELIVERY = 3  # SMMessageType
_SUPI = re.compile(r"(?:imsi-)?([0-9]{5,15})")
_NUMBER = re.compile(r"(?:msisdn-|tel:)?\+?([0-9]{1,15})")
_DEVICE = re.compile(rb"(?:imei|imeisv)-([0-9]{14,16})")


def chf_reports(fields: Fields, system: str, source: Source) -> Iterable[UsageReport]:
    """One report for each rating group of a PDU session, or one of a message."""
    opened = fields.time("recordOpeningTime")
    session = fields.inner("pDUSessionChargingInformation")
    message = fields.inner("sMSChargingInformation")
    node, number = fields.text("recordingNetworkFunctionID"), fields.integer("localRecordSequenceNumber")
    partial = fields.count("recordSequenceNumber")
    name = _session(fields, session)
    imsi, msisdn, user = _subscriber(fields, session)
    record = UsageReport(
        system=system,
        id=f"{name}/{partial}/{opened.time:%Y%m%dT%H%M%SZ}" if number is None else f"chf/{node}/{number}",
        session=name,
        partial=partial,
        final=fields.integer("causeForRecClosing", 0) not in PARTIAL,
        service=Service.DATA,
        msisdn=msisdn,
        imsi=imsi,
        user=user,
        started=opened.time,
        duration=fields.count("duration"),
        zone_offset=opened.ahead,
        source=source,
    )
    if "sMSChargingInformation" in fields:
        return _messages(record, message)
    if "pDUSessionChargingInformation" not in fields:
        raise fields.error("pDUSessionChargingInformation", "is missing, and no message is told of: not data, not SMS")
    return _quantities(fields).reports(_data(record, fields, session))


def _session(fields: Fields, session: Fields) -> str:
    """What is the same in all records of a session: the SMF and its charging id, or else the CHF's own name of it."""
    charging_id = session.integer("pDUSessionChargingID", fields.integer("chargingID", -1))
    consumer = fields.inner("nFunctionConsumerInformation").text("networkFunctionName")
    if charging_id >= 0 and consumer:
        return f"chf/{consumer}/{charging_id}"
    if own := fields.hexadecimal("chargingSessionIdentifier"):
        return f"chf/{fields.text('recordingNetworkFunctionID')}/session/{own}"
    raise fields.error("nFunctionConsumerInformation", "tells no networkFunctionName with a charging id: no session")


def _subscriber(fields: Fields, session: Fields) -> tuple[str, str, str]:
    """IMSI, MSISDN, and the name of whoever has neither."""
    subscriber = fields.inner("subscriberIdentifier")
    identity, kind = subscriber.text("subscriptionIDData", 256), subscriber.integer("subscriptionIDType")
    supi, number = _SUPI.fullmatch(identity), _NUMBER.fullmatch(identity)
    told = session.inner("userIdentifier")
    gpsi = _NUMBER.fullmatch(told.text("iSDN-E164") or told.text("tEL-URI"))
    imsi = supi[1] if supi and kind != END_USER_E164 else ""
    msisdn = gpsi[1] if gpsi else number[1] if number and kind == END_USER_E164 else ""
    if not (imsi or msisdn or identity):
        raise fields.error("subscriberIdentifier", "is missing or empty: nobody can be charged")
    return imsi, msisdn, "" if imsi or msisdn else identity


def _data(record: UsageReport, fields: Fields, session: Fields) -> UsageReport:
    """The record with what only a PDU session tells."""
    consumer = fields.inner("nFunctionConsumerInformation")
    return msgspec.structs.replace(
        record,
        imei=_device(session.inner("userEquipmentInfo")),
        apn=session.text("dataNetworkNameIdentifier", 256),
        visited=session.plmn("servingCNPLMNID") or consumer.plmn("networkFunctionPLMNIdentifier"),
        zone_offset=session.minutes_ahead("uETimeZone", record.zone_offset),
        cell=session.cell("userLocationInformation"),
    )


def _device(equipment: Fields) -> str:
    """The IMEI, which some write as a text and some as digits of four bits."""
    text = _DEVICE.fullmatch(equipment.octets("subscriberEquipmentNumberData"))
    return text[1].decode() if text else equipment.imei("subscriberEquipmentNumberData")


def _quantities(fields: Fields) -> Quantities:
    quantities = Quantities("listOfMultipleUnitUsage")
    for usage in fields.items("listOfMultipleUnitUsage"):
        quantity = quantities.of(usage.integer("ratingGroup", -1))
        for used in usage.items("usedUnitContainers"):
            uplink, downlink = used.count("dataVolumeUplink"), used.count("dataVolumeDownlink")
            if not uplink + downlink:
                downlink = used.count("dataTotalVolume")  # which way it went was not told
            first = used.inner("pDUContainerInformation").moment("timeOfFirstUsage")
            quantity.add(uplink, downlink, used.count("time"), first)
    return quantities


def _messages(record: UsageReport, message: Fields) -> Iterable[UsageReport]:
    """The record of a message that was delivered, or for each recipient of one that was submitted."""
    if "sMSResult" in message:
        raise message.not_used("sMSResult", f"is {message.reason('sMSResult')}: the text was not taken")
    sent = message.time("eventtimestamp")
    text = msgspec.structs.replace(
        record,
        session=record.id,
        partial=0,
        final=True,
        service=Service.MESSAGE,
        started=sent.time,
        duration=0,
        items=1,
        zone_offset=message.minutes_ahead("uETimeZone", sent.ahead),
        cell=message.cell("userLocationInformation"),
    )
    if message.integer("sMMessageType", 0) == DELIVERY:
        other = originator(message.inner("originatorInfo"))
        return (msgspec.structs.replace(text, direction=Direction.TERMINATING, other_party=other),)
    return to_each(text, message.items("recipientInfos"))
