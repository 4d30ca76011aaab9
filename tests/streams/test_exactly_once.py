"""Exactly once, whoever dies: producer, workers and (where there is one) broker are killed at random moments.

At the end the sums, the windows and every output are what an oracle computes from the events' numbers alone.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from tests.streams import job
from trunkline.log import Log, LogError, open_log
from trunkline.log.envelope import micros

JOB = Path(job.__file__)


class Process:
    """One process of the job, which can be killed and started again."""

    def __init__(self, *words: str) -> None:
        self._words = words
        self.kills = 0
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen([sys.executable, JOB, *self._words], stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        """It may have died by itself, of a broker's death: that is part of the game."""
        self.process.kill()
        self.process.wait()
        self.kills += 1
        self.start()

    def keep_running(self) -> None:
        if self.process.poll() is not None:
            self.start()

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


class Cluster:
    """The log's server, where it has one. `Embedded` has none."""

    def __init__(self, url: str, kill: Callable[[], None] | None = None) -> None:
        self.url, self.kill = url, kill


@pytest.fixture(params=["embedded", "kafka"])
def cluster(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Cluster]:
    if request.param == "embedded":
        yield Cluster(f"sqlite://{tmp_path}/log.db?lease=2.5")
        return
    from tests.servers.kafka import Kafka

    broker = Kafka(tmp_path / "kafka")
    broker.start()

    def kill() -> None:
        broker.kill()
        broker.start()

    try:
        # A transaction whose time is up when its only broker comes back is never ended: the coordinator counts it as
        # aborted before it knows where its partitions are. A busy machine takes longer for that than the default.
        yield Cluster(broker.url("job.") + "&lease=6&transaction=30", kill)
    finally:
        broker.kill()


@contextmanager
def running(cluster: Cluster, stop: Path) -> Iterator[dict[str, Process]]:
    processes = {
        "producer": Process("produce", cluster.url, str(stop)),
        "worker a": Process("work", cluster.url, "a"),
        "worker b": Process("work", cluster.url, "b"),
    }
    try:
        yield processes
    finally:
        for process in processes.values():
            process.stop()


def test_few_kills_lose_and_double_nothing(cluster: Cluster, tmp_path: Path) -> None:
    kill_at_random(cluster, tmp_path / "stop", kills=5, brokers=1, seed=1)


@pytest.mark.prove
@pytest.mark.timeout(1800)
def test_a_hundred_kills_lose_and_double_nothing(cluster: Cluster, tmp_path: Path) -> None:
    kill_at_random(cluster, tmp_path / "stop", kills=100, brokers=15, seed=2)


def kill_at_random(cluster: Cluster, stop: Path, *, kills: int, brokers: int, seed: int) -> None:
    chance = random.Random(seed)
    with closing(open_log(cluster.url)) as log:
        for topic in job.TOPICS:
            log.create(topic)
        victims = ["broker"] * (brokers if cluster.kill else 0)
        victims += [chance.choice(["producer", "worker a", "worker b"]) for _ in range(kills - len(victims))]
        chance.shuffle(victims)
        with running(cluster, stop) as processes:
            wait_until(lambda: lengths(log, "usage.total") > 0)
            for victim in victims:
                time.sleep(chance.uniform(0.05, 1.2))
                if victim == "broker" and cluster.kill:
                    cluster.kill()
                else:
                    processes[victim].kill()
                for process in processes.values():
                    process.keep_running()
            stop.touch()
            wait_until(lambda: ended(processes["producer"]))
            count = job.produced(log)
            for partition, event in job.last_events(count):
                log.append("usage", [event], partition)
            total = count + job.PARTITIONS

            def all_done() -> bool:
                for name in ("worker a", "worker b"):
                    processes[name].keep_running()
                return lengths(log, "usage.total") >= total

            wait_until(all_done, seconds=180)
            wait_until(lambda: lengths(log, "usage.window") >= len(job.Sums(count).windows), seconds=60)
            time.sleep(1)  # for what must not come
        print(f"\nkilled {dict(Counter(victims))}; {count} events")
        check(log, count)


def ended(producer: Process) -> bool:
    """Whether it has come to its end. One that died of the broker's death has left a transaction open: it is started
    again, and ends that first."""
    if producer.process.poll() not in (None, 0):
        producer.start()
    return producer.process.poll() == 0


def check(log: Log, count: int) -> None:
    """Every output once, in order, and right."""
    expected = job.Sums(count)
    totals: defaultdict[bytes, list[tuple[int, int]]] = defaultdict(list)
    windows: defaultdict[tuple[bytes, int], list[tuple[int, int]]] = defaultdict(list)
    for name, value in read(log, "usage.total"):
        totals[name].append((value["events"], value["octets"]))
    for name, value in read(log, "usage.window"):
        windows[name, micros(datetime.fromisoformat(value["start"]))].append((value["events"], value["octets"]))
    assert len(totals.pop(b"end")) == job.PARTITIONS
    assert totals == expected.totals
    assert windows == {place: [sums] for place, sums in expected.windows.items()}
    assert list(read(log, "quarantine")) == []


def read(log: Log, topic: str) -> Iterator[tuple[bytes, dict]]:  # type: ignore[type-arg]
    for number in range(next(known.partitions for known in log.topics() if known.name == topic)):
        offset = log.start(topic, number)
        while records := log.read(topic, number, offset):
            for record in records:
                yield record.key or b"", msgspec.json.decode(record.value or b"")
            offset = records[-1].offset + 1


def lengths(log: Log, topic: str) -> int:
    """How many events there are; 0 while the broker is away."""
    try:
        return sum(1 for _ in read(log, topic))
    except LogError:
        return 0


def wait_until(reached: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.2)


def test_a_paused_worker_that_wakes_up_cannot_write(cluster: Cluster, tmp_path: Path) -> None:
    with closing(open_log(cluster.url)) as log:
        for topic in job.TOPICS:
            log.create(topic)
        paused = Process("work", cluster.url, "paused")
        other = None
        try:
            log.append("usage", [job.event(number) for number in range(1_000)])
            wait_until(lambda: lengths(log, "usage.total") == 1_000)
            paused.process.send_signal(signal.SIGSTOP)
            log.append("usage", [job.event(number) for number in range(1_000, 2_000)])
            other = Process("work", cluster.url, "other")
            wait_until(lambda: lengths(log, "usage.total") == 2_000)
            paused.process.send_signal(signal.SIGCONT)
            log.append("usage", [job.event(number) for number in range(2_000, 3_000)])
            wait_until(lambda: lengths(log, "usage.total") >= 3_000)
            for partition, event in job.last_events(3_000):
                log.append("usage", [event], partition)
            # Sums and windows are made by two processors: neither waits for the other.
            wait_until(lambda: lengths(log, "usage.total") >= 3_000 + job.PARTITIONS)
            wait_until(lambda: lengths(log, "usage.window") >= len(job.Sums(3_000).windows))
            time.sleep(1)  # for what must not come
        finally:
            paused.stop()
            if other:
                other.stop()
        check(log, 3_000)
