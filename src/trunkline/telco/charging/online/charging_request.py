"""A core's ChargingDataRequest as the request that charging works on.

What comes of a request depends on the request alone, its ids too: sent again it is the same request. Only a clock of
the core that runs ahead of ours is not believed, so that it carries no account into its next cycle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from trunkline.systems.nchf.charging_data import (
    ChargingDataRequest,
    PduContainer,
    PduSessionCharging,
    RequestedUnit,
    UsedUnitContainer,
    UserLocation,
    zone_offset,
)
from trunkline.telco.charging.online.directory import Directory
from trunkline.telco.charging.online.problem import Cause, InvalidParam, Refused, wrong
from trunkline.telco.charging.online.session import Place, Session, session_id
from trunkline.telco.model import ChargingRequest, Service, Source, Usage

EARLIEST = 2000  # year; what is older was not set
CHARGING = "pDUSessionChargingInformation"

_DECODER = msgspec.json.Decoder(ChargingDataRequest)
_PLACE = re.compile(r"^(?P<reason>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)
_MISSING = re.compile(r"^Object missing required field `(?P<name>.*)`$")


def decoded(body: bytes) -> ChargingDataRequest:
    """The request in a body. Raises `Refused` (400), naming the field that is wrong."""
    try:
        return _DECODER.decode(body)
    except msgspec.ValidationError as error:
        raise _faulty(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(400, Cause.INVALID_MSG_FORMAT, f"the body is not JSON: {error}") from None
    except RecursionError:
        raise Refused(400, Cause.INVALID_MSG_FORMAT, "the body is nested too deep") from None


def _faulty(text: str) -> Refused:
    """What msgspec says, with the place as a JSON pointer."""
    found = _PLACE.match(text)
    path, reason = (found["path"] or "", found["reason"]) if found else ("", text)
    pointer = path.replace("[", ".").replace("]", "").replace(".", "/")
    if missing := _MISSING.match(reason):
        return wrong(f"{pointer}/{missing['name']}", "is missing", Cause.MANDATORY_IE_MISSING)
    return wrong(pointer or "/", reason)


def opening(told: ChargingDataRequest, directory: Directory, now: datetime) -> tuple[Session, ChargingRequest]:
    """A create: the session that it begins, and the request. Raises `Refused`: 400 naming the field, 403 where it is
    not charged in real time, 404 where nobody pays for the subscriber."""
    if not told.subscriber_identifier:
        raise wrong("/subscriberIdentifier", "is missing", Cause.MANDATORY_IE_MISSING)
    if told.pdu_session is None and (told.sms is not None or told.ims is not None):
        detail = "messages and calls are charged by their CDRs: let them pass"
        raise Refused(403, Cause.CHARGING_NOT_APPLICABLE, detail)
    if told.pdu_session is None:
        raise wrong(f"/{CHARGING}", "is missing: what is charged here are PDU sessions", Cause.MANDATORY_IE_MISSING)
    if told.one_time_event:
        raise wrong("/oneTimeEvent", "a PDU session is no event: it is updated and released")
    if told.pdu_session.session is None:
        raise wrong(f"/{CHARGING}/pduSessionInformation", "is missing", Cause.MANDATORY_IE_MISSING)
    user = told.pdu_session.user_information
    names = (told.subscriber_identifier, user.gpsi) if user else (told.subscriber_identifier,)
    number = directory.held(now, *names)
    if number is None:
        raise Refused(
            404,
            Cause.USER_UNKNOWN,
            f"no account pays for {' or '.join(filter(None, names))}",
            (InvalidParam("/subscriberIdentifier", "is no number or SIM of a customer"),),
        )
    kind, _, digits = told.subscriber_identifier.partition("-")
    session = Session(
        id=session_id(told, told.pdu_session, told.pdu_session.session),
        account=number.account,
        subscription=number.msisdn,
        imsi=digits if kind == "imsi" else "",
        apn=told.pdu_session.session.dnn_id,
        place=_place(told.pdu_session, Place()),
    )
    return session, following(told, session, now)


def following(told: ChargingDataRequest, session: Session, now: datetime, *, final: bool = False) -> ChargingRequest:
    """A request of a session; `final` is the one that releases it. Raises `Refused` (400), naming the field."""
    place = _place(told.pdu_session, session.place) if told.pdu_session is not None else session.place
    return ChargingRequest(
        id=f"{session.id}/{told.invocation_sequence_number}",
        account=session.account,
        session=session.id,
        sequence=told.invocation_sequence_number,
        used=tuple(_used(told, session, place, now)),
        wanted=_wanted(told),
        service=Service.DATA,
        subscription=session.subscription,
        visited=place.visited,
        zone_offset=place.zone_offset,
        apn=session.apn,
        final=final,
        time=_moment(told.invocation_time_stamp, now, "/invocationTimeStamp"),
    )


def _wanted(told: ChargingDataRequest) -> dict[int, int]:
    wanted: dict[int, int] = {}
    for number, usage in enumerate(told.multiple_unit_usage):
        if usage.requested_unit is None:
            continue
        if usage.rating_group in wanted:
            raise wrong(
                f"/multipleUnitUsage/{number}/ratingGroup",
                f"{usage.rating_group} asks for units twice: a rating group has one quota, not one for each UPF",
            )
        wanted[usage.rating_group] = _octets(usage.requested_unit, f"/multipleUnitUsage/{number}/requestedUnit")
    return wanted


def _octets(unit: RequestedUnit, where: str) -> int:
    if unit.total_volume is not None:
        return unit.total_volume
    if unit.uplink_volume is not None or unit.downlink_volume is not None:
        return (unit.uplink_volume or 0) + (unit.downlink_volume or 0)
    if unit.time is not None or unit.service_specific_units is not None:
        raise wrong(where, "has no totalVolume: a PDU session is charged by volume, not by time or units of its own")
    return 0


def _used(told: ChargingDataRequest, session: Session, place: Place, now: datetime) -> Iterator[Usage]:
    consumer = told.nf_consumer_identification
    source = Source(uri=f"nchf://{consumer.name or consumer.fqdn or consumer.node_functionality}")
    seen: set[str] = set()
    for number, usage in enumerate(told.multiple_unit_usage):
        for index, used in enumerate(usage.used_unit_container):
            where = f"/multipleUnitUsage/{number}/usedUnitContainer/{index}"
            id = f"{session.id}/{usage.rating_group}/{used.local_sequence_number}"
            if id in seen:
                raise wrong(f"{where}/localSequenceNumber", f"{used.local_sequence_number} is there twice")
            seen.add(id)
            within = used.pdu_container or PduContainer()
            at = _within(within.location, within.time_zone, place)
            uplink, downlink = used.octets
            yield Usage(
                id=id,
                account=session.account,
                subscription=session.subscription,
                imsi=session.imsi,
                service=Service.DATA,
                started=_started(told, used, now, where),
                duration=used.time,
                uplink=uplink,
                downlink=downlink,
                apn=session.apn,
                rating_group=usage.rating_group,
                visited=at.visited,
                zone_offset=at.zone_offset,
                cell=at.cell,
                system="nchf",
                source=source,
            )


def _started(told: ChargingDataRequest, used: UsedUnitContainer, now: datetime, where: str) -> datetime:
    """When the use began; when it was reported where the core does not say."""
    if used.pdu_container is not None and used.pdu_container.first_usage is not None:
        return _moment(used.pdu_container.first_usage, now, f"{where}/pDUContainerInformation/timeofFirstUsage")
    if used.trigger_timestamp is not None:
        return _moment(used.trigger_timestamp, now, f"{where}/triggerTimestamp")
    return _moment(told.invocation_time_stamp, now, "/invocationTimeStamp")


def _moment(moment: datetime, now: datetime, where: str) -> datetime:
    if moment.year < EARLIEST:
        raise wrong(where, f"{moment.isoformat()} is before {EARLIEST}: the clock was not set")
    return min(moment, now).astimezone(UTC)


def _place(charging: PduSessionCharging, known: Place) -> Place:
    """Where the subscriber is. The network that serves is what the core says it is, or else that of the AMF, or of the
    cell; what it does not say stays as it was."""
    place = _within(charging.location, charging.time_zone, known)
    plmn = charging.session.plmn if charging.session is not None else None
    return msgspec.structs.replace(place, visited=str(plmn)) if plmn is not None else place


def _within(location: UserLocation | None, time_zone: str, known: Place) -> Place:
    offset = zone_offset(time_zone) if time_zone else known.zone_offset
    if location is None:
        return Place(known.visited, offset, known.cell)
    return Place(str(location.plmn or known.visited), offset, location.cell or known.cell)
