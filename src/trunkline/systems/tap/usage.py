"""TAP 3.12: what subscribers used in the networks of roaming partners (GSMA TD.57), usage reports out.

Charges in a TAP file are what the partner asks of the operator, not what the subscriber pays, so only those of content
become a `price`. Every event is a whole record: TAP tells partial ones apart by their time alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO

from trunkline.quarantine import Rejected
from trunkline.systems.system import Origin, Reader
from trunkline.systems.tap.batch import Batch, groups, utc
from trunkline.systems.tap.options import Options
from trunkline.systems.tap.parts import Broken, Part, parts
from trunkline.telco.model import Direction, Service, UsageReport

LONGEST_NAME = 100  # characters of a number, a name, an address

_SENDER = b"\x5f\x81\x44"
"""The tag of the sender's TADIG code, near the beginning of every file."""


def matches(head: bytes) -> bool:
    """Whether a file's first bytes are a TransferBatch or a Notification."""
    return head[:1] in (b"\x61", b"\x62") and _SENDER in head[:32]


def reader(options: Options) -> Reader:
    """A reader of TAP files, which yields a report for each event, and for each service of a content transaction.

    An event that cannot be read is yielded as `Rejected` with its place, and reading goes on.
    """

    def read(stream: BinaryIO, origin: Origin) -> Iterator[UsageReport | Rejected]:
        batch, number = Batch(options), 0
        for part in parts(stream):
            if isinstance(part, Broken):
                yield _rejected(part.offset, part.length, part.raw, "tap.unreadable", part.why, origin)
                continue
            try:
                if part.event:
                    number += 1
                    yield from list(_reports(part, batch, number, origin))
                else:
                    batch.take(part.name, part.value)
            except (ValueError, OverflowError) as fault:
                reason = "tap.unusable" if part.event else "tap.unreadable"
                yield _rejected(part.offset, len(part.raw), part.raw, reason, f"{part.name}: {fault}", origin)

    return read


def _rejected(offset: int, length: int, raw: bytes, reason: str, message: str, origin: Origin) -> Rejected:
    return origin.rejected(reason, message, offset=offset, length=length, part=raw, target=UsageReport.topic)


def _reports(part: Part, batch: Batch, number: int, origin: Origin) -> Iterator[UsageReport]:
    """The reports of an event, the `number`th of its file. Raises `ValueError` with what is missing."""
    match part.name:
        case "mobileOriginatedCall" | "mobileTerminatedCall":
            found = [_call(part.value, batch, part.name)]
        case "gprsCall":
            found = [_data(part.value, batch)]
        case "messagingEvent":
            found = [_message(part.value, batch)]
        case "mobileSession":
            found = [_session(part.value, batch)]
        case "serviceCentreUsage":
            found = [_service_centre(part.value, batch)]
        case "contentTransaction":
            found = list(_content(part.value, batch))
        case _:
            raise ValueError("it is neither a call nor a message, data or content, and cannot be charged")
    for at, fields in enumerate(found):
        began: datetime = fields.pop("began")
        reference = fields.pop("reference")
        if not (fields.get("msisdn") or fields.get("imsi") or fields.get("user")):
            raise ValueError("it has neither IMSI nor MSISDN, so that nobody can be charged for it")
        known = f"{reference}/{began:%Y%m%d%H%M%S}" if reference else f"{batch.file}/{number}"
        id = f"tap/{batch.sender[:10]}/{known}" + (f"/{at + 1}" if len(found) > 1 else "")
        offset = began.utcoffset()
        yield UsageReport(
            system=origin.system,
            id=id,
            session=id,
            started=utc(began),
            zone_offset=int(offset.total_seconds()) // 60 if offset else 0,
            source=origin.source(part.offset),
            **fields,
        )


Fields = dict[str, Any]


def _call(event: Fields, batch: Batch, name: str) -> Fields:
    """MobileOriginatedCall and MobileTerminatedCall: a call, or a message by its teleservice (21 received, 22 sent)."""
    basic = event.get("basicCallInformation", {})
    place = event.get("locationInformation", {})
    at = place.get("networkLocation", {})
    used = groups(event, "basicServiceUsedList")
    teleservice = _inner(used[0], "basicService", "serviceCode").get("teleServiceCode", "") if used else ""
    message = teleservice.startswith("2")
    received = name == "mobileTerminatedCall"
    end = basic.get("callOriginator", {}) if received else basic.get("destination", {})
    names = ("callingNumber", "sMSOriginator") if received else (
        "calledNumber", "sMSDestinationNumber", "dialledDigits")  # fmt: skip
    reference = at.get("callReference", b"").hex()
    return {
        **_subscriber(basic.get("chargeableSubscriber", {})),
        **_device(event),
        "service": Service.MESSAGE if message else Service.VOICE,
        "direction": Direction.TERMINATING if received else Direction.ORIGINATING,
        "began": batch.time(basic.get("callEventStartTimeStamp")),
        "duration": 0 if message else _count(basic, "totalCallEventDuration"),
        "items": int(message),
        "other_party": _first(end, *names),
        "visited": batch.network(_inner(place, "geographicalLocation").get("servingNetwork", "")),
        "cell": _cell(at),
        "reference": f"{_short(batch.entity(at.get('recEntityCode')))}/{reference}" if reference else "",
    }


