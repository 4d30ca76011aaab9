"""Requests of Nchf_ConvergedCharging for tests: a part of a data session, a text, a call."""

from __future__ import annotations

from typing import Any

import msgspec

UNITS = {
    "localSequenceNumber": 1, "time": 600, "totalVolume": 300, "uplinkVolume": 100, "downlinkVolume": 200,
    "triggerTimestamp": "2026-03-09T14:30:50+01:00",
}  # fmt: skip
LOCATION = {"nrLocation": {
    "tai": {"plmnId": {"mcc": "208", "mnc": "01"}, "tac": "0001"},
    "ncgi": {"plmnId": {"mcc": "208", "mnc": "01"}, "nrCellId": "00000a1b2"},
}}  # fmt: skip
COMMON = {
    "subscriberIdentifier": "imsi-206010000000001",
    "nfConsumerIdentification": {
        "nodeFunctionality": "SMF", "nFName": "smf-1", "nFPLMNID": {"mcc": "206", "mnc": "01"}
    },
    "invocationTimeStamp": "2026-03-09T13:31:00Z",
    "invocationSequenceNumber": 2,
}  # fmt: skip
SESSION = COMMON | {
    "multipleUnitUsage": [
        {"ratingGroup": 100, "usedUnitContainer": [
            UNITS, UNITS | {"localSequenceNumber": 2, "triggerTimestamp": "2026-03-09T14:20:50+01:00"}
        ]},
        {"ratingGroup": 200, "requestedUnit": {"totalVolume": 1},
         "usedUnitContainer": [{"localSequenceNumber": 3, "totalVolume": 7}]},
        {"ratingGroup": 300, "requestedUnit": {}},
    ],
    "pDUSessionChargingInformation": {
        "chargingId": 4711,
        "userInformation": {"servedGPSI": "msisdn-32470000001", "servedPEI": "imei-353490069873319"},
        "userLocationinfo": LOCATION, "uetimeZone": "-03:30+1",
        "pduSessionInformation": {"pduSessionID": 5, "dnnId": "internet"},
    },
}  # fmt: skip
SMS = COMMON | {
    "oneTimeEvent": True,
    "sMSChargingInformation": {
        "originatorInfo": {"originatorGPSI": "msisdn-32470000001"}, "sMMessageType": "SUBMISSION",
        "recipientInfo": [{"recipientGPSI": "msisdn-32470000002"}], "numberofMessagesSent": 3,
        "eventtimestamp": "2026-03-09T13:30:00Z", "messageReference": "17",
    },
}  # fmt: skip
CALL = COMMON | {
    "multipleUnitUsage": [
        {"ratingGroup": 1, "usedUnitContainer": [
            {"localSequenceNumber": 1, "time": 61, "triggers": [{"triggerType": "FINAL"}]}]}
    ],
    "iMSChargingInformation": {
        "iMSChargingIdentifier": "icid-1", "roleOfNode": "TERMINATING", "callingPartyAddresses": ["tel:+32470000002"],
    },
}  # fmt: skip


def lines(*requests: Any) -> bytes:
    return b"".join(msgspec.json.encode(request) + b"\n" for request in requests)
