"""O-RAN radios: faults and measurements as VES 7.2 events, posted over HTTPS with a user and a password.

An event is posted until the collector takes it: what it cannot take now (no connection, 5xx) is tried again, what it
refuses (4xx) is dropped. Source: ONAP VES event listener 7.2, common event format 30.2.1.
"""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import logging
import ssl
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from belgicom.simulator.alarms import Alarm
from belgicom.simulator.measurements import MeasuredObject, Period
from belgicom.simulator.names import OPERATOR, canonical_dn, native_dn
from belgicom.simulator.network import Site

WAITING = 2000  # events of a domain; while the collector is away the oldest wait and the newest are lost
BATCH = 50  # events in a post
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0  # seconds before a post is tried again

logger = logging.getLogger(__name__)


def fault_event(alarm: Alarm, sequence: int) -> dict[str, Any]:
    """The event of an alarm that was raised, changed or cleared."""
    site, problem = alarm.site, alarm.problem
    return {
        "commonEventHeader": _header(
            site, "fault", f"Fault_ORAN-RU_{problem.name}", f"fault-{site.vendor}-{alarm.id}", sequence,
            alarm.raised, alarm.changed,
        ),
        "faultFields": {
            "faultFieldsVersion": "4.0",
            "alarmCondition": alarm.code,
            "eventSourceType": "other",
            "eventCategory": problem.event_type,
            "specificProblem": alarm.words,
            "eventSeverity": "NORMAL" if alarm.cleared else alarm.severity.upper(),
            "vfStatus": "Active",
            "alarmAdditionalInformation": {
                "objectInstance": native_dn(site, alarm.cell),
                "probableCause": problem.cause,
                "additionalText": f"{problem.name} at {site.town}",
            },
        },
    }  # fmt: skip


def measurement_event(site: Site, period: Period, objects: Sequence[MeasuredObject], sequence: int) -> dict[str, Any]:
    """The event of what a site's objects counted; their names are canonical DNs."""
    groups: dict[tuple[str, tuple[str, ...]], list[MeasuredObject]] = {}
    for item in objects:
        groups.setdefault((item.group, tuple(item.counters)), []).append(item)
    return {
        "commonEventHeader": _header(
            site, "perf3gpp", "perf3gpp_ORAN-RU_pmMeasResult", f"perf-{site.name}-{period.end:%Y%m%dT%H%M}", sequence,
            period.start, period.end,
        ),
        "perf3gppFields": {
            "perf3gppFieldsVersion": "1.0.1",
            "measDataCollection": {
                "granularityPeriod": period.seconds,
                "measuredEntityUserName": site.name,
                "measuredEntityDn": f"{OPERATOR},SubNetwork={site.region},{canonical_dn(site)}",
                "measuredEntitySoftwareVersion": "O-RU 3.1",
                "measInfoList": [
                    {
                        "measInfoId": {"sMeasInfoId": group},
                        "measTypes": {"sMeasTypesList": list(names)},
                        "measValuesList": [
                            {
                                "measObjInstId": item.name,
                                "suspectFlag": "false",
                                "measResults": [
                                    {"p": p, "sValue": str(item.counters[name])} for p, name in enumerate(names, 1)
                                ],
                            }
                            for item in items
                        ],
                    }
                    for (group, names), items in groups.items()
                ],
            },
        },
    }  # fmt: skip


def _header(
    site: Site, domain: str, name: str, id: str, sequence: int, first: datetime, last: datetime
) -> dict[str, Any]:
    return {
        "version": "4.1",
        "vesEventListenerVersion": "7.2",
        "domain": domain,
        "eventName": name,
        "eventId": id,
        "sequence": sequence,
        "priority": "High" if domain == "fault" else "Normal",
        "reportingEntityName": f"smo-{site.region}",
        "sourceName": canonical_dn(site).removeprefix("ManagedElement="),
        "nfVendorName": site.vendor,
        "startEpochMicrosec": round(first.timestamp() * 1_000_000),
        "lastEpochMicrosec": round(last.timestamp() * 1_000_000),
        "timeZoneOffset": "UTC+00:00",
    }


class Collector:
    """The way to the collector at `url` (`https://host:port/eventListener/v7`), known by the authorities in `ca`."""

    def __init__(self, url: str, ca: Path, user: str, password: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname:
            raise ValueError(f"{url!r} is not an https:// URL")
        self._host, self._port, self._path = parts.hostname, parts.port or 443, parts.path
        self._ca = ca
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Content-Type": "application/json", "Authorization": f"Basic {token}"}
        self._waiting: dict[str, deque[dict[str, Any]]] = {"fault": deque(), "perf3gpp": deque()}
        self._news = asyncio.Event()
        self._connection: http.client.HTTPSConnection | None = None
        self.accepted = self.refused = self.lost = 0

    def put(self, event: dict[str, Any]) -> None:
        """Post it after those of its domain that wait; lose it where too many do."""
        waiting = self._waiting[event["commonEventHeader"]["domain"]]
        if len(waiting) < WAITING:
            waiting.append(event)
            self._news.set()
        else:
            self.lost += 1

    async def run(self) -> None:
        """Post until cancelled: faults before measurements, and never two domains in one post."""
        while True:
            await self._news.wait()
            waiting = next((events for events in self._waiting.values() if events), None)
            if waiting is None:
                self._news.clear()
            else:
                await self._post_until_taken([waiting.popleft() for _ in range(min(BATCH, len(waiting)))])

    async def _post_until_taken(self, events: list[dict[str, Any]]) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                status, answer = await asyncio.to_thread(self._post, events)
            except (OSError, http.client.HTTPException) as error:
                status, answer = 0, str(error).encode()
            if 200 <= status < 300:
                self.accepted += len(events)
                return
            if 400 <= status < 500 and status not in (401, 403, 408, 429):
                self.refused += len(events)
                logger.warning("the VES collector refused %d events with %d: %s", len(events), status, answer[:300])
                return
            logger.info("the VES collector does not take events now (%d %s)", status, answer[:200])
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _post(self, events: list[dict[str, Any]]) -> tuple[int, bytes]:
        """One attempt, over the connection that is open or a new one."""
        if self._connection is None:
            trust = ssl.create_default_context(cafile=str(self._ca))
            self._connection = http.client.HTTPSConnection(self._host, self._port, timeout=10, context=trust)
        one = len(events) == 1
        body = json.dumps({"event": events[0]} if one else {"eventList": events})
        try:
            self._connection.request("POST", self._path if one else f"{self._path}/eventBatch", body, self._headers)
            response = self._connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            self._connection = None
            raise
