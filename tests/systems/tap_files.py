"""TAP files for tests, written by another encoder over the module in tap.asn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asn1tools

from trunkline.systems.tap import usage
from trunkline.systems.tap.options import Options

ORACLE = asn1tools.compile_files(str(Path(__file__).with_name("tap.asn")), "ber")
READ = usage.reader(Options(networks={"FRAF1": "20801", "NLDPT": "20408"}, sessions_received=(2,)))
SAMPLE = "usage/sample-DataInterChange-1.ber"


def bcd(digits: str) -> bytes:
    return bytes.fromhex(digits + "f" * (len(digits) % 2))


def stamp(local: str = "20260719235900", code: int = 1) -> dict[str, Any]:
    return {"localTimeStamp": local, "utcTimeOffsetCode": code}


SIM = ("simChargeableSubscriber", {"imsi": bcd("206010000000001"), "msisdn": bcd("32470000001")})
AT = {"networkLocation": {"recEntityCode": 7, "callReference": b"\x01\x02", "locationArea": 11, "cellId": 12}}
CHARGES = [{
    "chargedItem": "D", "exchangeRateCode": 0,
    "chargeDetailList": [{"chargeType": "00", "charge": 2_345_678}, {"chargeType": "01", "charge": 1}],
}]  # fmt: skip


def used(teleservice: str) -> list[dict[str, Any]]:
    service = {"serviceCode": ("teleServiceCode", teleservice)}
    return [{"basicService": service, "chargeInformationList": CHARGES}]


def originated(teleservice: str = "11", **basic: Any) -> tuple[str, dict[str, Any]]:
    information = {
        "chargeableSubscriber": SIM, "destination": {"calledNumber": bcd("32470000002")},
        "callEventStartTimeStamp": stamp(), "totalCallEventDuration": 61,
    }  # fmt: skip
    return "mobileOriginatedCall", {
        "basicCallInformation": information | basic, "locationInformation": AT,
        "equipmentIdentifier": ("imei", bcd("353490069873319")), "basicServiceUsedList": used(teleservice),
        "operatorSpecInformation": ["x", "y"],
    }  # fmt: skip


TERMINATED = ("mobileTerminatedCall", {
    "basicCallInformation": {
        "chargeableSubscriber": SIM, "callOriginator": {"sMSOriginator": "Bank"}, "callEventStartTimeStamp": stamp(),
    },
    "locationInformation": {"geographicalLocation": {"servingNetwork": "NLDPT"}},
    "basicServiceUsedList": used("21"),
})  # fmt: skip
GPRS = ("gprsCall", {
    "gprsBasicCallInformation": {
        "gprsChargeableSubscriber": {"chargeableSubscriber": SIM},
        "gprsDestination": {"accessPointNameNI": "internet"}, "callEventStartTimeStamp": stamp(code=2),
        "totalCallEventDuration": 600, "partialTypeIndicator": "V", "chargingId": 2**32 - 1,
    },
    "gprsLocationInformation": {"gprsNetworkLocation": {"recEntityCodeList": [8, 7], "locationArea": 1, "cellId": 2}},
    "gprsServiceUsed": {"dataVolumeIncoming": 5 * 2**32, "dataVolumeOutgoing": 7, "chargeInformationList": CHARGES},
})  # fmt: skip
MESSAGE = ("messagingEvent", {
    "messagingEventService": 1, "chargedParty": {"imsi": bcd("206010000000001"), "imei": bcd("353490069873319")},
    "eventReference": "e-1", "recEntityCodeList": [7], "serviceStartTimestamp": stamp(),
    "nonChargedParty": {"nonChargedPartyNumber": bcd("32470000002")}, "charge": 1,
})  # fmt: skip
SESSION = ("mobileSession", {
    "mobileSessionService": 2, "chargedParty": {"publicUserId": "sip:a@belgicom.be"}, "eventReference": "e-2",
    "serviceStartTimestamp": stamp(), "totalCallEventDuration": 5,
    "nonChargedParty": {"nonChargedPublicUserId": "sip:b@x.net"},
})  # fmt: skip
CENTRE = ("serviceCentreUsage", {
    "basicInformation": {
        "chargeableSubscriber": ("gsmChargeableSubscriber", SIM[1]), "chargedPartyStatus": 1,
        "nonChargedNumber": "8080",
    },
    "servingNetwork": "FRAF1", "scuTimeStamps": {"depositTimeStamp": stamp()},
})  # fmt: skip
SUPPLEMENTARY = ("supplServiceEvent", {"chargeableSubscriber": SIM})


def content(**service: Any) -> tuple[str, dict[str, Any]]:
    given = {"transactionIdentifier": "t-1", "chargeInformationList": CHARGES} | service
    return "contentTransaction", {
        "contentTransactionBasicInfo": {"orderPlacedTimeStamp": stamp()},
        "chargedPartyInformation": {"chargedPartyIdList": [
            {"chargedPartyIdType": 1, "chargedPartyIdentifier": "+32470000001"},
            {"chargedPartyIdType": 2, "chargedPartyIdentifier": "206010000000001"},
        ]},
        "servingPartiesInformation": {"contentProviderName": "Ring"},
        "contentServiceUsed": [{name: value for name, value in given.items() if value is not None}],
    }  # fmt: skip


EVERYTHING = (originated(), TERMINATED, GPRS, MESSAGE, SESSION, CENTRE, content(), SUPPLEMENTARY)


def batch(*events: tuple[str, dict[str, Any]], **accounting: Any) -> dict[str, Any]:
    return {
        "batchControlInfo": {"sender": "FRAF1", "recipient": "BELBC", "fileSequenceNumber": "00042"},
        "accountingInfo": {
            "localCurrency": "EUR", "tapDecimalPlaces": 5, "taxation": [{"taxCode": 1, "taxRate": "2100000"}],
            "currencyConversionInfo": [{"exchangeRateCode": 0, "numberOfDecimalPlaces": 5, "exchangeRate": 118_250}],
        } | accounting,
        "networkInfo": {
            "utcTimeOffsetInfo": [
                {"utcTimeOffsetCode": 1, "utcTimeOffset": "+0200"}, {"utcTimeOffsetCode": 2, "utcTimeOffset": "-0330"},
            ],
            "recEntityInfo": [{"recEntityCode": 7, "recEntityType": 1, "recEntityId": "33600"},
                              {"recEntityCode": 8, "recEntityType": 3, "recEntityId": "192.0.2.1"}],
        },
        "callEventDetails": list(events),
        "auditControlInfo": {"totalCharge": 1, "callEventDetailsCount": len(events)},
    }  # fmt: skip


def tap_file(*events: tuple[str, dict[str, Any]], **accounting: Any) -> bytes:
    return bytes(ORACLE.encode("DataInterChange", ("transferBatch", batch(*events, **accounting))))


def as_ours(value: Any) -> Any:
    """What the oracle decoded in our words: a choice is a dict, digits are text."""
    if isinstance(value, tuple):
        return as_ours(dict([value]))
    if isinstance(value, list):
        return [as_ours(inner) for inner in value]
    if isinstance(value, dict):
        return {
            name: inner.hex().removesuffix("f") if isinstance(inner, bytes) and name != "callReference"
            else as_ours(inner) for name, inner in value.items()
        }  # fmt: skip
    return value


def within(tag: bytes, data: bytes, times: int = 1) -> bytes:
    """The data in so many elements, one within the other, each with the length that it has."""
    for _ in range(times):
        data = tag + b"\x82" + len(data).to_bytes(2, "big") + data
    return data
