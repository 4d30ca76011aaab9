"""Requests of Nchf_ConvergedCharging as usage reports: one ChargingDataRequest a line, or one document, or an array.

A request tells what was used of each rating group since the one before, so it is a part of its session, and becomes a
report for each rating group. One by which nothing was used becomes a report of nothing: the session's number of it must
not be missing. Source: 3GPP TS 32.291 clause 6.1.6, TS 32.255
(PDU sessions), TS 32.274 (SMS), TS 32.260 (IMS).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

import msgspec

from trunkline.quarantine import Rejected
from trunkline.systems.json_stream import Part, read_each
from trunkline.systems.nchf.charging_data import (
    ChargingDataRequest,
    ImsCharging,
    PduSessionCharging,
    SmsCharging,
    UsedUnitContainer,
    UserInformation,
    UserLocation,
    zone_offset,
)
from trunkline.systems.system import Origin
from trunkline.telco.model import Direction, Service, UsageReport

LAST = frozenset({"FINAL", "ABNORMAL_RELEASE"})  # triggers after which a session has no more usage

_decoder = msgspec.json.Decoder(ChargingDataRequest)
_ADDRESS = re.compile(r"(?:tel:|sip:|sips:|msisdn-)?\+?([0-9]{1,15})(?:[;@].*)?", re.ASCII)


def matches(head: bytes) -> bool:
    """Whether a file's first bytes are such a request."""
    begins = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
    return begins and b'"invocationSequenceNumber"' in head and b'"nfConsumerIdentification"' in head


def read(stream: BinaryIO, origin: Origin) -> Iterator[UsageReport | Rejected]:
    """A report for each rating group of which a request says that it was used, or one of nothing, in the file's order.
    An event that only asks for units yields none.

    A request that cannot be read is yielded as `Rejected` with its place, and reading goes on.
    """

    def reports(part: Part) -> Iterator[UsageReport]:
        return _reports(_decoder.decode(part.raw), part, origin)

    return read_each(stream, origin, reports, "nchf.unreadable", "ChargingDataRequest", UsageReport.topic)


def _reports(request: ChargingDataRequest, part: Part, origin: Origin) -> Iterator[UsageReport]:
    """The reports of a request; of those of a session's end only the last is final. Raises `ValueError`."""
    groups: dict[int, list[UsedUnitContainer]] = {}
    for usage in request.multiple_unit_usage:
        if usage.used_unit_container:
            groups.setdefault(usage.rating_group, []).extend(usage.used_unit_container)
    final = _is_final(request)
    if not groups and request.one_time_event and request.sms:
        groups[-1] = [UsedUnitContainer(local_sequence_number=0, service_specific_units=request.sms.messages)]
    elif not groups and not request.one_time_event:
        groups[-1] = []
    if not groups:
        return
    session, service, of_service = _service(request)
    whole = request.one_time_event
    record = session if whole else f"{session}/{request.invocation_sequence_number}"
    for number, (group, used) in enumerate(groups.items(), 1):
        yield UsageReport(
            system=origin.system,
            id=record if group < 0 else f"{record}/{group}",
            session=session,
            partial=0 if whole and len(groups) == 1 else max(1, request.invocation_sequence_number),
            final=final and number == len(groups),
            service=service,
            started=min((_began(units, request) for units in used), default=_told(request)).astimezone(UTC),
            duration=sum(units.time for units in used),
            uplink=sum(units.octets[0] for units in used),
            downlink=sum(units.octets[1] for units in used),
            items=sum(map(_items, used)) if service is Service.MESSAGE else 0,
            rating_group=group,
            source=origin.source(part.offset, part.line),
            **of_service,
        )


def _is_final(request: ChargingDataRequest) -> bool:
    """Whether the request ends its session. The operation says so in its path, which is not in the document."""
    containers = (units for usage in request.multiple_unit_usage for units in usage.used_unit_container)
    told = [*request.triggers, *(trigger for units in containers for trigger in units.triggers)]
    session = request.pdu_session.session if request.pdu_session else None
    stopped = session is not None and session.stop_time is not None
    return request.one_time_event or stopped or any(trigger.trigger_type in LAST for trigger in told)


