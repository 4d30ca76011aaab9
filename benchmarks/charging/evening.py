"""A busy evening of the simulator's subscribers, as the platform's own readers report it.

Every fifth ten of subscriptions stands a megabyte below a threshold of its data when the evening begins, so that there
is always somebody to tell something: without that, few of so many cross one in a few minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import count
from pathlib import Path

import msgspec

from belgicom.simulator.network import build_network
from belgicom.simulator.traffic import BELGIUM
from belgicom.simulator.usage.delivery import Delivery, UsageFile
from belgicom.simulator.usage.life import TICK, Life
from belgicom.simulator.usage.payments import payments
from belgicom.simulator.usage.subscribers import BLOCK, Subscribers
from trunkline.connect import connection
from trunkline.connect.connection import Connection
from trunkline.log import Event
from trunkline.log.envelope import cloud_event
from trunkline.systems import Origin
from trunkline.systems.crm.payments import read as read_payments
from trunkline.systems.reach import Captured
from trunkline.systems.system import SNIFFED
from trunkline.telco.charging import tariff
from trunkline.telco.model import Account, Service, Source, Unit, UsageReport

REFERENCE = Path(__file__).parents[2] / "belgicom"
SEED = 1
USES = 70.0
"""What 200,000 subscribers begin in a second when they are busiest (simulator/usage/README.md)."""
NEAR = 5
BELOW = 1_000_000  # octets
CONNECTIONS = {"cdr": "cdr", "tap": "roaming", "radius": "broadband", "corrections": "corrections"}
"""Which of the operator's connections reads a folder of the simulator's server."""


class Evening:
    """The last working day at seven, when `busyness` is greatest; a cycle of all accounts began at its midnight, so
    that nothing is forecast yet."""

    def __init__(self, subscribers: int) -> None:
        self._subscribers = Subscribers(SEED, subscribers)
        self._life = Life(self._subscribers, build_network(SEED), USES)
        day = datetime.now(BELGIUM).replace(hour=19, minute=0, second=0, microsecond=0) - timedelta(days=1)
        while day.weekday() >= 5 or day.day > 28:  # a cycle begins on the 28th at the latest
            day -= timedelta(days=1)
        self._day = day.day
        self._begin = day.astimezone(UTC)
        self._first = int(day.timestamp()) // TICK
        declared = connection.load(REFERENCE)
        self._systems = {each.name: each.system for each in declared if isinstance(each, Connection) and each.system}

    def accounts(self) -> Iterator[Account]:
        for account in self._subscribers.accounts():
            yield msgspec.convert({**account, "cycleDay": self._day}, Account)

    def top_ups(self) -> list[Event]:
        """What the prepaid cards were sold with, as commands."""
        lines = payments(self._subscribers, self._first - 1, sold=True)
        found = read_payments(BytesIO(lines), Origin("crm", "file:///payments"))
        return [each.event for each in found if isinstance(each, Captured)]

    def used(self) -> Iterator[UsageReport]:
        """What those have used already who stand just below a threshold."""
        tariffs = tariff.load(REFERENCE / tariff.FOLDER)
        for number, account in enumerate(self.accounts()):
            first = account.members[0]
            if int(first.imsi[-10:]) // BLOCK % NEAR != 1:
                continue
            for allowance in tariffs.at(first.tariffs[-1].tariff, self._begin).allowances:
                if allowance.unit is Unit.OCTET:
                    yield UsageReport(
                        system="core",
                        id=f"used/{number}",
                        session=f"used/{number}",
                        service=Service.DATA,
                        msisdn=first.msisdn,
                        started=self._begin - timedelta(hours=1),
                        duration=60,
                        downlink=allowance.amount * allowance.thresholds[0] // 100 - BELOW,
                        visited="20699",
                        source=Source(uri="file:///used"),
                    )

    def reports(self, number: int, *, surge: bool) -> list[UsageReport]:
        """What begins in a tick, by its number from 0 on, with all that comes of it later: parts, duplicates, and
        corrections, in the order in which they leave. A `surge` is a match in the stadium."""
        tick = self._first + number
        delivery = Delivery(self._life)
        files = delivery.files(tick, surge=surge)
        later = count(tick + 1)
        while delivery.pending:
            files += delivery.files(next(later), uses=False)
        return [report for file in files for report in self._read(file)]

    def _read(self, file: UsageFile) -> list[UsageReport]:
        """What the platform reports of a file, without what is broken in it."""
        name = CONNECTIONS[file.name.partition("/")[0]]
        known = [each for each in self._systems[name].formats if each.matches(file.content[:SNIFFED])]
        found = (
            each for form in known for each in form.read(BytesIO(file.content), Origin(name, f"sftp://{file.name}"))
        )
        return [each for each in found if isinstance(each, UsageReport)]

    def numbers(self) -> dict[str, str]:
        """The numbers of SIMs by IMSI."""
        return {member.imsi: member.msisdn for account in self.accounts() for member in account.members if member.imsi}


def event(record: Account | UsageReport, time: int = 0) -> Event:
    """A record as a system's connection writes it; `time` in microseconds (0: when it is written)."""
    value = msgspec.json.encode(record)
    return cloud_event(type=record.topic, source="/benchmark", id=record.id, value=value, key=record.key, time=time)