def _data(event: Fields, batch: Batch) -> Fields:
    """GprsCall. Volumes are as the subscriber sees them: what came in it received."""
    basic = event.get("gprsBasicCallInformation", {})
    subscriber = basic.get("gprsChargeableSubscriber", {})
    place = event.get("gprsLocationInformation", {})
    at = place.get("gprsNetworkLocation", {})
    used = event.get("gprsServiceUsed", {})
    charging, entities = basic.get("chargingId"), [batch.entity(c) for c in at.get("recEntityCodeList", ())
                                                   if isinstance(c, int)]  # fmt: skip
    known = _subscriber(subscriber.get("chargeableSubscriber", {}))
    if not (known.get("imsi") or known.get("msisdn")):
        known = {"user": _short(subscriber.get("networkAccessIdentifier", ""))}
    return {
        **known,
        **_device(event),
        "service": Service.DATA,
        "began": batch.time(basic.get("callEventStartTimeStamp")),
        "duration": _count(basic, "totalCallEventDuration"),
        "downlink": _count(used, "dataVolumeIncoming"),
        "uplink": _count(used, "dataVolumeOutgoing"),
        "apn": _short(basic.get("gprsDestination", {}).get("accessPointNameNI", "")),
        "visited": batch.network(_inner(place, "geographicalLocation").get("servingNetwork", "")),
        "cell": _cell(at),
        "reference": f"{_short('+'.join(entities))}/{charging}" if charging is not None else "",
    }


def _message(event: Fields, batch: Batch) -> Fields:
    """MessagingEvent: a message over IMS."""
    received = event.get("messagingEventService") in batch.options.messaging_received
    return _over_ims(event, batch, received) | {"service": Service.MESSAGE, "items": 1}


def _session(event: Fields, batch: Batch) -> Fields:
    """MobileSession: a call over IMS."""
    received = event.get("mobileSessionService") in batch.options.sessions_received
    return _over_ims(event, batch, received) | {
        "service": Service.VOICE,
        "duration": _count(event, "totalCallEventDuration"),
    }


def _over_ims(event: Fields, batch: Batch, received: bool) -> Fields:
    party, other = event.get("chargedParty", {}), event.get("nonChargedParty", {})
    known = {name: _digits(party.get(name, ""), name, 15) for name in ("imsi", "msisdn")}
    reference = _short(event.get("eventReference", ""))
    entities = [batch.entity(code) for code in event.get("recEntityCodeList", ()) if isinstance(code, int)]
    return {
        **known,
        "user": "" if any(known.values()) else _short(party.get("publicUserId", "")),
        "imei": _digits(party.get("imei", ""), "imei", 16),
        "direction": Direction.TERMINATING if received else Direction.ORIGINATING,
        "began": batch.time(event.get("serviceStartTimestamp")),
        "other_party": _first(other, "nonChargedPartyNumber", "nonChargedPublicUserId"),
        "visited": batch.network(_inner(event, "geographicalLocation").get("servingNetwork", "")),
        "cell": _cell(event),
        "reference": f"{_short('+'.join(entities))}/{reference}" if reference else "",
    }


def _service_centre(event: Fields, batch: Batch) -> Fields:
    """ServiceCentreUsage: a message that the partner's service centre carried; of status 1 the subscriber received."""
    basic, times = event.get("basicInformation", {}), event.get("scuTimeStamps", {})
    subscriber = basic.get("chargeableSubscriber", {})
    return {
        **_subscriber({"simChargeableSubscriber": subscriber.get("gsmChargeableSubscriber", {}), **subscriber}),
        "service": Service.MESSAGE,
        "direction": Direction.TERMINATING if basic.get("chargedPartyStatus") == 1 else Direction.ORIGINATING,
        "began": batch.time(times.get("depositTimeStamp") or times.get("completionTimeStamp")),
        "items": 1,
        "other_party": _first(basic, "nonChargedNumber"),
        "visited": batch.network(event.get("servingNetwork", "")),
        "reference": "",
    }