def _service(request: ChargingDataRequest) -> tuple[str, Service, dict[str, Any]]:
    """The session, the service, and the fields of a report that depend on it. Raises `ValueError`."""
    consumer = request.nf_consumer_identification
    function = consumer.name or consumer.fqdn or consumer.ipv4
    if not function:
        raise ValueError("nfConsumerIdentification has neither nFName nor nFFqdn nor nFIPv4Address")
    if request.pdu_session is not None:
        session, service, fields = _pdu_session(request.pdu_session)
    elif request.sms is not None:
        session, service, fields = _message(request, request.sms)
    elif request.ims is not None:
        session, service, fields = _call(request.ims)
    else:
        raise ValueError("no pDUSession-, sMS- or iMSChargingInformation: what was used is not known")
    who = _subscriber(request.subscriber_identifier)
    fields |= {"visited": fields["visited"] or str(consumer.plmn or "")}
    fields |= {name: fields.get(name) or value for name, value in who.items()}
    if not (fields["msisdn"] or fields["imsi"] or fields["user"]):
        raise ValueError("subscriberIdentifier and GPSI are missing: whose usage it is is not known")
    return f"nchf/{function}/{session}", service, fields


def _pdu_session(pdu: PduSessionCharging) -> tuple[str, Service, dict[str, Any]]:
    session = str(pdu.charging_id) if pdu.charging_id is not None else pdu.smf_charging_id
    if not session:
        raise ValueError("pDUSessionChargingInformation has no chargingId")
    fields = _user(pdu.user_information) | _where(pdu.location, pdu.time_zone)
    if pdu.session is not None:
        fields |= {"apn": pdu.session.dnn_id, "visited": fields["visited"] or str(pdu.session.plmn or "")}
    return session, Service.DATA, fields


def _message(request: ChargingDataRequest, sms: SmsCharging) -> tuple[str, Service, dict[str, Any]]:
    received = sms.message_type == "DELIVERY"
    recipient = sms.recipients[0].gpsi if sms.recipients else ""
    own, other = (recipient, sms.originator.gpsi) if received else (sms.originator.gpsi, recipient)
    moment = _told(request).astimezone(UTC)
    session = f"{request.subscriber_identifier}/{moment:%Y%m%dT%H%M%S.%f}/{sms.message_reference[:50]}"
    direction = Direction.TERMINATING if received else Direction.ORIGINATING
    fields = _user(UserInformation(gpsi=own, pei=sms.pei)) | _where(sms.location, sms.time_zone)
    return session, Service.MESSAGE, fields | {"other_party": _number(other), "direction": direction}


def _call(ims: ImsCharging) -> tuple[str, Service, dict[str, Any]]:
    if not ims.icid:
        raise ValueError("iMSChargingInformation has no iMSChargingIdentifier")
    received = ims.role.startswith("TERMINATING")
    other = (ims.callers[0] if ims.callers else "") if received else ims.called
    direction = Direction.TERMINATING if received else Direction.ORIGINATING
    fields = _user(ims.user_information) | _where(ims.location, ims.time_zone)
    return ims.icid, Service.VOICE, fields | {"other_party": _number(other), "direction": direction}


def _subscriber(identifier: str) -> dict[str, str]:
    """SUPI (`imsi-…`, `nai-…`) or GPSI (`msisdn-…`) of who is charged (TS 29.571)."""
    kind, _, name = identifier.partition("-")
    digits = re.fullmatch("[0-9]{5,15}", name) is not None
    if kind in ("imsi", "msisdn") and not digits:
        raise ValueError(f"subscriberIdentifier {identifier[:60]!r} is not 5 to 15 digits")
    named = {kind: name} if kind in ("imsi", "msisdn") else {"user": name}
    return {"imsi": "", "msisdn": "", "user": ""} | named


def _user(user: UserInformation | None) -> dict[str, Any]:
    user = user or UserInformation()
    number = re.fullmatch("msisdn-([0-9]{5,15})", user.gpsi)
    device = re.fullmatch("imei(?:sv)?-([0-9]{14,16})", user.pei)
    return {"msisdn": number[1] if number else "", "imei": device[1] if device else ""}


def _number(address: str) -> str:
    """E.164 digits of a GPSI or a `tel:` or `sip:` address; what has none as it is."""
    found = _ADDRESS.fullmatch(address)
    return found[1] if found else address


def _where(location: UserLocation | None, time_zone: str) -> dict[str, Any]:
    return {
        "zone_offset": zone_offset(time_zone) if time_zone else 0,
        "visited": str(location.plmn or "") if location else "",
        "cell": location.cell if location else "",
    }


def _told(request: ChargingDataRequest) -> datetime:
    """When what the request tells happened: the message that it is of, or the request itself."""
    return (request.sms and request.sms.happened) or request.invocation_time_stamp


def _began(units: UsedUnitContainer, request: ChargingDataRequest) -> datetime:
    """When the use of a container began: as it says, or its duration before it was closed."""
    if units.pdu_container and units.pdu_container.first_usage:
        return units.pdu_container.first_usage
    if units.event_time_stamps:
        return min(units.event_time_stamps)
    return (units.trigger_timestamp or _told(request)) - timedelta(seconds=units.time)


def _items(units: UsedUnitContainer) -> int:
    return units.service_specific_units or len(units.event_time_stamps) or 1
