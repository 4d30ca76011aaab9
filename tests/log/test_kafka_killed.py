"""Brokers and members that die or sleep: nothing acknowledged is lost, nothing is there twice."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.kafka import Kafka
from trunkline.log import Event, Log, RecordBatch, Topic, TopicPartition, open_log

WRITERS, EVENTS = 3, 60


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Kafka]:
    broker = Kafka(tmp_path / "kafka")
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def log(broker: Kafka) -> Iterator[Log]:
    log = open_log(broker.url("t."))
    log.create(Topic(name="notes"))
    yield log
    log.close()


def all_of(log: Log) -> list[str]:
    end, found = log.settled("notes", 0), []
    offset = 0
    while offset < end and (records := log.read("notes", 0, offset)):
        found += [record.value.decode() for record in records if record.value is not None]
        offset = records[-1].offset + 1
    return found


def test_appends_under_way_when_the_broker_dies_are_kept_once_when_it_is_back(broker: Kafka, log: Log) -> None:
    half = threading.Barrier(WRITERS + 1)

    def write(name: int) -> None:
        for number in range(EVENTS):
            if number == EVENTS // 2:
                half.wait(60)
            log.append("notes", [Event(f"{name}:{number}".encode())])

    writers = [threading.Thread(target=write, args=(name,)) for name in range(WRITERS)]
    for writer in writers:
        writer.start()
    half.wait(60)
    broker.kill()
    broker.start()
    for writer in writers:
        writer.join(90)
    written = [value.split(":") for value in all_of(log)]
    for name in range(WRITERS):
        assert [int(number) for who, number in written if who == str(name)] == list(range(EVENTS))


def test_readers_members_and_producers_go_on_when_the_broker_is_back(broker: Kafka, log: Log) -> None:
    reader, member, producer = log.reader(), log.member("billing", "notes"), log.transactional("rating")
    reader.assign({TopicPartition("notes", 0): 0})
    while not member.assignment():
        time.sleep(0.02)
    for round in ("before", "after"):
        with producer.transaction() as transaction:
            transaction.append("notes", [Event(round.encode())])
            transaction.consumed(member, {TopicPartition("notes", 0): len(round)})
        batches: list[RecordBatch] = []
        while not batches:
            batches = reader.take(timeout=1.0)
        assert [record.value for batch in batches for record in batch.records()] == [round.encode()]
        assert log.wait({TopicPartition("notes", 0): 0}, timeout=30)
        assert log.committed("billing") == {TopicPartition("notes", 0): len(round)}
        if round == "before":
            broker.kill()
            broker.start()
            while not member.assignment():
                time.sleep(0.02)
    assert all_of(log) == ["before", "after"]


def test_a_cluster_that_has_never_had_a_group_tells_that_there_are_no_offsets(log: Log) -> None:
    for number in range(20):
        assert log.committed(f"group {number}") == {}


GIVEN_UP = """
import sys, time
from trunkline.log import Event, Fenced, TopicPartition, open_log

log = open_log(sys.argv[1])
member, producer = log.member("billing", "notes"), log.transactional("given up")
while not member.assignment():
    time.sleep(0.02)
print("holds", flush=True)
sys.stdin.readline()
time.sleep(1.0)  # in which Kafka's client finds out by itself
try:
    with producer.transaction() as transaction:
        transaction.append("notes", [Event(b"too late")])
        transaction.consumed(member, {TopicPartition("notes", 0): 1})
    print("committed", flush=True)
except Fenced:
    print("fenced", flush=True)
"""


def test_a_member_that_was_given_up_cannot_commit_also_when_the_group_is_empty_again(broker: Kafka, log: Log) -> None:
    url = f"{broker.url('t.')}&lease=1.5"
    given_up = subprocess.Popen(
        [sys.executable, "-c", GIVEN_UP, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    assert given_up.stdin is not None
    assert given_up.stdout is not None
    try:
        assert given_up.stdout.readline() == "holds\n"
        given_up.send_signal(signal.SIGSTOP)
        heir = log.member("billing", "notes")
        while not heir.assignment():
            time.sleep(0.02)
        heir.close()
        given_up.send_signal(signal.SIGCONT)
        given_up.stdin.write("\n")
        assert given_up.stdout.readline() == "fenced\n"
        assert all_of(log) == []
        assert log.committed("billing") == {}
    finally:
        given_up.kill()
        given_up.communicate()
