"""What became of the reports of an evening: how long each notice and its message took, and whether anything is missing.

The log and the messaging system tell it afterwards, by the clock of the one machine, so that nothing need look on.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tests.belgicom.usage_totals import Totals, totals
from trunkline.effects import Effect
from trunkline.log import Log
from trunkline.quarantine import Rejected
from trunkline.telco.model import Notice, RatedUsage, Usage, UsageReport

STEPS = ("mediated", "its payer found", "charged", "put into words", "sent")
"""What happens to a usage on its way, to the notice and then to the message of which it is the cause."""
NOTICE, MESSAGE = STEPS.index("charged") + 1, len(STEPS)


class Way(NamedTuple):
    """The way to a message: when the report was appended that made its notice due, and when each of `STEPS` stood in
    the log, or of the last one, in the messaging system. All of them are seconds since the epoch."""

    moments: tuple[float, ...]

    @property
    def due(self) -> float:
        return self.moments[0]

    def until(self, step: int) -> float:
        """Seconds from the report until the end of that many steps."""
        return self.moments[step] - self.moments[0]


class Account(NamedTuple):
    """What became of an evening: the `ways` of its notices, when each of its `reports` was appended, and in words what
    is `lost`, or there twice."""

    ways: list[Way]
    reports: list[float]
    lost: list[str]


def account(log: Log, messages: Path, begin: float, numbers: dict[str, str]) -> Account:
    """What the log says of an evening that began at `begin`, seconds since the epoch. `numbers` are those of SIMs."""
    reported, rated = list(everything(log, UsageReport)), list(everything(log, RatedUsage))
    notices = list(everything(log, Notice))
    sent = messages_of(messages)
    lost = [f"{name} used {used}, and {its} was rated" for name, used, its in amiss(reported, rated, numbers)]
    lost += [f"there are {count} messages of {notice}" for notice, count in unlike(notices, sent)]
    lost += [f"refused as {each.reason}: {each.message}" for each, _ in everything(log, Rejected)]
    due = Due(reported)
    mediated = {usage.id: time for usage, time in everything(log, Usage, Usage.mediated)}
    paid = {usage.id: time for usage, time in everything(log, Usage)}
    asked = {effect.id: time for effect, time in everything(log, Effect)}
    ways = [
        Way((due.of(its.cause, stood), mediated[its.cause], paid[its.cause], stood, asked[its.id], sent[its.id][0]))
        for its, stood in notices
        if stood >= begin and its.id in sent
    ]
    return Account(ways, [time for _, time in reported if time >= begin], lost)


class Due:
    """When the report came that made a usage whole."""

    def __init__(self, reported: list[tuple[UsageReport, float]]) -> None:
        self._came: dict[str, float] = {}
        self._session: dict[str, str] = {}
        self._whole: dict[str, float] = {}
        for report, time in sorted(reported, key=lambda each: each[1]):
            if report.id not in self._came:
                self._came[report.id] = time
                if report.partial:
                    self._session[report.id] = report.session
                    self._whole[report.session] = time

    def of(self, usage: str, told: float) -> float:
        """When the report of this id came, by which the usage is named; of a session's the last of all its reports,
        unless they came only after what is `told` of the usage."""
        whole = self._whole.get(self._session.get(usage, ""), self._came[usage])
        return whole if whole <= told else self._came[usage]


def amiss(
    reported: list[tuple[UsageReport, float]], rated: list[tuple[RatedUsage, float]], numbers: dict[str, str]
) -> Iterator[tuple[tuple[str, str, str], int, int]]:
    """Where what was used is another amount than what was rated: by number, service and direction."""
    used = totals((report for report, _ in reported), numbers)
    last: dict[str, RatedUsage] = {}
    for one, _ in rated:
        if one.usage.id not in last or last[one.usage.id].revision < one.revision:
            last[one.usage.id] = one
    its: Totals = defaultdict(int)
    for one in last.values():
        if not one.void:
            usage = one.usage
            its[usage.subscription, usage.service.value, usage.direction.value] += usage.quantity
    for name in sorted(used.keys() | its.keys()):
        if used.get(name, 0) != its.get(name, 0):
            yield name, used.get(name, 0), its.get(name, 0)


def unlike(notices: list[tuple[Notice, float]], sent: dict[str, list[float]]) -> Iterator[tuple[str, int]]:
    """Notices that were not told once, with how many messages there are."""
    told = Counter(notice.id for notice, _ in notices)
    for id in sorted(told.keys() | sent.keys()):
        if told[id] != 1 or len(sent.get(id, [])) != 1:
            yield id, len(sent.get(id, []))


def messages_of(kept: Path) -> dict[str, list[float]]:
    """When the messaging system sent what, by the notice's id."""
    found: dict[str, list[float]] = defaultdict(list)
    database = sqlite3.connect(kept)
    for (said,) in database.execute("SELECT said FROM message"):
        message = json.loads(said)
        found[message["id"]].append(datetime.fromisoformat(message["sendTimeComplete"]).timestamp())
    database.close()
    return dict(found)


def everything(log: Log, kind: type[Any], topic: str = "") -> Iterator[tuple[Any, float]]:
    """All records of a kind's topic, or of another one of the same kind, with their times."""
    decode, topic = msgspec.json.Decoder(kind).decode, topic or kind.topic
    [count] = [known.partitions for known in log.topics() if known.name == topic]
    for partition in range(count):
        offset = 0
        while records := log.read(topic, partition, offset):
            yield from ((decode(record.value or b""), record.time / 1e6) for record in records)
            offset = records[-1].offset + 1
