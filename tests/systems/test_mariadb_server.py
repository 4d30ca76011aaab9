"""What a real MariaDB must allow, what it does not tell, and how it may fail."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers.mariadb import shared_mariadb
from tests.systems.capturing import until
from tests.systems.certificates import self_signed
from tests.systems.crm import CUSTOMERS, MariadbCrm, own_mariadb
from tests.systems.traffic import busy
from trunkline.connect import runner


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


# What it must allow


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"binlog-format": "MIXED"}, "SET GLOBAL binlog_format = ROW"),
        ({"binlog-row-image": "MINIMAL", "binlog-row-metadata": "MINIMAL"}, "SET GLOBAL binlog_row_metadata = FULL"),
    ],
)
def test_a_log_that_does_not_tell_enough_is_refused(tmp_path: Path, settings: dict[str, str], told: str) -> None:
    with own_mariadb(tmp_path, settings) as crm:
        crm.problem(told)


@pytest.mark.parametrize(
    ("grants", "told"),
    [
        ((), "Access denied for user 'plain'"),
        (("CREATE USER plain",), "GRANT SELECT ON {crm}.customer TO plain"),
        (("CREATE USER plain", "GRANT SELECT ON {crm}.* TO plain"), "REPLICATION SLAVE"),
    ],
)
def test_what_the_user_may_not_is_told(crm: MariadbCrm, grants: tuple[str, ...], told: str) -> None:
    crm.execute(*(grant.format(crm=crm.database) for grant in grants))
    crm.declare(user="plain")
    try:
        crm.problem(told.format(crm=crm.database))
    finally:
        crm.execute("DROP USER IF EXISTS plain")


def test_a_user_needs_no_more_than_to_read_and_to_replicate(crm: MariadbCrm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_PASSWORD", "hunter2")
    crm.execute(
        "CREATE USER modest IDENTIFIED BY 'hunter2'", f"GRANT SELECT ON {crm.database}.* TO modest",
        "GRANT REPLICATION SLAVE ON *.* TO modest", "INSERT INTO customer VALUES (1, 'a', 1)",
    )  # fmt: skip
    crm.declare(user="modest", password="${env:CRM_PASSWORD}")
    with crm.capture.running():
        crm.until_followed()
        crm.execute("INSERT INTO customer VALUES (2, 'b', 2)")
        crm.until_same()
    crm.execute("DROP USER modest")


@pytest.mark.parametrize(
    ("statements", "tables", "told"),
    [
        ((), {"nothing": {"topic": "crm.customer"}}, "there is no table"),
        (("ALTER TABLE customer ENGINE = MyISAM",), None, "ENGINE = InnoDB"),
        (("ALTER TABLE customer DROP PRIMARY KEY",), None, "declare its `key`"),
        ((), {"customer": {"topic": "crm.customer", "key": ["nam"]}}, "names nam, which it does not have"),
        (("ALTER TABLE customer ADD more text COMPRESSED",), None, "without COMPRESSED"),
    ],
)
def test_a_table_that_cannot_be_followed_as_declared_is_refused(
    crm: MariadbCrm, statements: tuple[str, ...], tables: Any, told: str
) -> None:
    crm.execute(*statements)
    crm.declare(tables)
    crm.problem(told)
    assert crm.capture.position().at is None


def test_a_table_without_a_primary_key_is_followed_by_a_declared_key(crm: MariadbCrm) -> None:
    crm.execute("ALTER TABLE customer DROP PRIMARY KEY", "INSERT INTO customer VALUES (1, 'a', 1)")
    crm.declare({"customer": {"topic": "crm.customer", "key": ["name", "n"]}})
    with crm.capture.running():
        crm.until_followed()
        crm.execute("UPDATE customer SET n = 2", "DELETE FROM customer")
        until(lambda: len(crm.capture.records("crm.customer")) == 4)
    assert crm.capture.table("crm.customer") == {}


# What it does not tell


def test_a_table_that_is_emptied_is_so_in_every_partition(crm: MariadbCrm) -> None:
    crm.execute("INSERT INTO customer SELECT seq, 'x', 0 FROM seq_1_to_20")
    with crm.capture.running():
        crm.until_followed()
        crm.execute(
            "TRUNCATE customer", "INSERT INTO customer VALUES (1, 'y', 1)", "/* all */ truncate table `customer`"
        )
        crm.execute(f"TRUNCATE {crm.database}.customer", "INSERT INTO customer VALUES (2, 'z', 2)")
        until(lambda: crm.capture.table("crm.customer") == {"2": {"id": 2, "name": "z", "n": 2}})
    assert [change["op"] for change in crm.capture.changes("crm.customer")].count("t") == 9


def test_a_change_that_a_session_logs_as_a_statement_is_in_the_quarantine(crm: MariadbCrm) -> None:
    with crm.capture.running():
        crm.until_followed()
        crm.execute(
            "SET SESSION binlog_format = STATEMENT", "INSERT INTO customer VALUES (1, 'a', 1)",
            "SET SESSION binlog_format = ROW", "INSERT INTO customer VALUES (2, 'b', 2)",
        )  # fmt: skip
        until(lambda: "2" in crm.capture.table("crm.customer"))
    [found] = crm.capture.rejected()
    assert (found.reason, found.part) == ("change.as-statement", b"INSERT INTO customer VALUES (1, 'a', 1)")


def test_a_row_that_a_session_logs_in_part_is_said_to_be_so(crm: MariadbCrm) -> None:
    crm.execute("INSERT INTO customer VALUES (1, 'a', 1)")
    with crm.capture.running():
        crm.until_followed()
        crm.execute(
            "SET SESSION binlog_row_image = MINIMAL", "UPDATE customer SET n = 2",
            "INSERT INTO customer (id) VALUES (2)", "DELETE FROM customer WHERE id = 1",
        )  # fmt: skip
        until(lambda: len(crm.capture.records("crm.customer")) == 3)
    _, update, gone = crm.capture.changes("crm.customer")
    assert (update["after"], update["unchanged"]) == ({"id": 1, "n": 2}, ["name"])
    assert gone["before"] == {"id": 1}
    assert [found.reason for found in crm.capture.rejected()] == ["row.incomplete"]


def test_a_text_that_cannot_be_read_is_in_the_quarantine_and_the_stream_goes_on(crm: MariadbCrm) -> None:
    crm.execute("ALTER TABLE customer ADD odd varchar(9) CHARACTER SET dec8")
    with crm.capture.running():
        crm.until_followed()
        crm.execute("INSERT INTO customer VALUES (1, 'a', 1, 'x')", "ALTER TABLE customer DROP odd")
        crm.execute("INSERT INTO customer VALUES (2, 'b', 2)")
        until(lambda: "2" in crm.capture.table("crm.customer"))
    [found] = crm.capture.rejected()
    assert found.reason == "type.unsupported"
    assert "character set dec8" in found.message
    assert b"a" in found.part


def test_what_was_rolled_back_beside_changes_that_cannot_be_is_no_change(crm: MariadbCrm) -> None:
    """Such transactions are in the log with all their rows, and what was rolled back of them is said behind."""
    crm.execute("CREATE TABLE old (id int) ENGINE = MyISAM")
    with crm.capture.running():
        crm.until_followed()
        with crm.connect(autocommit=False) as client, client.cursor() as cursor:
            for statement in (
                "INSERT INTO customer VALUES (1, 'a', 1)", "CREATE TEMPORARY TABLE passing (id int)",
                "INSERT INTO customer VALUES (2, 'b', 2)", "DROP TEMPORARY TABLE passing", "ROLLBACK",
                "INSERT INTO customer VALUES (3, 'c', 3)", "SAVEPOINT here", "INSERT INTO customer VALUES (4, 'd', 4)",
                "INSERT INTO old VALUES (1)", "ROLLBACK TO here", "INSERT INTO customer VALUES (5, 'e', 5)", "COMMIT",
            ):  # fmt: skip
                cursor.execute(statement)
            cursor.execute("SHOW BINLOG EVENTS IN 'binlog.000001'")
            logged = [event[5] for event in cursor.fetchall()]
        assert {"ROLLBACK", "ROLLBACK TO `here`"} <= set(logged)
        crm.until_same()
    assert [record.key for record in crm.capture.records("crm.customer")] == [b"3", b"5"]
    assert crm.capture.rejected() == []


# What is in the binary log and not in the tables yet


def test_a_commit_that_hangs_between_the_binary_log_and_the_tables_is_not_lost(tmp_path: Path) -> None:
    waits = {"rpl-semi-sync-master-wait-point": "AFTER_SYNC", "rpl-semi-sync-master-timeout": "2000"}
    with own_mariadb(tmp_path, waits) as crm:
        crm.execute("INSERT INTO customer VALUES (1, 'x', 0)", "SET GLOBAL rpl_semi_sync_master_enabled = 1")
        client = threading.Thread(target=lambda: writing(crm, "INSERT INTO customer VALUES (2, 'y', 0)"))
        client.start()
        time.sleep(0.3)
        assert set(crm.table()) == {"1"}
        with crm.capture.running():
            until(lambda: crm.capture.records("crm.customer"))
            client.join()
            crm.until_same()
        assert {change["after"]["id"]: change["op"] for change in crm.capture.changes("crm.customer")} == {
            1: "r",
            2: "c",
        }


def writing(crm: MariadbCrm, statement: str) -> None:
    with crm.connect() as client, client.cursor() as cursor:
        cursor.execute(statement)


# Distributed transactions


def test_a_prepared_transaction_counts_when_it_is_decided_also_after_a_restart(crm: MariadbCrm) -> None:
    def prepare(name: str, *statements: str) -> None:
        with crm.connect() as client, client.cursor() as cursor:
            for statement in (f"XA START '{name}'", *statements, f"XA END '{name}'", f"XA PREPARE '{name}'"):
                cursor.execute(statement)

    with crm.capture.running():
        crm.until_followed()
        prepare("one", "INSERT INTO customer VALUES (1, 'a', 1)")
        prepare("two", "INSERT INTO customer VALUES (2, 'b', 2)")
        prepare("three", "INSERT INTO customer VALUES (3, 'c', 3)")
        crm.execute(
            "INSERT INTO customer VALUES (10, 'x', 1)", "XA COMMIT 'one'", "INSERT INTO customer VALUES (11, 'y', 1)"
        )
        until(lambda: "11" in crm.capture.table("crm.customer"))
        assert set(crm.capture.table("crm.customer")) == {"10", "1", "11"}
        until(lambda: ".." in (crm.capture.position().at or ""))
    with crm.capture.running():
        crm.execute("XA ROLLBACK 'two'", "XA COMMIT 'three'", "INSERT INTO customer VALUES (12, 'z', 1)")
        crm.until_same()
        until(lambda: ".." not in (crm.capture.position().at or ""))
    assert [record.key for record in sorted(crm.capture.records("crm.customer"), key=lambda r: r.time)]
    assert sorted(change["after"]["id"] for change in crm.capture.changes("crm.customer")) == [1, 3, 10, 11, 12]


def test_a_snapshot_waits_until_what_is_prepared_is_decided(crm: MariadbCrm) -> None:
    with crm.connect() as client, client.cursor() as cursor:
        for statement in ("XA START 'w'", "INSERT INTO customer VALUES (1, 'a', 1)", "XA END 'w'", "XA PREPARE 'w'"):
            cursor.execute(statement)
    try:
        crm.problem("distributed transactions are prepared")
    finally:
        crm.execute("XA COMMIT 'w'")
    with crm.capture.running():
        crm.until_followed()
    assert crm.capture.table("crm.customer") == crm.table()


# How it may fail


def test_a_server_that_is_stopped_or_killed_is_followed_again_when_it_is_back(tmp_path: Path) -> None:
    with own_mariadb(tmp_path, {"innodb-flush-log-at-trx-commit": "1", "sync-binlog": "1"}) as crm:
        with crm.capture.running() as running:
            crm.until_followed()
            for number, end in enumerate((crm.server.stop, crm.server.kill)):
                crm.execute(
                    f"INSERT INTO customer VALUES ({number}, 'x', 0)",
                    f"INSERT INTO customer VALUES ({number + 10}, 'x', 0)",
                )
                end()
                until(lambda: running.statuses[0].problem)
                crm.server.start()
                crm.db = crm.connect()
                until(lambda: not running.statuses[0].problem)
            crm.execute(
                "DELETE FROM customer WHERE id = 1", "FLUSH BINARY LOGS", "INSERT INTO customer VALUES (5, 'y', 1)"
            )
            crm.until_same()
        assert len(crm.capture.records("crm.customer")) == 6


def test_a_log_that_no_longer_reaches_back_is_told_and_nothing_is_skipped(tmp_path: Path) -> None:
    with own_mariadb(tmp_path) as crm:
        with crm.capture.running():
            crm.until_followed()
        crm.execute(
            "INSERT INTO customer VALUES (1, 'a', 1)", "FLUSH BINARY LOGS", "INSERT INTO customer VALUES (2, 'b', 2)"
        )
        crm.execute("FLUSH BINARY LOGS")
        with crm.connect() as client, client.cursor() as cursor:
            cursor.execute("SHOW BINARY LOGS")
            last = cursor.fetchall()[-1][0]

            def purged() -> bool:
                cursor.execute(f"PURGE BINARY LOGS TO '{last}'")
                cursor.execute("SHOW BINARY LOGS")
                return len(cursor.fetchall()) == 1

            until(purged, "the old logs are gone")
        assert "declare the connection under a new name" in crm.problem("Changes are lost")
        assert crm.capture.records("crm.customer") == []


def test_a_snapshot_that_breaks_off_is_begun_anew_and_nothing_is_doubled(
    crm: MariadbCrm, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trunkline.systems.mariadb.snapshot import MariadbSnapshot

    crm.execute("INSERT INTO customer SELECT seq, 'x', 0 FROM seq_1_to_3000")
    rows, tries = MariadbSnapshot.rows, []

    def broken(snapshot: MariadbSnapshot, table: str) -> Iterator[Any]:
        tries.append(snapshot.at)
        for number, row in enumerate(rows(snapshot, table)):
            if number == 1500 and len(tries) < 3:
                with crm.connect() as client, client.cursor() as cursor:  # this is the connection's own thread
                    cursor.execute("UPDATE customer SET n = n + 1 WHERE id < 10")
                raise OSError("the line broke")
            yield row

    monkeypatch.setattr(MariadbSnapshot, "rows", broken)
    with crm.capture.running():
        crm.until_same()
    assert len(tries) == 3
    assert len(crm.capture.records("crm.customer")) == 3000


def test_a_table_declared_later_is_read_and_followed_while_the_others_go_on(crm: MariadbCrm) -> None:
    crm.execute(CUSTOMERS.replace("customer", "other"), "INSERT INTO other VALUES (-1, 'first', 0)")
    with busy(lambda: crm.connect(autocommit=False), "customer", clients=2) as clients:
        with crm.capture.running():
            until(lambda: clients[0].transactions > 30)
        with busy(lambda: crm.connect(autocommit=False), "other", clients=1, seed=7):
            crm.declare({"customer": {"topic": "crm.customer"}, "other": {"topic": "crm.other"}})
            with crm.capture.running():
                until(lambda: len(crm.capture.position().since) == 2)
                until(lambda: len(crm.capture.records("crm.other")) > 50)
    with crm.capture.running():
        crm.until_same()
        until(lambda: crm.capture.table("crm.other") == crm.table("other"))


def test_only_a_server_that_shows_the_declared_certificate_is_trusted(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    self_signed(keys / "server.pem", keys / "server.key")
    self_signed(keys / "other.pem", keys / "other.key")
    settings = {"ssl-cert": str(keys / "server.pem"), "ssl-key": str(keys / "server.key")}
    with own_mariadb(tmp_path, settings) as crm:
        shutil.copy(keys / "server.pem", tmp_path / "ca.pem")
        crm.declare(tls="verify-full", ca="keys/other.pem")
        crm.problem("certificate verify failed")
        crm.declare(tls="verify-full")
        crm.problem("certificate verify failed")
        crm.execute("CREATE USER secure REQUIRE SSL", "GRANT SELECT, REPLICATION SLAVE ON *.* TO secure")
        crm.declare(tls="verify-full", ca="ca.pem", user="secure")
        with crm.capture.running():
            crm.until_followed()
            crm.execute("INSERT INTO customer VALUES (1, 'a', 1)")
            crm.until_same()


def test_a_quiet_connection_hears_that_the_server_lives(crm: MariadbCrm) -> None:
    with crm.capture.running() as running:
        crm.until_followed()
        before = running.statuses[0].last_success
        time.sleep(0.5)
        until(lambda: running.statuses[0].last_success > before)
        assert running.statuses[0].errors == 0
