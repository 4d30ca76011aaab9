"""The events of a TAP file, each as the fields of a usage report. All raise `ValueError` with what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from trunkline.systems.tap.batch import Batch, groups
from trunkline.telco.model import Direction, Service

LONGEST_NAME = 100  # characters of a number, a name, an address

Fields = dict[str, Any]


def fields_of(name: str, event: Fields, batch: Batch) -> list[Fields]:
    """The fields of a report, or of several for an event that is of several services.

    Beside fields of `UsageReport` they hold `began`, a `Time`, and `reference`, by which the
    partner's network knows the event, or "".
    """
    match name:
        case "mobileOriginatedCall" | "mobileTerminatedCall":
            return [_call(event, batch, name)]
        case "gprsCall":
            return [_data(event, batch)]
        case "messagingEvent":
            return [_message(event, batch)]
        case "mobileSession":
            return [_session(event, batch)]
        case "serviceCentreUsage":
            return [_service_centre(event, batch)]
        case "contentTransaction":
            return list(_content(event, batch))
        case _:
            raise ValueError("it is neither a call nor a message, data or content, and cannot be charged")


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
    reference = _short(at.get("callReference", b"").hex())
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
