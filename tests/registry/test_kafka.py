"""A project on a real Kafka with a real registry: its topics in Avro are others' to read and to write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer

from tests.contracts.conftest import text
from tests.registry.conftest import ALARM, EVENT, Foreigner
from tests.servers.apicurio import Apicurio
from tests.servers.kafka import shared_kafka
from trunkline.log import Event, Log, RecordBatch, TopicPartition
from trunkline.project import Project

FOREIGN = """{"type":"record","name":"Alarm","namespace":"com.acme","fields":[
    {"name":"id","type":"string"},{"name":"severity","type":"string"},
    {"name":"raised","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"site","type":"string"}]}"""
RAISED = datetime(2026, 1, 1, tzinfo=UTC)


def prefix(topic: str) -> str:
    """Each test has a log of its own on the one broker."""
    return f"avro.{topic}."


def in_kafka(topic: str) -> str:
    return prefix(topic) + topic


@pytest.fixture
def log(tmp_path: Path, topic: str, apicurio: Apicurio) -> Iterator[Log]:
    (tmp_path / "trunkline.toml").write_text(
        f'log_url = "{shared_kafka().url(prefix(topic))}"\n[schema_registry]\nurl = "{apicurio.url}"\n'
    )
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / f"{topic}.yaml").write_text(text(ALARM, topic=topic, wireFormat="avro"))
    with closing(Project(tmp_path).open_log()) as opened:
        yield opened


def written_by_others(topic: str, *values: bytes | None) -> None:
    producer = Producer({"bootstrap.servers": shared_kafka().bootstrap})
    for number, value in enumerate(values):
        producer.produce(in_kafka(topic), value, str(number).encode())
    assert producer.flush(10) == 0


def batches(log: Log, topic: str, number: int) -> list[RecordBatch]:
    """What a reader makes of the topic's first `number` records."""
    found: list[RecordBatch] = []
    with closing(log.reader()) as reader:
        reader.assign({TopicPartition(topic, 0): 0})
        while sum(map(len, found)) < number:
            taken = reader.take(timeout=10)
            assert taken
            found += taken
    return found


def test_others_read_what_we_append_and_what_we_write_in_a_transaction(
    log: Log, topic: str, foreigner: Foreigner
) -> None:
    log.append(topic, [Event(EVENT, b"k")])
    with closing(log.transactional("writer")) as producer, producer.transaction() as transaction:
        transaction.append_columns(topic, [b"k"], [EVENT.replace(b'"1"', b'"2"')])
    theirs = Consumer(
        {"bootstrap.servers": shared_kafka().bootstrap, "group.id": topic, "auto.offset.reset": "earliest"}
    )
    theirs.subscribe([in_kafka(topic)])
    found = [foreigner.reads_avro(in_kafka(topic), message.value()) for message in theirs.consume(2, timeout=20)]
    theirs.close()
    event = {"severity": "not_x002D_set", "raised": RAISED, "repeats": None}
    assert found == [{"id": "1", **event}, {"id": "2", **event}]
    assert [record.value for record in log.read(topic, 0, 0)] == [EVENT, EVENT.replace(b'"1"', b'"2"')]


def test_we_read_what_others_write_and_what_is_broken_is_told_as_a_failure_to_decode(
    log: Log, topic: str, foreigner: Foreigner
) -> None:
    its = {"id": "7", "severity": "critical", "raised": RAISED, "site": "LIE"}
    good = foreigner.writes_avro(in_kafka(topic), FOREIGN, its)
    odd = foreigner.writes_avro(in_kafka(topic), FOREIGN, {**its, "severity": "odd"})
    written_by_others(topic, good, good[:8], b'{"id":"json"}', odd, good)
    [batch] = batches(log, topic, 5)
    event = b'{"id":"7","severity":"critical","raised":"2026-01-01T00:00:00Z"}'
    assert batch.values == [event, good[:8], b'{"id":"json"}', odd, event]
    assert [(place, stage) for place, stage, _ in batch.failures] == [(1, "decode"), (2, "decode"), (3, "decode")]
    assert [reason for _, _, reason in batch.failures] == [
        "the event is cut off at byte 8",
        "it begins with byte 0x7b, not with the byte 0 and a schema's id: it was written without the registry",
        "what was written does not fit the contract: $.severity: expected one of critical, not-set",
    ]


def test_an_event_that_breaks_its_contract_never_reaches_kafka(log: Log, topic: str) -> None:
    from trunkline.log import ContractViolation

    with pytest.raises(ContractViolation):
        log.append(topic, [Event(EVENT, b"k"), Event(b'{"id":1}', b"k")])
    assert log.read(topic, 0, 0) == []
