"""Mediation on one core, durable: from records in the log to usage with its account in the log, each exactly once.

Seven of ten records are whole, three are parts of a session; one of twenty comes twice. Record by record, as
`mediate.py` and `payer.py` read; the log is the embedded one. What a commit writes is durable when it ends.
"""

from __future__ import annotations

import gc
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from benchmarks.headline import Headline
from trunkline.log import Event, Log, Topic, open_log
from trunkline.streams import Worker
from trunkline.streams.instance import Definition
from trunkline.telco.charging import settings
from trunkline.telco.charging.mediation.mediate import Mediation
from trunkline.telco.charging.mediation.payer import payer
from trunkline.telco.model import Number, Service, Source, Usage, UsageReport

SETTINGS = Path(__file__).parents[2] / "belgicom" / settings.FILE
RECORDS, SUBSCRIBERS, BATCH = 200_000, 20_000, 10_000
TOPICS = (UsageReport.topic, Usage.mediated, Usage.topic, Number.topic)


def main() -> Iterator[Headline | str]:
    chance = random.Random(6)
    with tempfile.TemporaryDirectory() as folder, closing(open_log(f"sqlite://{folder}/log.db")) as log:
        for topic in TOPICS:
            log.create(Topic(name=topic, partitions=1))
        log.append(Number.topic, [event(number(its), subscriber(its)) for its in range(SUBSCRIBERS)])
        written = [event(report, report.session) for report in reports(chance)]
        for first in range(0, len(written), BATCH):
            log.append(UsageReport.topic, written[first : first + BATCH])
        mediated = work(log, Mediation(settings.load(SETTINGS)))
        yield Headline("records mediated: once each, sessions put together, durable", "records/CPU-s", mediated)
        yield Headline("usages given their account, durable", "usages/CPU-s", work(log, payer))


def work(log: Log, definition: Definition) -> float:
    """Records a CPU-second: the machine is shared, and the time of others does not count."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)  # as `Worker.run` does
    with closing(Worker(log, [definition], "benchmark")) as worker:
        start, done = time.process_time(), 0
        while (now := worker.run_once()) or not worker.caught_up():
            done += now
        return done / (time.process_time() - start)


def reports(chance: random.Random) -> list[UsageReport]:
    """In the order in which they come: parts of a session among others, and some again soon after."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    made: list[tuple[float, UsageReport]] = []
    number = 0
    while len(made) < RECORDS:
        number += 1
        began = today - timedelta(seconds=chance.randrange(3_600))
        parts = 3 if chance.random() < 0.125 else 1
        for part in range(1, parts + 1):
            one = report(number, part, parts, began)
            place = number + chance.random() + 100 * part
            made.append((place, one))
            if chance.random() < 0.05:
                made.append((place + 50, one))
    return [each for _, each in sorted(made, key=lambda each: each[0])]


def report(number: int, part: int, parts: int, began: datetime) -> UsageReport:
    call = parts == 1 and number % 3 == 0
    return UsageReport(
        system="core",
        id=f"pgw/PGW01/{number}/{part}",
        session=f"pgw/192.0.2.1/{number}",
        partial=part if parts > 1 else 0,
        final=part == parts,
        service=Service.VOICE if call else Service.DATA,
        msisdn=subscriber(number % SUBSCRIBERS),
        imsi=f"20699{number % SUBSCRIBERS:010}",
        started=began,
        duration=60,
        uplink=0 if call else 10_000,
        downlink=0 if call else 1_000_000,
        other_party=f"0470{number % 1_000_000:06}" if call else "",
        apn="" if call else "internet",
        rating_group=-1 if call else 100,
        visited="20699",
        zone_offset=60,
        source=Source(uri="sftp://core/cdr/PGW01_20261126.dat", offset=number * 300),
    )


def subscriber(number: int) -> str:
    return f"32450{number:06}"


def number(its: int) -> Number:
    return Number(id=subscriber(its), account=f"ACC-{its // 2}", msisdn=subscriber(its))


def event(record: UsageReport | Number, key: str) -> Event:
    return Event(msgspec.json.encode(record), key.encode())


if __name__ == "__main__":
    for headline in main():
        print(headline)
