"""A 5G core that asks for quota as fast as it is answered: sessions over connections that stay open, one request at a
time on each, and how long each answer took."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

PATH = "/nchf-convergedcharging/v3/chargingdata"
UPDATES = 20  # of a session, between its create and its release
USED = 900_000  # octets of each report


class Asked(NamedTuple):
    """How long each answer took (seconds), and all of them together."""

    times: list[float]
    seconds: float

    def percentile(self, share: float) -> float:
        """Milliseconds."""
        return 1e3 * sorted(self.times)[max(0, math.ceil(share * len(self.times)) - 1)]

    @property
    def per_second(self) -> float:
        return len(self.times) / self.seconds


Send = Callable[[str, dict[str, Any]], Awaitable[str]]
"""Posts a body to a path and returns the Location of the answer, "" where it has none."""


async def sessions(connect: Callable[[], Awaitable[Send]], first: int, together: int, each: int) -> Asked:
    """So many sessions, `each` one after the other, `together` at once, of the subscribers from `first` on."""
    times: list[float] = []

    async def one(which: int) -> None:
        send = await connect()
        for number in range(each):
            await _session(send, which, number, times)

    begun = time.perf_counter()
    await asyncio.gather(*(one(first + which) for which in range(together)))
    return Asked(times, time.perf_counter() - begun)


async def _session(send: Send, which: int, number: int, times: list[float]) -> None:
    async def timed(path: str, sequence: int, usage: dict[str, Any]) -> str:
        body = _request(which, number, sequence, usage)
        begun = time.perf_counter()
        location = await send(path, body)
        times.append(time.perf_counter() - begun)
        return location

    ask = {"ratingGroup": 10, "requestedUnit": {"totalVolume": 1_000_000}}
    location = await timed(PATH, 0, ask)
    for sequence in range(1, UPDATES + 1):
        await timed(f"{location}/update", sequence, {**ask, "usedUnitContainer": [_used(sequence)]})
    report = {"ratingGroup": 10, "usedUnitContainer": [_used(UPDATES + 1)]}
    await timed(f"{location}/release", UPDATES + 1, report)


def _used(sequence: int) -> dict[str, Any]:
    return {
        "localSequenceNumber": sequence,
        "quotaManagementIndicator": "ONLINE_CHARGING",
        "triggers": [{"triggerType": "QUOTA_THRESHOLD", "triggerCategory": "IMMEDIATE_REPORT"}],
        "triggerTimestamp": _now(),
        "uplinkVolume": USED // 10,
        "downlinkVolume": USED - USED // 10,
    }


def _request(which: int, number: int, sequence: int, usage: dict[str, Any]) -> dict[str, Any]:
    plmn = {"mcc": "206", "mnc": "99"}
    return {
        "subscriberIdentifier": f"imsi-{imsi(which)}",
        "nfConsumerIdentification": {"nFName": "smf-1", "nodeFunctionality": "SMF", "nFPLMNID": plmn},
        "invocationTimeStamp": _now(),
        "invocationSequenceNumber": sequence,
        "notifyUri": "http://127.0.0.1/notify",
        "multipleUnitUsage": [usage],
        "pDUSessionChargingInformation": {
            "chargingId": number,
            "userInformation": {"servedGPSI": f"msisdn-{msisdn(which)}", "servedPEI": "imeisv-3534900698733190"},
            "userLocationinfo": {
                "nrLocation": {
                    "tai": {"plmnId": plmn, "tac": "0000a1"},
                    "ncgi": {"plmnId": plmn, "nrCellId": "00001f0a1"},
                }
            },
            "uetimeZone": "+01:00",
            "pduSessionInformation": {
                "pduSessionID": 5,
                "pduType": "IPV4",
                "dnnId": "internet",
                "startTime": BEGUN,
                "networkSlicingInfo": {"sNSSAI": {"sst": 1, "sd": "000001"}},
                "servingNetworkFunctionID": {
                    "servingNetworkFunctionInformation": {"nodeFunctionality": "AMF", "nFPLMNID": plmn}
                },
            },
        },
    }


def _now() -> str:
    return datetime.now(UTC).isoformat()


BEGUN = _now()


def msisdn(which: int) -> str:
    return f"3247{which:07}"


def imsi(which: int) -> str:
    return f"20699{which:010}"


async def http(port: int) -> Send:
    """A connection to the server."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def send(path: str, body: dict[str, Any]) -> str:
        content = json.dumps(body).encode()
        path = path.removeprefix(f"http://127.0.0.1:{port}")
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
        status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        headers = dict(line.lower().split(": ", 1) for line in lines if line)
        told = await reader.readexactly(int(headers.get("content-length", 0)))
        if status.split()[1] not in ("200", "201", "204"):
            raise RuntimeError(f"{path} gave {status}: {told.decode()}")
        return next((line.partition(": ")[2] for line in lines if line.lower().startswith("location:")), "")

    return send