def _content(event: Fields, batch: Batch) -> Iterator[Fields]:
    """ContentTransaction: a report for each service used, with its price where the seller says one."""
    basic, parties = event.get("contentTransactionBasicInfo", {}), event.get("servingPartiesInformation", {})
    charged = event.get("chargedPartyInformation", {})
    who: dict[str, str] = {}
    for item in groups(charged, "chargedPartyIdList"):
        who |= _identity(item.get("chargedPartyIdentifier", ""))
    for used in groups(event, "contentServiceUsed"):
        price, currency = _price(used, batch)
        sold_by, transaction = _first(parties, "contentProviderName"), _first(used, "transactionIdentifier")
        yield {
            **who,
            "service": Service.CONTENT,
            "began": batch.time(basic.get("orderPlacedTimeStamp") or basic.get("actualDeliveryTimeStamp")),
            "duration": _count(basic, "totalTransactionDuration"),
            "downlink": _count(used, "dataVolumeIncoming"),
            "uplink": _count(used, "dataVolumeOutgoing"),
            "items": 1,
            "other_party": sold_by or _first(used, "transactionShortDescription"),
            "price": price,
            "currency": currency,
            "visited": batch.network(""),
            "reference": f"content/{sold_by}/{transaction}" if transaction else "",
        }


def _price(used: Fields, batch: Batch) -> tuple[int | None, str]:
    """What the subscriber was told that it costs, else what is charged for it in all, without tax; less than nothing
    where it is given back."""
    advised = used.get("advisedChargeInformation", {})
    if "advisedCharge" in advised:
        price, currency = batch.money(advised["advisedCharge"], None, advised.get("advisedChargeCurrency", ""))
    else:
        charged = [
            (information.get("exchangeRateCode"), detail["charge"])
            for information in groups(used, "chargeInformationList")
            for detail in groups(information, "chargeDetailList")
            if "charge" in detail and detail.get("chargeType", "00") == "00"  # the others are parts of this total
        ]
        if not charged:
            return None, ""
        if len({rate for rate, _ in charged}) > 1:
            raise ValueError("its charges have several exchange rates")
        price, currency = batch.money(sum(amount for _, amount in charged), charged[0][0])
    return -price if used.get("chargeRefundIndicator") == 1 else price, currency


def _subscriber(chosen: Fields) -> Fields:
    sim = chosen.get("simChargeableSubscriber") or chosen.get("minChargeableSubscriber") or {}
    imsi = sim.get("imsi") or sim.get("min", "").strip()
    msisdn = sim.get("msisdn") or sim.get("mdn", "").strip()
    return {"imsi": _digits(imsi, "imsi", 15), "msisdn": _digits(msisdn, "msisdn", 15)}


def _identity(identifier: str) -> dict[str, str]:
    """An identifier of a charged party: an IMSI has 14 or 15 digits, a number fewer; all else is a name."""
    text = identifier.strip().removeprefix("+")
    if text.isascii() and text.isdigit() and len(text) <= 15:
        return {"imsi": text} if len(text) >= 14 else {"msisdn": text}
    return {"user": _short(text)} if text else {}


def _device(event: Fields) -> Fields:
    return {"imei": _digits(_inner(event, "equipmentIdentifier").get("imei", ""), "imei", 16)}


def _digits(text: str, name: str, longest: int) -> str:
    if text and not (text.isascii() and text.isdigit() and len(text) <= longest):
        raise ValueError(f"{name} {text[:40]!r} is not up to {longest} digits")
    return text


def _count(values: Fields, name: str) -> int:
    number: int = values.get(name, 0)
    if not 0 <= number < 2**53:
        raise ValueError(f"{name} {number} cannot be")
    return number


def _cell(at: Fields) -> str:
    return "-".join(str(at[name]) for name in ("locationArea", "cellId") if name in at)


def _inner(values: Fields, *names: str) -> Fields:
    """A group within groups, empty where one of them is missing."""
    for name in names:
        values = values.get(name, {})
    return values


def _first(values: Fields, *names: str) -> str:
    """The first of some texts that is there."""
    return next((_short(values[name]) for name in names if values.get(name)), "")


def _short(text: str) -> str:
    text = text.strip()
    if len(text) > LONGEST_NAME:
        raise ValueError(f"{text[:20]!r}… has {len(text)} characters; at most {LONGEST_NAME} are taken")
    return text
