"""Tables of a real MariaDB, followed into the log."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers.mariadb import shared_mariadb
from tests.systems.capturing import until
from tests.systems.crm import CONTRACT, CUSTOMERS, MariadbCrm, own_mariadb
from tests.systems.traffic import busy
from trunkline.connect import runner
from trunkline.contracts import load
from trunkline.systems.changes import following


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(runner, "LONGEST_PAUSE", 0.2)


@pytest.fixture
def crm(tmp_path: Path) -> Iterator[MariadbCrm]:
    server = shared_mariadb()
    with server.database() as database:
        crm = MariadbCrm(tmp_path, server, database)
        crm.execute(CUSTOMERS)
        crm.declare()
        yield crm
        crm.close()


def writers(crm: MariadbCrm) -> Any:
    return crm.connect(autocommit=False)


def thousands(first: int, last: int) -> str:
    return f"INSERT INTO customer SELECT seq, concat('n', seq), 0 FROM seq_{first}_to_{last}"


def test_a_snapshot_taken_while_clients_write_and_what_follows_it_is_the_table(crm: MariadbCrm) -> None:
    crm.execute(thousands(1000, 4000))
    with busy(lambda: writers(crm), "customer") as clients:
        until(lambda: min(client.transactions for client in clients) > 20)
        with crm.capture.running():
            until(lambda: len(crm.capture.records("crm.customer")) > 3500)
    with crm.capture.running():
        crm.until_same()
    assert crm.capture.table("crm.customer") == crm.table()
    operations = [change["op"] for change in crm.capture.changes("crm.customer")]
    assert operations.count("r") >= 3001
    assert {"c", "u", "d"} <= set(operations)


def test_killed_at_any_moment_it_goes_on_with_nothing_lost_and_nothing_doubled(crm: MariadbCrm) -> None:
    kill_and_compare(crm, kills=4)


@pytest.mark.prove
def test_killed_many_times_it_goes_on_with_nothing_lost_and_nothing_doubled(crm: MariadbCrm) -> None:
    kill_and_compare(crm, kills=60)


def kill_and_compare(crm: MariadbCrm, kills: int) -> None:
    moments = random.Random(kills)
    crm.execute(thousands(1000, 20_000))
    with busy(lambda: writers(crm), "customer", seed=kills):
        for _ in range(kills):
            with crm.capture.process():
                time.sleep(moments.uniform(0.3, 1.6))
    with crm.capture.running():
        crm.until_same()
    assert crm.capture.table("crm.customer") == crm.table()
    ids = [dict(record.headers)["ce_id"] for record in crm.capture.records("crm.customer")]
    assert len(ids) == len(set(ids))


def test_rows_are_kept_under_their_keys_and_gone_ones_are_tombstones(crm: MariadbCrm) -> None:
    crm.execute("INSERT INTO customer VALUES (1000, 'before', 0), (1001, 'gone', 0)")
    crm.declare({"customer": {"topic": "crm.row", "envelope": "row"}})
    with crm.capture.running():
        crm.until_followed()
        with busy(lambda: writers(crm), "customer", clients=1) as clients:
            until(lambda: clients[0].transactions > 100)
            crm.execute("DELETE FROM customer WHERE id = 1001")
        until(lambda: crm.capture.compacted("crm.row") == crm.table(), "the topic is the table")


def test_a_transaction_is_committed_whole_and_a_large_one_in_parts(
    crm: MariadbCrm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "MOST_EVENTS", 100)
    with crm.capture.running():
        crm.until_followed()
        with writers(crm) as client, client.cursor() as cursor:
            cursor.execute(thousands(1, 1234))
            cursor.execute("UPDATE customer SET n = 1")
            client.commit()
        crm.until_same()
    assert len(crm.capture.records("crm.customer")) == 2468


def test_columns_that_are_added_dropped_renamed_or_changed_are_in_the_events_from_then_on(crm: MariadbCrm) -> None:
    crm.execute("INSERT INTO customer VALUES (1, 'a', 1)")
    with crm.capture.running():
        crm.until_followed()
        crm.execute(
            "INSERT INTO customer VALUES (2, 'b', 2)",
            "ALTER TABLE customer ADD COLUMN since date",
            "INSERT INTO customer VALUES (3, 'c', 3, '2026-03-09')",
            "ALTER TABLE customer DROP COLUMN n",
            "UPDATE customer SET name = 'cc' WHERE id = 3",
            "ALTER TABLE customer CHANGE name label varchar(20) CHARACTER SET latin1 FIRST",
            "INSERT INTO customer VALUES ('dé', 4, NULL)",
            "ALTER TABLE customer MODIFY id varchar(10)",
            "INSERT INTO customer VALUES ('e', 'five', NULL)",
            "ALTER TABLE customer ADD COLUMN mood enum('glad', 'sad'), ADD COLUMN owes decimal(10, 2)",
            "INSERT INTO customer VALUES ('f', 'six', NULL, 'glad', 1.5)",
            "DELETE FROM customer WHERE id = '4'",
        )
        until(lambda: len(crm.capture.records("crm.customer")) == 8)
    found = {key: row for key, row in crm.capture.table("crm.customer").items() if key not in ("1", "2")}
    assert found == {
        "3": {"id": 3, "name": "cc", "n": 3, "since": "2026-03-09"},  # what was dropped stays as it was known
        "five": {"id": "five", "label": "e", "since": None},
        "six": {"id": "six", "label": "f", "since": None, "mood": "glad", "owes": "1.50"},
    }
    [gone] = [change for change in crm.capture.changes("crm.customer") if change["op"] == "d"]
    assert gone["before"]["label"] == "dé"


@pytest.mark.parametrize(("unknown", "refused"), [("refused", ["2", "4"]), ("allowed", ["2"])])
def test_what_the_contract_refuses_is_in_the_quarantine_with_its_place_and_the_stream_goes_on(
    tmp_path: Path, unknown: str, refused: list[str]
) -> None:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts" / "crm.customer.yaml").write_text(CONTRACT.replace("UNKNOWN", unknown))
    server = shared_mariadb()
    with server.database() as database:
        crm = MariadbCrm(tmp_path, server, database, validators=load(tmp_path / "contracts").validators())
        crm.execute(CUSTOMERS)
        crm.declare({"customer": {"topic": "crm.customer", "envelope": "row"}})
        with crm.capture.running():
            crm.until_followed()
            crm.execute(
                "INSERT INTO customer VALUES (1, 'short', 1), (2, 'too long', 2), (3, 'fine', 3)",
                "ALTER TABLE customer ADD COLUMN more text DEFAULT 'x'",
                "INSERT INTO customer VALUES (4, 'd', 4, 'y')",
                "ALTER TABLE customer DROP COLUMN more",
                "INSERT INTO customer VALUES (5, 'e', 5)",
            )
            until(lambda: "5" in crm.capture.compacted("crm.customer"))
        assert sorted(set("12345") - set(crm.capture.compacted("crm.customer"))) == refused
        found = crm.capture.rejected()
        assert len(found) == len(refused)
        assert (found[0].stage, found[0].target) == ("contract", "crm.customer")
        assert found[0].uri == f"mariadb://127.0.0.1:{server.port}/{database}/customer"
        assert found[0].message.startswith(f"{database}.customer at 0-1-")
        assert "$.name" in found[0].message
        crm.close()


TYPES = {
    "bo boolean": ("true", 1),
    "ti tinyint": ("-128", -128),
    "tu tinyint unsigned": ("255", 255),
    "si smallint": ("-32768", -32768),
    "mi mediumint": ("-8388608", -8388608),
    "ye year": ("2026", 2026),
    "mu mediumint unsigned": ("16777215", 16777215),
    "bi bigint unsigned": ("18446744073709551615", 18446744073709551615),
    "zf int(6) zerofill": ("42", 42),
    "de decimal(30, 10)": ("-12345678901234567890.0123456789", "-12345678901234567890.0123456789"),
    "d0 decimal(9, 0)": ("-999999999", "-999999999"),
    "ds decimal(4, 4)": ("0.0001", "0.0001"),
    "dz decimal(5, 2) zerofill": ("1.5", "1.50"),
    "fl float": ("1.1", 1.100000023841858),
    "dd double": ("0.1e0 + 0.2e0", 0.30000000000000004),
    "bt bit(10)": ("b'1000000001'", 513),
    "ch char(5)": ("'ab '", "ab"),
    "cl char(200)": ("repeat('é', 200)", "é" * 200),
    "vc varchar(300)": ("'é€𝄞'", "é€𝄞"),
    "la varchar(10) character set latin1": ("'é€'", "é€"),
    "uc varchar(10) character set ucs2": ("'é€'", "é€"),
    "sj varchar(10) character set sjis": ("'日本'", "日本"),
    "tx mediumtext": ("repeat('x', 70000)", "x" * 70_000),
    "bn binary(8)": ("x'0100'", "AQAAAAAAAAA="),
    "vb varbinary(300)": ("x'00ff00'", "AP8A"),
    "bl longblob": ("x'00ff5c'", "AP9c"),
    "js json": ("""'{"b": 1.10}'""", '{"b": 1.10}'),
    "da date": ("'2026-03-09'", "2026-03-09"),
    "dn date": ("'0000-00-00'", "0000-00-00"),
    "dt datetime": ("'2026-07-09 15:00:00'", "2026-07-09T13:00:00Z"),
    "d6 datetime(6)": ("'2026-03-09 15:00:00.123456'", "2026-03-09T14:00:00.123456Z"),
    "ts timestamp null": ("'2026-03-09 15:00:00'", "2026-03-09T13:00:00Z"),
    "t3 timestamp(3) null": ("'2026-03-09 15:00:00.5'", "2026-03-09T13:00:00.500Z"),
    "t0 timestamp null": ("0", "0000-00-00 00:00:00"),
    "ho time": ("'-838:59:59'", "-838:59:59"),
    "h1 time(1)": ("'-00:00:00.5'", "-00:00:00.5"),
    "h4 time(4)": ("'-10:20:30.1234'", "-10:20:30.1234"),
    "h6 time(6)": ("'23:59:59.999999'", "23:59:59.999999"),
    "en enum('a', 'é')": ("'é'", "é"),
    "el enum('a', 'é') character set latin1": ("'é'", "é"),
    "se set('x', 'y', 'z')": ("'z,x'", "x,z"),
    "sn set('x', 'y')": ("''", ""),
    "uu uuid": ("'123e4567-e89b-12d3-a456-426655440000'", "123e4567-e89b-12d3-a456-426655440000"),
    "ip inet6": ("'2001:db8::ff00:42:8329'", "2001:db8::ff00:42:8329"),
    "i4 inet4": ("'10.0.0.0'", "10.0.0.0"),
    "ge point": ("point(1, 2)", "AAAAAAEBAAAAAAAAAAAA8D8AAAAAAAAAQA=="),
    "em varchar(5)": ("''", ""),
    "no int": ("NULL", None),
}


@pytest.mark.parametrize("compress", ["0", "1"])
def test_every_type_is_the_same_in_the_snapshot_and_in_the_stream_and_what_the_readme_says(
    tmp_path: Path, compress: str
) -> None:
    settings = {"log-bin-compress": compress, "log-bin-compress-min-len": "10", "sql-mode": ""}
    with own_mariadb(tmp_path, settings) as crm:
        crm.execute(f"CREATE TABLE typed (id int PRIMARY KEY, {', '.join(TYPES)}, ge2 int AS (id + 1) STORED)")
        names = ", ".join(["id", *(name.split()[0] for name in TYPES)])
        insert = f"INSERT INTO typed ({names}) VALUES (%s, {', '.join(sql for sql, _ in TYPES.values())})"
        crm.execute(insert % 1)
        crm.declare({"typed": {"topic": "crm.customer"}}, zone="Europe/Brussels")
        with crm.capture.running():
            crm.until_followed()
            crm.execute(insert % 2, "UPDATE typed SET no = 3 WHERE id = 1", "DELETE FROM typed WHERE id = 2")
            until(lambda: len(crm.capture.records("crm.customer")) == 4)
        rows = crm.capture.table("crm.customer")
        expected = {name.split()[0]: value for name, (_, value) in TYPES.items()}
        assert rows == {"1": {"id": 1, **expected, "no": 3, "ge2": 2}}
        read = next(c for c in crm.capture.changes("crm.customer") if c["op"] == "r")
        made = next(c for c in crm.capture.changes("crm.customer") if c["op"] == "c")
        gone = next(c for c in crm.capture.changes("crm.customer") if c["op"] == "d")
        assert read["after"] == {"id": 1, **expected, "ge2": 2}
        assert made["after"] == gone["before"] == {"id": 2, **expected, "ge2": 3}
