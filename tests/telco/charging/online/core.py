"""A 5G core's SMF, as far as it charges: one subscriber's PDU session, whose requests it counts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx

PATH = "/nchf-convergedcharging/v3"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def request(sequence: int = 0, subscriber: str = "imsi-206010000000001", **fields: Any) -> dict[str, Any]:
    """A request as an SMF sends it, with charging id 7 and the PDU session 5."""
    return {
        "subscriberIdentifier": subscriber,
        "nfConsumerIdentification": {"nFName": "smf-1", "nodeFunctionality": "SMF"},
        "invocationTimeStamp": NOW.isoformat(),
        "invocationSequenceNumber": sequence,
        "multipleUnitUsage": [{"ratingGroup": 10, "requestedUnit": {}}],
        "pDUSessionChargingInformation": pdu_session(),
        **fields,
    }


def pdu_session(charging_id: int = 7, **fields: Any) -> dict[str, Any]:
    return {
        "chargingId": charging_id,
        "userInformation": {"servedGPSI": "msisdn-32470000001", "roamerInOut": "IN_BOUND"},
        "userLocationinfo": {
            "nrLocation": {
                "tai": {"plmnId": {"mcc": "206", "mnc": "10"}, "tac": "0000a1"},
                "ncgi": {"plmnId": {"mcc": "206", "mnc": "10"}, "nrCellId": "00001f0a1"},
            }
        },
        "uetimeZone": "+01:00",
        "pduSessionInformation": {
            "pduSessionID": 5,
            "pduType": "IPV4",
            "dnnId": "internet",
            "startTime": NOW.isoformat(),
            "servingNetworkFunctionID": {
                "servingNetworkFunctionInformation": {
                    "nodeFunctionality": "AMF",
                    "nFPLMNID": {"mcc": "206", "mnc": "10"},
                }
            },
        },
        **fields,
    }


def used(number: int, octets: int, group: int = 10, *, ask: bool = True, **fields: Any) -> dict[str, Any]:
    """A rating group that reports octets, in the container of that number, and asks for more."""
    container = {
        "localSequenceNumber": number,
        "quotaManagementIndicator": "ONLINE_CHARGING",
        "triggers": [{"triggerType": "QUOTA_THRESHOLD", "triggerCategory": "IMMEDIATE_REPORT"}],
        "triggerTimestamp": NOW.isoformat(),
        "totalVolume": octets,
        **fields,
    }
    return {"ratingGroup": group, "usedUnitContainer": [container], **({"requestedUnit": {}} if ask else {})}


class Session:
    """A session from its create on; every request has the next number."""

    def __init__(
        self,
        client: httpx.Client,
        subscriber: str = "imsi-206010000000001",
        charging_id: int = 7,
        body: dict[str, Any] | None = None,
    ) -> None:
        self.client, self.sequence = client, 0
        self.body = body or request(0, subscriber, pDUSessionChargingInformation=pdu_session(charging_id))
        self.created = client.post(f"{PATH}/chargingdata", json=self.body)
        self.ref = self.created.headers.get("location", "").rpartition("/")[2]

    def update(self, *usages: dict[str, Any]) -> httpx.Response:
        return self._post("update", usages)

    def release(self, *usages: dict[str, Any]) -> httpx.Response:
        return self._post("release", usages)

    def repeat(self, **fields: Any) -> httpx.Response:
        """The last update or release once more."""
        return self.client.post(self._url, json={**self.body, **fields})

    def _post(self, operation: str, usages: tuple[dict[str, Any], ...]) -> httpx.Response:
        self.sequence += 1
        self.body = {**self.body, "invocationSequenceNumber": self.sequence, "multipleUnitUsage": list(usages)}
        self._url = f"{PATH}/chargingdata/{self.ref}/{operation}"
        return self.repeat()


def information(answer: httpx.Response, group: int = 10) -> dict[str, Any]:
    """What an answer says of a rating group."""
    [found] = [told for told in answer.json()["multipleUnitInformation"] if told["ratingGroup"] == group]
    return dict(found)


def granted(answer: httpx.Response, group: int = 10) -> int:
    """Octets that may be used."""
    return int(information(answer, group)["grantedUnit"]["totalVolume"])
