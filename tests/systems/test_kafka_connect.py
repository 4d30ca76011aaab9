"""What a real Kafka Connect writes, with Debezium on a real PostgreSQL and a file connector, comes as our events."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.connect.outlet import TOPIC
from tests.servers.apicurio import shared_apicurio
from tests.servers.kafka import shared_kafka
from tests.servers.kafka_connect import AVRO_CONVERTER, JSON, KafkaConnect
from tests.servers.postgresql import PostgreSQL, shared_postgresql
from tests.systems.foreign_kafka import ForeignKafka
from trunkline.connect import runner
from trunkline.log import Record

TABLE = """
CREATE TABLE customer (
    id bigint PRIMARY KEY, name text, credit numeric(12, 2), anything numeric, born date, rises time,
    seen timestamp(3), made timestamptz, raw bytea, flags bit(5), doc jsonb, tags text[], code uuid, ratio float8,
    big text
);
ALTER TABLE customer ALTER big SET STORAGE EXTERNAL;
"""
INSERT = """
INSERT INTO customer VALUES (
    %s, 'Ann', -12.30, 123456789012345678901234567890.5, '1999-12-31', '23:59:59.123456',
    '2026-03-09 15:00:00.125', '2026-03-09 15:00:00.125+02', '\\xff00', '10110', '{"a": [1, 0.10]}', '{x,NULL}',
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 1.5, repeat('x', 9000)
)
"""
ROW = {
    "name": "Ann", "credit": "-12.30", "anything": "123456789012345678901234567890.5", "born": "1999-12-31",
    "rises": "23:59:59.123456", "seen": "2026-03-09T15:00:00.125", "made": "2026-03-09T13:00:00.125Z", "raw": "/wA=",
    "flags": "10110", "doc": {"a": [1, 0.1]}, "tags": ["x", None], "code": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    "ratio": 1.5, "big": "x" * 9000,
}  # fmt: skip
TYPES = {
    "credit": "org.apache.kafka.connect.data.Decimal(2)", "anything": "io.debezium.data.VariableScaleDecimal",
    "born": "io.debezium.time.Date", "rises": "io.debezium.time.MicroTime", "seen": "io.debezium.time.Timestamp",
    "made": "io.debezium.time.ZonedTimestamp", "flags": "io.debezium.data.Bits(5)", "doc": "io.debezium.data.Json",
}  # fmt: skip


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaConnect]:
    worker = KafkaConnect(tmp_path_factory.mktemp("connect"), shared_kafka().bootstrap)
    worker.start()
    yield worker
    worker.kill()


@pytest.fixture
def foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ForeignKafka]:
    monkeypatch.setattr(runner, "FIRST_PAUSE", 0.1)
    foreign = ForeignKafka(tmp_path)
    yield foreign
    foreign.log.close()


def converters(kind: str) -> dict[str, str]:
    """The settings of a connector that writes JSON with or without schemas, or Avro."""
    settings: dict[str, str] = {}
    for part in ("key", "value"):
        if kind != "avro":
            settings |= {f"{part}.converter": JSON, f"{part}.converter.schemas.enable": str(kind == "schemas").lower()}
            continue
        registry = shared_apicurio().url.replace("/apis/ccompat/v7", "/apis/registry/v2")
        settings |= {
            f"{part}.converter": AVRO_CONVERTER,
            f"{part}.converter.apicurio.registry.url": registry,
            f"{part}.converter.apicurio.registry.auto-register": "true",
            f"{part}.converter.apicurio.registry.as-confluent": "true",  # ids of 4 bytes in the record
            f"{part}.converter.apicurio.registry.use-id": "contentId",
            f"{part}.converter.apicurio.registry.headers.enabled": "false",
        }
    return settings


def debezium(server: PostgreSQL, database: str, prefix: str) -> dict[str, Any]:
    return {
        "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
        "database.hostname": "127.0.0.1", "database.port": server.port, "database.user": "postgres",
        "database.dbname": database, "plugin.name": "pgoutput", "publication.name": "debezium",
        "slot.name": f"debezium_{database}", "topic.prefix": prefix, "skipped.operations": "none",
        "heartbeat.interval.ms": 200, "provide.transaction.metadata": "true", "poll.interval.ms": 50,
        "schema.name.adjustment.mode": "avro", "field.name.adjustment.mode": "avro",
        "topic.creation.default.replication.factor": 1, "topic.creation.default.partitions": 1,
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["schemas", "plain", "avro"])
def test_debeziums_changes_come_as_changes_with_every_value_in_its_form(
    worker: KafkaConnect, foreign: ForeignKafka, kind: str
) -> None:
    prefix = foreign.topic.split(".")[0]
    foreign.topic = f"{prefix}.public.customer"
    foreign.declare(
        topics={"types": TYPES} if kind == "plain" else {},
        also=(f"{prefix}.transaction", f"__debezium-heartbeat.{prefix}"),
        **({"registry": {"url": shared_apicurio().url}} if kind == "avro" else {}),
    )
    server = shared_postgresql()
    with server.database() as database, server.connect(database) as session:
        session.execute(TABLE)
        session.execute(INSERT, (1,))
        worker.declare(prefix, {**debezium(server, database, prefix), **converters(kind)})
        try:
            foreign.run_until_taken(1)
            session.execute(INSERT, (2,))
            session.execute("UPDATE customer SET name = 'Anne' WHERE id = 1")
            session.execute("UPDATE customer SET id = 3 WHERE id = 2")
            session.execute("DELETE FROM customer WHERE id = 1")
            session.execute("TRUNCATE customer")
            foreign.run_until_taken(6 + 3)
        finally:
            failure = worker.failure(prefix)
            worker.remove(prefix)
    assert failure == ""
    assert foreign.outlets.rejected() == []
    changes = sorted(
        zip(foreign.records(), foreign.values(), strict=True),
        key=lambda pair: int(dict(pair[0].headers)["ce_id"].split(b"-")[1]),
    )
    told = [
        (each.key, value["op"], (value.get("before") or {}).get("id"), value.get("after"), value.get("unchanged"))
        for each, value in changes
    ]
    row = {name: value for name, value in ROW.items() if name != "big"}
    assert told[:6] == [
        (b"1", "r", None, {"id": 1, **ROW}, None),
        (b"2", "c", None, {"id": 2, **ROW}, None),
        (b"1", "u", None, {"id": 1, **row, "name": "Anne"}, ["big"]),
        (b"2", "d", 2, None, None),
        (b"3", "c", None, {"id": 3, **row}, ["big"]),
        (b"1", "d", 1, None, None),
    ]
    assert told[6:] == 3 * [(None, "t", None, None, None)]
    assert changes[0][1]["source"]["snapshot"] == "last"
    assert {value["source"]["snapshot"] for _, value in changes[1:]} == {"false"}
    assert all(value["source"]["connector"] == "postgresql" and value["source"]["lsn"] for _, value in changes)


def test_a_table_that_debezium_follows_gives_the_same_as_one_that_we_follow_ourselves(
    worker: KafkaConnect, foreign: ForeignKafka
) -> None:
    prefix = foreign.topic.split(".")[0]
    foreign.topic = f"{prefix}.public.customer"
    foreign.declare()
    server = shared_postgresql()
    with server.database() as database, server.connect(database) as session:
        session.execute(TABLE)
        session.execute(INSERT, (1,))
        tables = {"public.customer": {"topic": "crm.order"}}
        own = {
            "name": "own", "reach": "postgresql", "host": "127.0.0.1", "port": server.port, "user": "postgres",
            "database": database, "tls": "off", "tables": tables,
        }  # fmt: skip
        foreign.outlets.write("own", own)
        worker.declare(prefix, {**debezium(server, database, prefix), **converters("schemas")})
        log = foreign.outlets
        try:
            log.run_until(lambda _: len(log.records()) == len(log.records("crm.order")) == 1)
            session.execute(INSERT, (2,))
            session.execute("UPDATE customer SET name = NULL WHERE id = 1")
            session.execute("UPDATE customer SET id = 3 WHERE id = 2")
            session.execute("ALTER TABLE customer REPLICA IDENTITY FULL")
            session.execute("DELETE FROM customer WHERE id = 1")
            log.run_until(lambda _: len(log.records()) == len(log.records("crm.order")) == 6)
        finally:
            worker.remove(prefix)
    ours, theirs = (sorted(map(essence, log.records(topic)), key=repr) for topic in ("crm.order", TOPIC))
    assert ours == theirs
    assert len(ours) == 6


def essence(record: Record) -> Any:
    """What a change says, but for who read it and when."""
    value = msgspec.json.decode(record.value or b"")
    source = {name: value["source"][name] for name in ("connector", "db", "schema", "table")}
    before = value.get("before") and {name: it for name, it in value["before"].items() if it is not None}
    return record.key, value["op"], before, value.get("after"), value.get("unchanged"), source


@pytest.mark.parametrize("kind", ["schemas", "plain"])
def test_the_lines_of_a_file_come_as_rows(
    worker: KafkaConnect, foreign: ForeignKafka, kind: str, tmp_path: Path
) -> None:
    foreign.declare(format="connect-json", topics={"field": "line"})
    foreign.create()
    (tmp_path / "lines").write_text("one\ntwo\n")
    connector = "org.apache.kafka.connect.file.FileStreamSourceConnector"
    settings = {"connector.class": connector, "file": tmp_path / "lines", "topic": foreign.topic}
    worker.declare(foreign.topic, {**settings, **converters(kind)})
    try:
        foreign.run_until_taken(2)
    finally:
        worker.remove(foreign.topic)
    assert sorted(value["line"] for value in foreign.values()) == ["one", "two"]
