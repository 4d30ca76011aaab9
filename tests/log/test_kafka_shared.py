"""A Kafka that others use too: what they see of our events, and what we see of theirs."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from tests.servers.kafka import shared_kafka
from trunkline.log import ContractViolation, Event, Log, LogError, RecordBatch, Topic, open_log
from trunkline.log import TopicPartition as Place
from trunkline.log.envelope import attributes, cloud_event

TIME = 1_764_000_000_123_456  # microseconds


class OnlyNumbers:
    """A contract: a value is a decimal number."""

    def failures(self, events: Sequence[Event]) -> list[tuple[int, str, str]]:
        broken = [index for index, event in enumerate(events) if not (event.value or b"0").isdigit()]
        return [(index, "$", "not a number") for index in broken]


class Reversed:
    """A codec: on the wire, values stand backwards behind a 0; it cannot hold an empty one."""

    def to_wire(self, topic: str, values: Sequence[bytes | None]) -> list[bytes | None]:
        if failures := [(index, "$", "is empty") for index, value in enumerate(values) if value == b""]:
            raise ContractViolation(topic, failures)
        return [None if value is None else b"\0" + value[::-1] for value in values]

    def from_wire(self, topic: str, values: Sequence[bytes | None]) -> tuple[list[bytes | None], list[tuple[int, str]]]:
        sound = [value is None or value.startswith(b"\0") for value in values]
        read = [value[:0:-1] if value and its else value for value, its in zip(values, sound, strict=True)]
        return read, [(index, "does not begin with 0") for index, its in enumerate(sound) if not its]


@pytest.fixture
def prefix() -> str:
    return f"{uuid.uuid4().hex}."


@pytest.fixture
def log(prefix: str) -> Iterator[Log]:
    log = open_log(shared_kafka().url(prefix), {"counts": OnlyNumbers()})
    log.create(Topic(name="calls", partitions=4))
    log.create(Topic(name="counts"))
    yield log
    log.close()


def foreign_consumer() -> Consumer:
    return Consumer({"bootstrap.servers": shared_kafka().bootstrap, "group.id": uuid.uuid4().hex})


def write(topic: str, *values: bytes, **settings: str) -> None:
    """As a producer that knows nothing of Trunkline."""
    producer = Producer({"bootstrap.servers": shared_kafka().bootstrap, **settings})
    for value in values:
        producer.produce(topic, value, b"k", headers={"nothing": None})
    producer.flush()


def test_another_consumer_sees_the_cloud_event(log: Log, prefix: str) -> None:
    event = cloud_event(type="counts", source="//test", id="7", value=b"1", key="k", time=TIME)
    log.append("counts", [event])
    consumer = foreign_consumer()
    consumer.assign([TopicPartition(f"{prefix}counts", 0, 0)])
    message = consumer.poll(30)
    assert (message.key(), message.value()) == (b"k", b"1")
    assert dict(message.headers()) == {
        "content-type": b"application/json", "ce_specversion": b"1.0", "ce_type": b"counts",
        "ce_source": b"//test", "ce_id": b"7", "ce_time": b"2025-11-24T16:00:00.123456Z",
    }  # fmt: skip
    consumer.close()
    [record] = log.read("counts", 0, 0)
    assert (record.time, record.headers) == (TIME, event.headers)
    assert attributes(record)["time"] == "2025-11-24T16:00:00.123456Z"


def test_what_others_wrote_and_breaks_the_contract_is_told_of_when_it_is_read(log: Log, prefix: str) -> None:
    write(f"{prefix}counts", b"1", b"two", b"3", b"four")
    reader = log.reader()
    reader.assign({Place("counts", 0): 0})
    [batch] = reader.take(timeout=30)
    assert batch.failures == ((1, "contract", "$: not a number"), (3, "contract", "$: not a number"))
    assert batch.part(1, 3).failures == ((0, "contract", "$: not a number"),)
    assert batch.headers[0] == (("nothing", b""),)


def test_a_log_whose_writers_are_trusted_does_not_look_again(prefix: str, log: Log) -> None:
    write(f"{prefix}counts", b"two")
    trusting = open_log(f"{shared_kafka().url(prefix)}&reads=trusted", {"counts": OnlyNumbers()})
    reader = trusting.reader()
    reader.assign({Place("counts", 0): 0})
    [batch] = reader.take(timeout=30)
    assert batch.failures == ()
    with pytest.raises(ContractViolation):
        trusting.append("counts", [Event(b"two")])
    trusting.close()


def test_a_codec_says_how_values_lie_on_the_wire(prefix: str, log: Log) -> None:
    coded = open_log(shared_kafka().url(prefix), {"counts": OnlyNumbers()}, Reversed())
    coded.append("counts", [Event(b"12", b"k"), Event(None, b"k")])
    assert [record.value for record in log.read("counts", 0, 0)] == [b"\x0021", None]
    with coded.transactional("writer").transaction() as transaction:
        transaction.append_columns("counts", [b"k"], [b"34"])
    write(f"{prefix}counts", b"56")
    coded.settled("counts", 0)
    assert [record.value for record in coded.read("counts", 0, 0)] == [b"12", None, b"34", b"56"]
    reader = coded.reader()
    reader.assign({Place("counts", 0): 0})
    batches: list[RecordBatch] = []
    while sum(len(batch) for batch in batches) < 4:
        batches += reader.take(timeout=30)
    assert [failure for batch in batches for failure in batch.failures][-1][1:] == ("decode", "does not begin with 0")
    with pytest.raises(ContractViolation, match="is empty"):
        coded.append("counts", [Event(b"")])
    coded.close()


class Away(Reversed):
    """A codec that cannot read while its registry is `away`."""

    away = True

    def from_wire(self, topic: str, values: Sequence[bytes | None]) -> tuple[list[bytes | None], list[tuple[int, str]]]:
        if self.away:
            raise LogError("the registry does not answer")
        return super().from_wire(topic, values)


def test_what_was_fetched_while_the_codec_could_not_read_is_taken_later(prefix: str, log: Log) -> None:
    codec = Away()
    coded = open_log(shared_kafka().url(prefix), codec=codec)
    coded.append("calls", [Event(b"%d" % number, b"k") for number in range(10)])
    reader = coded.reader()
    reader.assign({Place("calls", number): 0 for number in range(4)})
    with pytest.raises(LogError, match="does not answer"):
        reader.take(timeout=30)
    codec.away = False
    found: list[bytes | None] = []
    while len(found) < 10:
        found += [value for batch in reader.take(timeout=30) for value in batch.values]
    assert found == [b"%d" % number for number in range(10)]
    coded.close()


def test_events_go_to_the_partitions_that_the_embedded_log_gives_them(log: Log, tmp_path: Path) -> None:
    embedded = open_log(f"sqlite://{tmp_path}/log.db")
    embedded.create(Topic(name="calls", partitions=4))
    events = [Event(b"x", key) for key in (b"", *(b"cell-%d" % number for number in range(100)))]
    there, here = embedded.append("calls", events), log.append("calls", events)
    assert [number for number, _ in here] == [number for number, _ in there]
    embedded.close()


def test_events_go_to_the_partitions_that_javas_producers_give_them_where_that_is_asked_for(
    log: Log, prefix: str
) -> None:
    keys = [b"cell-%d" % number for number in range(100)]
    java = open_log(f"{shared_kafka().url(prefix)}&partitioner=murmur2")
    places = java.append("calls", [Event(b"1", key) for key in keys])
    chosen = {key: number for key, (number, _) in zip(keys, places, strict=True)}
    with java.transactional("writer").transaction() as transaction:
        transaction.append_columns("calls", keys, [b"2"] * len(keys))
    for number in range(4):
        java.settled("calls", number)
        assert all(chosen[record.key or b""] == number for record in java.read("calls", number, 0))
    assert chosen == {key: murmur2(key) % 4 for key in keys}
    java.close()


def murmur2(key: bytes) -> int:
    """As Kafka's own producer chooses a partition: Utils.murmur2 of org.apache.kafka.common.utils, made positive."""
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    h = 0x9747B28C ^ len(key)
    for at in range(0, len(key) & ~3, 4):
        k = int.from_bytes(key[at : at + 4], "little") * m & mask
        h = (h * m & mask) ^ ((k ^ k >> 24) * m & mask)
    if rest := key[len(key) & ~3 :]:
        h = (h ^ int.from_bytes(rest, "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return (h ^ h >> 15) & 0x7FFFFFFF


def test_logs_of_different_prefixes_see_nothing_of_each_other(log: Log) -> None:
    other = open_log(shared_kafka().url(f"{uuid.uuid4().hex}."))
    assert (other.topics(), other.groups()) == ([], [])
    consumer = log.consumer("billing", ["calls"])
    consumer.poll(timeout=0.1)
    with pytest.raises(LogError, match="calls"):
        other.append("calls", [Event(b"x")])
    other.close()


def test_a_topic_is_kept_as_the_cluster_understands_it(prefix: str) -> None:
    log = open_log(f"{shared_kafka().url(prefix)}&replication=1")
    log.create(Topic(name="kept", partitions=2, retention=400.0, retention_bytes=1 << 30, compacted=True))
    [resource] = [ConfigResource(ResourceType.TOPIC, f"{prefix}kept")]
    admin = AdminClient({"bootstrap.servers": shared_kafka().bootstrap})
    [described] = admin.describe_configs([resource]).values()
    found = {entry.name: entry.value for entry in described.result().values()}
    expected = {
        "cleanup.policy": "compact,delete", "retention.ms": "400000", "retention.bytes": str(1 << 30),
        "segment.ms": "100000", "segment.bytes": str(1 << 28), "min.insync.replicas": "1",
        "message.timestamp.type": "LogAppendTime",
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected
    log.close()


def test_a_producer_that_another_of_its_name_has_fenced_is_told_so_by_the_cluster(log: Log, prefix: str) -> None:
    """Also by one that knows nothing of Trunkline."""
    ours = log.transactional("rating")
    foreign = Producer({"bootstrap.servers": shared_kafka().bootstrap, "transactional.id": f"{prefix}rating"})
    foreign.init_transactions(30)
    with pytest.raises(LogError, match=r"rating.*start"), ours.transaction() as transaction:
        transaction.append("calls", [Event(b"x")])
    foreign.begin_transaction()
    foreign.produce(f"{prefix}calls", b"theirs", b"k", 0)
    foreign.commit_transaction(30)
    log.settled("calls", 0)
    assert [record.value for number in range(4) for record in log.read("calls", number, 0)] == [b"theirs"]


def test_a_hanging_transaction_shows_nothing_and_ends_by_itself(log: Log, prefix: str) -> None:
    hanging = Producer(
        {
            "bootstrap.servers": shared_kafka().bootstrap,
            "transactional.id": f"{prefix}hanging",
            "transaction.timeout.ms": 1000,
        }
    )
    hanging.init_transactions(30)
    hanging.begin_transaction()
    hanging.produce(f"{prefix}counts", b"1", b"k")
    hanging.flush()
    log.append("counts", [Event(b"2")])
    assert log.read("counts", 0, 0) == []  # what lies behind it waits for it, so that the order holds
    assert log.end("counts", 0) == 0
    assert log.settled("counts", 0) > 1
    assert [record.value for record in log.read("counts", 0, 0)] == [b"2"]
