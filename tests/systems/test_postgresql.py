"""Tables of a real PostgreSQL, followed into the log."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.postgresql import shared_postgresql
from tests.systems.capturing import until
from tests.systems.crm import CONTRACT, CUSTOMERS, PostgresqlCrm
from tests.systems.traffic import busy
from trunkline.connect import runner
from trunkline.contracts import load
from trunkline.systems.changes import following


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(runner, "LONGEST_PAUSE", 0.2)


@pytest.fixture
def crm(tmp_path: Path) -> Iterator[PostgresqlCrm]:
    server = shared_postgresql()
    with server.database() as database:
        crm = PostgresqlCrm(tmp_path, server, database)
        crm.execute(CUSTOMERS)
        crm.declare()
        yield crm
        crm.close()


def test_a_snapshot_taken_while_clients_write_and_what_follows_it_is_the_table(crm: PostgresqlCrm) -> None:
    crm.execute("INSERT INTO customer SELECT g, 'n' || g, 0 FROM generate_series(1000, 4000) g")
    with busy(lambda: crm.connect(autocommit=False), "customer") as clients:
        until(lambda: min(client.transactions for client in clients) > 20)
        with crm.capture.running():
            until(lambda: len(crm.capture.records("crm.customer")) > 3500)
    with crm.capture.running():
        crm.until_same()
    assert crm.capture.table("crm.customer") == crm.table()
    operations = [change["op"] for change in crm.capture.changes("crm.customer")]
    assert operations.count("r") >= 3001
    assert {"c", "u", "d"} <= set(operations)


def test_killed_at_any_moment_it_goes_on_with_nothing_lost_and_nothing_doubled(crm: PostgresqlCrm) -> None:
    kill_and_compare(crm, kills=4)


@pytest.mark.prove
def test_killed_many_times_it_goes_on_with_nothing_lost_and_nothing_doubled(crm: PostgresqlCrm) -> None:
    kill_and_compare(crm, kills=60)


def kill_and_compare(crm: PostgresqlCrm, kills: int) -> None:
    moments = random.Random(kills)
    crm.execute("INSERT INTO customer SELECT g, 'n' || g, 0 FROM generate_series(1000, 20000) g")
    with busy(lambda: crm.connect(autocommit=False), "customer", seed=kills):
        for _ in range(kills):
            with crm.capture.process():
                time.sleep(moments.uniform(0.3, 1.6))
    with crm.capture.running():
        crm.until_same()
    assert crm.capture.table("crm.customer") == crm.table()
    ids = [dict(record.headers)["ce_id"] for record in crm.capture.records("crm.customer")]
    assert len(ids) == len(set(ids))


def test_rows_are_kept_under_their_keys_and_gone_ones_are_tombstones(crm: PostgresqlCrm) -> None:
    crm.execute("ALTER TABLE customer REPLICA IDENTITY FULL")
    crm.execute("INSERT INTO customer VALUES (1000, 'before', 0), (1001, 'gone', 0)")
    crm.declare({"customer": {"topic": "crm.row", "envelope": "row"}})
    with crm.capture.running(), busy(lambda: crm.connect(autocommit=False), "customer", clients=1) as clients:
        until(lambda: clients[0].transactions > 100)
        crm.execute("DELETE FROM customer WHERE id = 1001")
    with crm.capture.running():
        until(lambda: crm.capture.compacted("crm.row") == crm.table(), "the topic is the table")
    assert "1001" not in crm.capture.compacted("crm.row")


def test_a_transaction_is_committed_whole_and_a_large_one_in_parts(
    crm: PostgresqlCrm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "MOST_EVENTS", 100)
    with crm.capture.running():
        crm.until_followed()
        with crm.db.transaction():
            crm.execute("INSERT INTO customer SELECT g, 'large', 0 FROM generate_series(1, 1234) g")
            crm.execute("UPDATE customer SET n = 1")
        crm.until_same()
    assert len(crm.capture.records("crm.customer")) == 2468


def test_columns_that_are_added_dropped_renamed_or_changed_are_in_the_events_from_then_on(crm: PostgresqlCrm) -> None:
    crm.execute("INSERT INTO customer VALUES (1, 'a', 1)")
    with crm.capture.running():
        until(lambda: crm.capture.records("crm.customer"))
        for statement in (
            "INSERT INTO customer VALUES (2, 'b', 2)",
            "ALTER TABLE customer ADD COLUMN since date",
            "INSERT INTO customer VALUES (3, 'c', 3, '2026-03-09')",
            "ALTER TABLE customer DROP COLUMN n",
            "UPDATE customer SET name = 'cc' WHERE id = 3",
            "ALTER TABLE customer RENAME COLUMN name TO label",
            "INSERT INTO customer VALUES (4, 'd', NULL)",
            "ALTER TABLE customer ALTER COLUMN id TYPE text",
            "INSERT INTO customer VALUES ('five', 'e', NULL)",
            "CREATE TYPE mood AS ENUM ('glad', 'sad')",
            "CREATE DOMAIN amount AS numeric(10, 2)",
            "ALTER TABLE customer ADD COLUMN mood mood, ADD COLUMN owes amount[]",
            "INSERT INTO customer VALUES ('six', 'f', NULL, 'glad', '{1.5,NULL}')",
            "DELETE FROM customer WHERE id = '4'",
        ):
            crm.execute(statement)
        until(lambda: len(crm.capture.records("crm.customer")) == 8)
    found = {key: row for key, row in crm.capture.table("crm.customer").items() if key not in ("1", "2")}
    assert found == {
        "3": {"id": 3, "name": "cc", "n": 3, "since": "2026-03-09"},  # what was dropped stays as it was known
        "five": {"id": "five", "label": "e", "since": None},
        "six": {"id": "six", "label": "f", "since": None, "mood": "glad", "owes": ["1.50", None]},
    }
    [update] = [change for change in crm.capture.changes("crm.customer") if change["op"] == "u"]
    assert update["after"] == {"id": 3, "name": "cc", "since": "2026-03-09"}


@pytest.mark.parametrize(("unknown", "refused"), [("refused", ["2", "4"]), ("allowed", ["2"])])
def test_what_the_contract_refuses_is_in_the_quarantine_with_its_place_and_the_stream_goes_on(
    tmp_path: Path, unknown: str, refused: list[str]
) -> None:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "crm.customer.yaml").write_text(CONTRACT.replace("UNKNOWN", unknown))
    server = shared_postgresql()
    with server.database() as database:
        crm = PostgresqlCrm(tmp_path, server, database, validators=load(tmp_path / "contracts").validators())
        crm.execute("CREATE TABLE customer (id integer PRIMARY KEY, name varchar(99), n integer)")
        crm.declare({"customer": {"topic": "crm.customer", "envelope": "row"}})
        with crm.capture.running():
            crm.until_followed()
            crm.execute("INSERT INTO customer VALUES (1, 'short', 1), (2, 'too long', 2), (3, 'fine', 3)")
            crm.execute("ALTER TABLE customer ADD COLUMN more text DEFAULT 'x'")
            crm.execute("ALTER TABLE customer REPLICA IDENTITY FULL")
            crm.execute("INSERT INTO customer VALUES (4, 'd', 4)")
            crm.execute("ALTER TABLE customer DROP COLUMN more")
            crm.execute("INSERT INTO customer VALUES (5, 'e', 5)")
            until(lambda: "5" in crm.capture.compacted("crm.customer"))
        assert sorted(set("12345") - set(crm.capture.compacted("crm.customer"))) == refused
        found = crm.capture.rejected()
        assert len(found) == len(refused)
        assert (found[0].stage, found[0].target) == ("contract", "crm.customer")
        assert found[0].uri == f"postgresql://127.0.0.1:{server.port}/{database}/public.customer"
        assert found[0].message.startswith("public.customer at 0/")
        assert "$.name" in found[0].message
        assert found[0].offset > 0
        crm.close()
