"""The job of the kill tests, as processes: a keyed sum beside a windowed one, and the producer of their events.

Usage: job.py work URL NAME, or job.py produce URL STOP (a file whose appearance ends the producer).
"""

from __future__ import annotations

import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from trunkline.log import Event, Log, Topic, open_log
from trunkline.streams import Out, Worker, processor
from trunkline.streams.windowed import windowed
from trunkline.streams.windows import Tumbling

PARTITIONS = 4
KEYS = 40
BASE = 1_773_050_400_000_000  # 2026-03-09T10:00:00Z
STEP = 10_000  # microseconds of event time from one event to the next
WINDOW = 10.0  # seconds
BATCH = 100
TOPICS = (
    Topic(name="usage", partitions=PARTITIONS),
    Topic(name="usage.total", partitions=PARTITIONS),
    Topic(name="usage.window", partitions=PARTITIONS),
    Topic(name="produced", compacted=True),
)


class Usage(msgspec.Struct, frozen=True):
    number: int
    octets: int
    start: int


class Total(msgspec.Struct, frozen=True):
    events: int = 0
    octets: int = 0


@processor(reads="usage", state=Total, writes=("usage.total",))
def total(total: Total, usage: Usage, out: Out) -> Total:
    after = Total(total.events + 1, total.octets + usage.octets)
    out.send("usage.total", after)
    return after


@windowed(
    reads="usage",
    window=Tumbling(WINDOW),
    lateness=2.0,
    state=Total,
    writes=("usage.window",),
    time="start",
)
def in_window(total: Total, usage: Usage, out: Out) -> Total:
    return Total(total.events + 1, total.octets + usage.octets)


def usage(number: int) -> Usage:
    """The event of this number: up to half a second of event time late."""
    return Usage(number, number * 7 % 1_000, BASE + number * STEP - number * 7_919 % 50 * STEP)


def key(number: int) -> bytes:
    return b"k%d" % (number * 2_654_435_761 % 2**32 % KEYS)


def event(number: int) -> Event:
    return Event(msgspec.json.encode(usage(number)), key(number))


def last_events(count: int) -> Iterator[tuple[int, Event]]:
    """What closes the windows of `count` events, in each partition."""
    end = Usage(count, 0, BASE + count * STEP + 3_600_000_000)
    for partition in range(PARTITIONS):
        yield partition, Event(msgspec.json.encode(end), b"end")


def produced(log: Log) -> int:
    """How many events there are."""
    log.settled("produced", 0)
    records = log.read("produced", 0, max(0, log.end("produced", 0) - 10))
    return int(records[-1].value or b"0") if records else 0


def produce(log: Log, stop: Path) -> None:
    """Write events, each batch in a transaction with the number of them, until `stop` is there."""
    with closing(log.transactional("producer")) as producer:
        count = produced(log)
        print("ready", flush=True)
        while not stop.exists():
            with producer.transaction() as transaction:
                transaction.append("usage", [event(number) for number in range(count, count + BATCH)])
                transaction.append("produced", [Event(str(count + BATCH).encode(), b"count")])
            count += BATCH
            time.sleep(0.01)


class Sums:
    """What the sums must be, computed anew from the numbers alone."""

    def __init__(self, count: int) -> None:
        self.totals: defaultdict[bytes, list[tuple[int, int]]] = defaultdict(list)
        self.windows: dict[tuple[bytes, int], tuple[int, int]] = {}
        for number in range(count):
            its, name = usage(number), key(number)
            events, octets = self.totals[name][-1] if self.totals[name] else (0, 0)
            self.totals[name].append((events + 1, octets + its.octets))
            start = its.start - its.start % int(WINDOW * 1e6)
            events, octets = self.windows.get((name, start), (0, 0))
            self.windows[name, start] = (events + 1, octets + its.octets)


if __name__ == "__main__":
    what, url, given = sys.argv[1:]
    with closing(open_log(url)) as log:
        if what == "produce":
            produce(log, Path(given))
        else:
            worker = Worker(log, [total, in_window], given)
            print("ready", flush=True)
            worker.run(threading.Event())
