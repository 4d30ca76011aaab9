"""Topics of another Kafka, a real one, taken into the log once each."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from confluent_kafka import Producer, TopicPartition

from tests.connect.outlet import TOPIC
from tests.connect.project import until
from tests.servers.kafka import Kafka
from tests.servers.process import free_ports
from tests.systems.certificates import self_signed
from tests.systems.foreign_kafka import ForeignKafka
from trunkline.connect import connection, runner
from trunkline.systems.kafka import client, following

SOURCE = {"connector": "postgresql", "name": "crm", "db": "crm", "schema": "public", "table": "customer", "ts_us": 7}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(following, "NEWS", 0.2)


Make = Callable[..., ForeignKafka]


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[Make]:
    """Makes the connection, with these settings; its topic is not there yet."""
    made: list[ForeignKafka] = []

    def make(**settings: Any) -> ForeignKafka:
        made.append(ForeignKafka(tmp_path, **settings))
        return made[-1]

    yield make
    for each in made:
        each.log.close()


def change(op: str, before: Any = None, after: Any = None) -> dict[str, Any]:
    return {"op": op, "before": before, "after": after, "source": SOURCE, "ts_ms": 1}


def test_changes_of_debezium_come_as_changes_under_the_key_of_their_row(foreign: Make) -> None:
    crm = foreign()
    crm.create()
    crm.produce(
        [
            ({"id": 1}, change("r", None, {"id": 1, "name": "a"})),
            ({"id": 1}, change("u", None, {"id": 1, "name": "b"})),
            ({"id": 1}, change("d", {"id": 1, "name": None})),
            ({"id": 1}, None),
            ({"serverName": "crm"}, {"ts_ms": 1}),
            ({"a": 1, "b": "x"}, change("c", None, {"a": 1, "b": "x"})),
        ]
    )
    crm.run_until_taken(4)
    found = {(each.key, value["op"]): (value, each) for each, value in zip(crm.records(), crm.values(), strict=True)}
    assert set(found) == {(b"1", "r"), (b"1", "u"), (b"1", "d"), (b'{"a":1,"b":"x"}', "c")}
    value, record = found[b"1", "u"]
    assert value == {
        "op": "u",
        "source": {**SOURCE, "ts_ms": None, "snapshot": "false", "row": 0},
        "after": {"id": 1, "name": "b"},
    }
    assert record.time == 1_773_068_400_125_000
    headers = dict(record.headers)
    assert headers["ce_id"] == b"0-1"
    assert headers["ce_source"] == f"kafka://{crm.kafka.bootstrap}/{crm.topic}/0".encode()
    assert crm.outlets.rejected() == []


def test_of_a_row_that_is_gone_only_its_tombstone_may_be_left(foreign: Make) -> None:
    crm = foreign()
    crm.create()
    crm.produce([({"id": 5}, None), ({"id": 6}, change("d", {"id": 6})), ({"id": 6}, None)])
    crm.run_until_taken(2)
    told = sorted(
        (each.key, value["op"], value["before"]) for each, value in zip(crm.records(), crm.values(), strict=True)
    )
    assert told == [(b"5", "d", {"id": 5}), (b"6", "d", {"id": 6})]


def test_changes_may_come_as_rows_for_a_compacted_topic(foreign: Make) -> None:
    crm = foreign(topics={"envelope": "row", "key": ["id", "kind"]})
    crm.create()
    row = {"id": 1, "kind": "x", "n": "b"}
    crm.produce(
        [
            ({"id": 1}, change("c", None, row)),
            ({"id": 1}, change("u", None, {**row, "n": "__debezium_unavailable_value"})),
            ({"id": 1}, change("d", row)),
            (None, change("t")),
            ({"id": 1}, change("c", None, {"id": 1, "kind": None})),
        ]
    )
    crm.run_until_taken(5)
    assert [(each.key, each.value) for each in crm.records()] == [
        (b'{"id":1,"kind":"x"}', msgspec.json.encode(row)),
        (b'{"id":1,"kind":"x"}', None),
    ]
    assert [each.reason for each in crm.outlets.rejected()] == ["value.unavailable", "table.truncated", "key.missing"]


def test_a_table_that_was_emptied_is_told_to_every_partition(foreign: Make) -> None:
    crm = foreign()
    crm.create()
    crm.produce([(None, change("t"))])
    crm.run_until_taken(3)
    assert [(each.partition, value["op"]) for each, value in zip(crm.records(), crm.values(), strict=True)] == [
        (0, "t"), (1, "t"), (2, "t"),
    ]  # fmt: skip


def test_what_a_connector_writes_that_is_no_change_comes_as_rows_and_single_values_in_a_field(foreign: Make) -> None:
    crm = foreign(format="connect-json", topics={"field": "line", "types": {"born": "io.debezium.time.Date"}})
    crm.create()
    line = {"schema": {"type": "string", "optional": False}, "payload": "a line"}
    crm.produce([(None, line), ({"id": 1}, {"id": 1, "born": 0, "n": 1.50}), ({"id": 2}, None), (b"text", b"{}")])
    crm.run_until_taken(3)
    assert sorted((each.key or b"", each.value or b"") for each in crm.records()) == [
        (b"", b'{"line":"a line"}'),
        (b"1", b'{"id":1,"born":"1970-01-01","n":1.5}'),
        (b"2", b""),
    ]
    [rejected] = crm.outlets.rejected()
    assert (rejected.reason, rejected.offset, rejected.part) == ("key.unreadable", 3, b"{}")


def test_records_are_taken_raw_with_key_headers_and_time(foreign: Make) -> None:
    crm = foreign(format="raw")
    crm.create()
    writer = Producer({"bootstrap.servers": crm.kafka.bootstrap})
    writer.produce(crm.topic, b"\xff\0", b"k", 0, timestamp=5, headers=[("x", b"1"), ("ce_id", b"mine")])
    writer.flush(10)
    crm.run_until_taken(1)
    [record] = crm.records()
    assert (record.key, record.value, record.time) == (b"k", b"\xff\0", 5_000)
    headers = dict(record.headers)
    assert (headers["x"], headers["ce_id"], headers["ce_type"]) == (b"1", b"mine", TOPIC.encode())


def test_what_cannot_be_read_goes_to_the_quarantine_with_its_place_and_the_rest_is_taken(foreign: Make) -> None:
    crm = foreign()
    crm.create()
    crm.produce(
        [
            ({"id": 1}, b"\xff"),
            ({"id": 1}, {"id": 7}),
            (b"{", change("c", None, {"id": 1})),
            ({"id": 2}, change("c", None, {"id": 2})),
        ]
    )
    crm.run_until_taken(4)
    rejected = crm.outlets.rejected()
    assert [(each.reason, each.offset) for each in rejected] == [
        ("value.unreadable", 0), ("debezium.unknown", 1), ("key.unreadable", 2),
    ]  # fmt: skip
    assert {each.uri for each in rejected} == {f"kafka://{crm.kafka.bootstrap}/{crm.topic}/0"}
    assert {each.target for each in rejected} == {TOPIC}
    assert rejected[0].message.startswith(f"{crm.topic}/0 at 0: the value cannot be read: it is not JSON")
    assert [each.key for each in crm.records()] == [b"2"]


def test_only_what_was_committed_is_taken(foreign: Make) -> None:
    crm = foreign(format="raw")
    crm.create()
    writer = Producer({"bootstrap.servers": crm.kafka.bootstrap, "transactional.id": crm.topic})
    writer.init_transactions(20)
    for commit, value in ((True, b"1"), (False, b"2"), (True, b"3")):
        writer.begin_transaction()
        writer.produce(crm.topic, value, b"k")
        writer.flush(10)
        writer.commit_transaction(10) if commit else writer.abort_transaction(10)
    crm.run_until_taken(2)
    assert [each.value for each in crm.records()] == [b"1", b"3"]


def test_a_process_that_is_killed_again_and_again_leaves_each_record_once(foreign: Make, tmp_path: Path) -> None:
    crm = foreign(format="raw")
    crm.create(3)
    for partition in range(3):
        crm.produce([(b"%d" % n, b"%d.%d" % (partition, n)) for n in range(4_000)], partition)
    taken = 0
    while taken < 10_000:
        process = subprocess.Popen([sys.executable, "-m", "tests.connect.reach_process", str(tmp_path)])
        asyncio.run(until(lambda before=taken: len(crm.records()) > before))
        process.kill()
        process.wait()
        taken = len(crm.records())
    crm.run_until_taken(12_000)
    assert sorted(each.value or b"" for each in crm.records()) == sorted(
        b"%d.%d" % (partition, n) for partition in range(3) for n in range(4_000)
    )


def test_partitions_that_are_new_are_taken_from_their_start(foreign: Make) -> None:
    async def run() -> None:
        async with crm.outlets.running():
            await until(lambda: len(crm.records()) == 1)
            crm.grow(2)
            crm.produce([(b"k", b"1")], 1)
            await until(lambda: len(crm.records()) == 2)

    crm = foreign(format="raw", begin="newest")
    crm.create()
    crm.produce([(b"k", b"old")])
    crm.outlets.run_until(lambda running: running.statuses[0].last_success > 0)
    crm.produce([(b"k", b"0")])
    asyncio.run(run())
    assert [each.value for each in crm.records()] == [b"0", b"1"]


def test_records_that_are_removed_before_they_are_read_are_told(foreign: Make) -> None:
    crm = foreign(format="raw")
    crm.create()
    crm.produce([(b"k", b"%d" % n) for n in range(10)])
    crm.run_until_taken(10)
    crm.produce([(b"k", b"%d" % n) for n in range(10, 20)])
    [removed] = crm.admin.delete_records([TopicPartition(crm.topic, 0, 15)]).values()
    removed.result()
    crm.run_until_taken(16)
    assert [each.value for each in crm.records()] == [b"%d" % n for n in (*range(10), *range(15, 20))]
    [rejected] = crm.outlets.rejected()
    assert (rejected.reason, rejected.offset) == ("kafka.gap", 10)
    assert "the records before 15 were removed before they were read" in rejected.message


def test_a_topic_that_was_made_anew_is_read_from_its_start(foreign: Make) -> None:
    crm = foreign(format="raw")
    crm.create()
    crm.produce([(b"k", b"old")])
    crm.run_until_taken(1)
    crm.delete()
    asyncio.run(until(lambda: crm.topic not in crm.admin.list_topics(timeout=5).topics))
    crm.create()
    crm.produce([(b"k", b"new"), (b"k", b"newer")])
    crm.run_until_taken(4)
    assert [each.value for each in crm.records()] == [b"old", b"new", b"newer"]
    assert "made anew" in crm.outlets.rejected()[0].message


def test_a_topic_or_brokers_that_are_not_there_are_told_and_waited_for(foreign: Make) -> None:
    async def run() -> None:
        async with crm.outlets.running() as running:
            [status] = running.statuses
            await until(lambda: "the brokers have no foreign" in status.problem)
            crm.create()
            crm.produce([(b"k", b"1")])
            await until(lambda: len(crm.records()) == 1)
            assert status.problem == ""

    crm = foreign(format="raw")
    asyncio.run(run())


def test_brokers_are_known_by_their_certificate_and_know_us_by_our_password(
    foreign: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PATIENCE", 1.5)
    chain, key = tmp_path / "server.pem", tmp_path / "server.key"
    self_signed(chain, key)
    secrets = tmp_path / "password"
    secrets.write_text("wrong")
    secrets.chmod(0o600)
    with SecuredKafka(tmp_path / "kafka", chain, key) as kafka:
        secured = {
            "brokers": [f"localhost:{kafka.secured}"], "tls": "verify-full", "user": "reader",
            "password": "${file:password}",
        }  # fmt: skip
        crm = foreign(kafka=kafka, format="raw", **secured)
        crm.create()
        crm.produce([(b"k", b"1")])
        running = crm.outlets.run_until(lambda running: running.statuses[0].errors > 0)
        assert "certificate" in running.statuses[0].problem or "SSL" in running.statuses[0].problem
        crm.declare(format="raw", **secured, ca=str(chain))
        running = crm.outlets.run_until(lambda running: "uthentication" in running.statuses[0].problem)
        assert "hunter2" not in running.statuses[0].problem
        secrets.write_text("hunter2")
        crm.run_until_taken(1)
        assert [each.value for each in crm.records()] == [b"1"]


class SecuredKafka(Kafka):
    """A broker that also listens with TLS at the port `secured`, where a user `reader` logs in."""

    def __init__(self, folder: Path, chain: Path, key: Path) -> None:
        settings = {"ssl.keystore.type": "PEM"}
        super().__init__(
            folder, settings, format_options=("--add-scram", "SCRAM-SHA-512=[name=reader,password=hunter2]")
        )
        [self.secured] = free_ports(1)
        listeners = {"PLAINTEXT": self.port, "CONTROLLER": self._controller, "SECURED": self.secured}
        login = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        settings |= {
            "listeners": ",".join(f"{name}://127.0.0.1:{port}" for name, port in listeners.items()),
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port},SECURED://localhost:{self.secured}",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURED:SASL_SSL",
            "listener.name.secured.sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "listener.name.secured.scram-sha-512.sasl.jaas.config": login,
            "ssl.keystore.certificate.chain": chain.read_text().replace("\n", " "),
            "ssl.keystore.key": key.read_text().replace("\n", " "),
        }

    def __enter__(self) -> SecuredKafka:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"format": "xml"}, "format"),
        ({"format": "connect-avro"}, "`registry` must say where the schemas of Avro are"),
        ({"format": "raw", "topics": {"key": ["id"]}}, "what is taken `raw` is not looked into"),
        ({"user": "u"}, "`user` and `password` say who comes"),
        ({"ca": "ca.pem"}, "`tls` is off"),
        ({"zone": "Mars"}, "no time zone is named 'Mars'"),
        ({"topics": {"types": {"d": "1"}}}, "`d`: expected"),
        ({"brokers": []}, "brokers"),
    ],
)
def test_a_mistake_in_the_declaration_is_told(foreign: Make, settings: dict[str, Any], reason: str) -> None:
    crm = foreign(**settings)
    problems = connection.check(crm.outlets.folder)
    assert any(reason in problem.reason for problem in problems), problems
