"""What mediation is tested with: records as systems report them, and the engine that works on them in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from tests.streams.driver import Driver, record
from trunkline.log import Record
from trunkline.log.envelope import micros
from trunkline.quarantine import Rejected
from trunkline.telco.charging.mediation.mediate import Mediation
from trunkline.telco.charging.settings import ChargingSettings, MediationRules, Numbering
from trunkline.telco.model import Service, Source, Usage, UsageReport

NOON = datetime(2026, 11, 23, 11, tzinfo=UTC)  # in Brussels
OTHER = "32499999999"
SETTINGS = ChargingSettings(
    version="1.0",
    zone="Europe/Brussels",
    networks=["20699", "20610"],
    numbering=Numbering(country_code="32"),
    mediation=MediationRules(horizon_days=62, session_hours=48, part_minutes=60, part_octets=1_000_000),
)


def at(minutes: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def call(id: str, **fields: Any) -> UsageReport:
    """A call of two minutes at noon, whole."""
    given = {"service": Service.VOICE, "started": NOON, "duration": 120, "msisdn": "32470000001"} | fields
    return UsageReport(system="msc", id=id, session=id, source=Source(uri="file:///cdr"), **given)


def part(number: int, *, final: bool = False, **fields: Any) -> UsageReport:
    """The record of this number of a data session, which began so many minutes after noon and lasted one."""
    given = {
        "id": f"pgw/1/{number}",
        "started": at(number),
        "duration": 60,
        "uplink": number,
        "downlink": 10 * number,
        "msisdn": "32470000001",
        "visited": "20610",
        "rating_group": 100,
        "source": Source(uri="file:///cdr", offset=number),
    }
    return UsageReport(
        system="pgw", session="pgw/9", partial=number, final=final, service=Service.DATA, **(given | fields)
    )


class Mediating:
    """The processor at work. What it is given comes a second after what came before, the first a day after noon."""

    def __init__(self, settings: ChargingSettings = SETTINGS) -> None:
        self.driver = Driver(Mediation(settings))
        self.now = NOON + timedelta(days=1)
        self.offset = 0

    def record(self, report: UsageReport) -> Record:
        self.offset += 1
        self.now += timedelta(seconds=1)
        value = msgspec.json.encode(report)
        return record(UsageReport.topic, self.offset, report.key.encode(), value, micros(self.now))

    def take(self, *reports: UsageReport) -> list[Usage]:
        """What is charged when these come, one after the other."""
        before = len(self.driver.sent)
        self.driver.work([self.record(report) for report in reports])
        return usages(self.driver.sent[before:])

    def wait(self, **time: float) -> list[Usage]:
        """What is charged when so much time passes in which only somebody else's call comes."""
        self.now += timedelta(**time)
        return self.take(call(f"msc/other/{self.offset}", started=self.now, msisdn=OTHER))

    def usages(self) -> list[Usage]:
        return usages(self.driver.sent)

    def refused(self) -> list[str]:
        """The reasons of what was put into the quarantine: records, and gaps."""
        return [reason for reason, _, _ in self.driver.rejected] + [gap.reason for gap in self.gaps()]

    def gaps(self) -> list[Rejected]:
        return [
            msgspec.json.decode(value or b"", type=Rejected)
            for topic, _, value in self.driver.sent
            if topic == Rejected.topic
        ]


def usages(sent: Sequence[tuple[str, bytes | None, bytes | None]]) -> list[Usage]:
    """What was charged to anybody but who calls only for time to pass."""
    found: list[Usage] = []
    for topic, key, value in sent:
        if topic == Usage.mediated:
            usage = msgspec.json.decode(value or b"", type=Usage)
            assert key == usage.subscription.encode()
            found += [usage] if usage.subscription != OTHER else []
    return found


def octets(made: Sequence[Usage]) -> tuple[int, int, int]:
    """(uplink, downlink, records) of all that counts: what was corrected counts no more."""
    counting = {usage.id: usage for usage in made}
    assert len(counting) == len(made), "an id names one usage"
    for usage in made:
        if usage.corrects:
            del counting[usage.corrects]
    left = counting.values()
    return sum(usage.uplink for usage in left), sum(usage.downlink for usage in left), sum(u.records for u in left)
