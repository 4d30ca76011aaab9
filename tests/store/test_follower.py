"""The follower: what a topic says is in the store, each event once, whatever dies on the way."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from tests.store import stores
from trunkline.log import Event, Log, Topic, open_log
from trunkline.log.port import Record, TopicPartition
from trunkline.quarantine import Rejected
from trunkline.store import Conflict, Kind, Query, Store, Unit, open_store
from trunkline.store.follower import Follower, one_by_one

COUNT = Kind("count")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with closing(open_log(f"sqlite://{tmp_path / 'log.db'}")) as log:
        log.create(Topic(name="said", partitions=2))
        yield log


@pytest.fixture(params=stores.NAMES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with stores.url(request.param, tmp_path) as url, closing(open_store(url)) as store:
        store.declare([COUNT])
        yield store


def count(unit: Unit, record: Record) -> None:
    """How often each value was taken, and an event that tells it."""
    if record.value == b"bad":
        raise ValueError("it is bad")
    id = (record.value or b"").decode()
    there = unit.get("count", id)
    times = msgspec.json.decode(there.document)["times"] if there else 0
    unit.put("count", id, msgspec.json.encode({"times": times + 1}))
    unit.send("told", Event(record.value))


def counted(store: Store) -> dict[str, int]:
    records = store.find(Query("count", limit=10_000)).records
    return {record.id: msgspec.json.decode(record.document)["times"] for record in records}


def say(log: Log, *values: str) -> None:
    log.append("said", [Event(value.encode(), value.encode()) for value in values])


def follow(follower: Follower) -> None:
    while follower.run_once(0.5):
        pass


def test_each_event_is_brought_once_also_after_a_restart(log: Log, store: Store) -> None:
    say(log, "a", "b", "c")
    with closing(Follower(log, store, "counter", ["said"], one_by_one(count))) as follower:
        follow(follower)
        assert follower.caught_up()
    say(log, "d")
    with closing(Follower(log, store, "counter", ["said"], one_by_one(count))) as follower:
        follow(follower)
    assert counted(store) == {"a": 1, "b": 1, "c": 1, "d": 1}
    assert len(store.outbox()) == 4


def test_one_follows_several_topics_under_its_own_name(log: Log, store: Store) -> None:
    log.create(Topic(name="sung", partitions=2))
    say(log, "a", "b")
    log.append("sung", [Event(b"c", b"c")])
    with closing(Follower(log, store, "counter", ["said", "sung"], one_by_one(count), "one")) as follower:
        while follower.run_once() or not follower.caught_up():
            pass
    assert counted(store) == {"a": 1, "b": 1, "c": 1}


def test_what_fails_goes_to_the_quarantine_and_the_rest_is_brought(log: Log, store: Store) -> None:
    say(log, "a", "bad", "b", "bad", "bad", "c")
    with closing(Follower(log, store, "counter", ["said"], one_by_one(count))) as follower:
        follow(follower)
    assert counted(store) == {"a": 1, "b": 1, "c": 1}
    sent = [each.event for each in store.outbox() if each.topic == Rejected.topic]
    rejected = [msgspec.json.decode(event.value or b"", type=Rejected) for event in sent]
    assert [(each.part, each.message, each.target) for each in rejected] == [(b"bad", "it is bad", "said")] * 3
    assert "ValueError" in rejected[0].stack


def test_what_is_taken_together_is_one_unit_of_all_partitions_but_for_what_fails(log: Log, store: Store) -> None:
    taken: list[int] = []

    def together(unit: Unit, records: Sequence[Record]) -> None:
        for record in records:
            count(unit, record)
        taken.append(len(records))

    say(log, *map(str, range(20)))
    with closing(Follower(log, store, "counter", ["said"], together)) as follower:
        follow(follower)
        assert taken == [20]
        say(log, *map(str, range(20, 30)), "bad", *map(str, range(30, 40)))
        follow(follower)
    assert counted(store) == dict.fromkeys(map(str, range(40)), 1)
    assert [each.topic for each in store.outbox()].count(Rejected.topic) == 1


def test_another_that_has_brought_an_event_is_noticed(log: Log, store: Store) -> None:
    say(log, "a")
    [place] = [TopicPartition("said", number) for number in (0, 1) if log.end("said", number)]
    with closing(Follower(log, store, "counter", ["said"], one_by_one(count))) as follower:
        follow(follower)
        say(log, "a")
        with store.unit() as unit:  # as one does that holds the same partition, because this one seemed dead
            unit.set_positions("counter", {place: 2})
        with pytest.raises(Conflict):
            follow(follower)
        follow(follower)
    assert counted(store) == {"a": 1}


def test_followers_of_one_name_share_the_partitions(log: Log, store: Store) -> None:
    values = [str(number) for number in range(20)]
    with (
        closing(Follower(log, store, "counter", ["said"], one_by_one(count))) as one,
        closing(Follower(log, store, "counter", ["said"], one_by_one(count))) as other,
    ):
        for _ in range(30):  # until each has its share
            one.run_once(0.02)
            other.run_once(0.02)
        say(log, *values)
        brought = one.run_once(0.5), other.run_once(0.5)
    assert sum(brought) == 20
    assert all(brought)
    assert counted(store) == dict.fromkeys(values, 1)


@pytest.mark.parametrize("name", stores.NAMES)
def test_a_follower_that_is_killed_again_and_again_brings_each_event_once(tmp_path: Path, name: str) -> None:
    log_url = f"sqlite://{tmp_path / 'log.db'}?lease=0.5"
    with stores.url(name, tmp_path) as url, closing(open_store(url)) as store, closing(open_log(log_url)) as log:
        store.declare([COUNT])
        log.create(Topic(name="said", partitions=2))
        values = [str(number) for number in range(600)]
        say(log, *values)
        kills, deadline = 0, time.monotonic() + 90
        while len(counted(store)) < len(values) and time.monotonic() < deadline:
            before = len(counted(store))
            with subprocess.Popen([sys.executable, "-c", PROCESS, log_url, url]) as process:
                while len(counted(store)) == before and time.monotonic() < deadline:
                    time.sleep(0.01)
                while kills == KILLS and len(counted(store)) < len(values) and time.monotonic() < deadline:
                    time.sleep(0.01)
                time.sleep(random.uniform(0, 0.2))
                process.send_signal(signal.SIGKILL)
            kills += 1
        assert counted(store) == dict.fromkeys(values, 1)
        assert sorted(int(each.event.value or b"") for each in store.outbox(1_000)) == list(range(600))


KILLS = 2  # before the last process, which may finish
PROCESS = """
import sys, threading, time
from tests.store.test_follower import count
from trunkline.log import open_log
from trunkline.store import follower, open_store

def slowly(unit, record):
    time.sleep(0.001)
    count(unit, record)

log, store = open_log(sys.argv[1]), open_store(sys.argv[2])
follower.Follower(log, store, "counter", ["said"], follower.one_by_one(slowly), "one", 50).run(threading.Event())
"""
