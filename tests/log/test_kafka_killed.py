"""A broker that dies and comes back: nothing that was acknowledged is lost, nothing is there twice."""

from __future__ import annotations

import threading
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
        pass
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
                pass
    assert all_of(log) == ["before", "after"]
