"""What a real PostgreSQL must allow, what it does not tell, and how it may fail."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.servers.postgresql import PostgreSQL, shared_postgresql
from tests.systems.capturing import until
from tests.systems.certificates import self_signed
from tests.systems.crm import CUSTOMERS, PostgresqlCrm
from tests.systems.traffic import busy
from trunkline.connect import Intake, runner
from trunkline.systems.postgresql.replication import read_lsn


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


@contextmanager
def own_server(settings: dict[str, str] | None = None) -> Iterator[PostgreSQL]:
    """A server of the test's own, where its user may read."""
    folder = Path(tempfile.mkdtemp(prefix="trunkline-postgresql-"))
    folder.chmod(0o755)
    server = PostgreSQL(folder, settings)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def own_crm(tmp_path: Path, server: PostgreSQL) -> Iterator[PostgresqlCrm]:
    crm = PostgresqlCrm(tmp_path, server, "postgres")
    crm.execute(CUSTOMERS)
    crm.declare()
    try:
        yield crm
    finally:
        crm.close()


# What it must allow


def test_a_log_that_does_not_tell_of_rows_is_refused(tmp_path: Path) -> None:
    with own_server({"wal_level": "replica"}) as server, own_crm(tmp_path, server) as crm:
        assert "ALTER SYSTEM SET wal_level = logical" in crm.problem("wal_level")


@pytest.mark.parametrize(
    ("grants", "told"),
    [
        ((), "ALTER ROLE plain REPLICATION"),
        (("ALTER ROLE plain REPLICATION",), "GRANT SELECT ON public.customer TO plain"),
        (
            ("ALTER ROLE plain REPLICATION", "GRANT SELECT ON customer TO plain"),
            'CREATE PUBLICATION "trunkline_crm" FOR TABLE "public"."customer"',
        ),
    ],
)
def test_what_the_user_may_not_is_told_with_the_statement_that_allows_it(
    crm: PostgresqlCrm, grants: tuple[str, ...], told: str
) -> None:
    crm.execute("DROP ROLE IF EXISTS plain", "CREATE ROLE plain LOGIN", *grants)
    crm.declare(user="plain")
    try:
        crm.problem(told)
    finally:
        crm.execute("DROP OWNED BY plain", "DROP ROLE plain")


def test_a_user_without_more_than_it_needs_follows_a_publication_that_its_owner_made(crm: PostgresqlCrm) -> None:
    crm.execute(
        "CREATE ROLE modest LOGIN REPLICATION", "GRANT SELECT ON customer TO modest", "CREATE PUBLICATION given "
        "FOR TABLE customer (id, n) WHERE (id < 100)", "INSERT INTO customer VALUES (1, 'a', 1), (101, 'b', 2)",
    )  # fmt: skip
    crm.declare(user="modest", publication="given")
    with crm.capture.running():
        crm.until_followed()
        crm.execute("INSERT INTO customer VALUES (2, 'c', 3), (102, 'd', 4)", "DELETE FROM customer WHERE id = 1")
        until(lambda: crm.capture.table("crm.customer") == {"2": {"id": 2, "n": 3}})
    crm.execute("DROP OWNED BY modest", "DROP ROLE modest")


@pytest.mark.parametrize(
    ("statements", "tables", "told"),
    [
        ((), {"nothing": {"topic": "crm.customer"}}, "has no table public.nothing"),
        (("ALTER TABLE customer DROP CONSTRAINT customer_pkey",), None, "declare its `key`, and ALTER TABLE"),
        ((), {"customer": {"topic": "crm.customer", "key": ["name"]}}, "REPLICA IDENTITY FULL"),
        ((), {"customer": {"topic": "crm.customer", "key": ["nam"]}}, "names nam, which it does not have"),
        (("ALTER TABLE customer REPLICA IDENTITY NOTHING",), None, "REPLICA IDENTITY FULL"),
        (
            ("ALTER TABLE customer ADD note text",),
            {"customer": {"topic": "crm.row", "envelope": "row"}},
            "does not repeat large values",
        ),
        (
            ("CREATE PUBLICATION trunkline_crm FOR TABLE customer WITH (publish = 'insert')",),
            None,
            "does not send every kind of change",
        ),
    ],
)
def test_a_table_that_cannot_be_followed_as_declared_is_refused_before_anything_is_begun(
    crm: PostgresqlCrm, statements: tuple[str, ...], tables: Any, told: str
) -> None:
    crm.execute(*statements)
    crm.declare(tables)
    crm.problem(told)
    with crm.connect() as administrator:
        assert administrator.execute(
            "SELECT count(*) FROM pg_replication_slots WHERE database = %s", (crm.database,)
        ).fetchone() == (0,)
    crm.execute("INSERT INTO customer VALUES (1, 'a', 1)", "DELETE FROM customer")  # its owner is not hindered


def test_a_wrong_password_and_a_server_that_is_not_there_are_told_and_no_secret_is(
    crm: PostgresqlCrm, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CRM_PASSWORD", "hunter2")
    crm.declare(password="${env:CRM_PASSWORD}", port=1)
    assert "postgres@127.0.0.1:1" in crm.problem("refused")
    assert "hunter2" not in caplog.text


# What it does not tell


LARGE = "string_agg(md5(g::text), '')"


def test_a_large_value_that_an_update_leaves_alone_is_said_to_be_unchanged(crm: PostgresqlCrm) -> None:
    crm.execute(
        "ALTER TABLE customer ADD note text", f"INSERT INTO customer SELECT 1, 'a', 1, {LARGE} "
        "FROM generate_series(1, 1000) g",
    )  # fmt: skip
    with crm.capture.running():
        crm.until_followed()
        crm.execute("UPDATE customer SET n = 2", "UPDATE customer SET note = 'small'")
        until(lambda: len(crm.capture.records("crm.customer")) == 3)
    read, update, last = crm.capture.changes("crm.customer")
    assert len(read["after"]["note"]) == 32_000
    assert (update["after"], update["unchanged"]) == ({"id": 1, "name": "a", "n": 2}, ["note"])
    assert (last["after"]["note"], "unchanged" in last) == ("small", False)


def test_with_the_full_old_row_a_large_value_is_never_missing(crm: PostgresqlCrm) -> None:
    crm.execute(
        "ALTER TABLE customer ADD note text", "ALTER TABLE customer REPLICA IDENTITY FULL",
        f"INSERT INTO customer SELECT 1, 'a', 1, {LARGE} FROM generate_series(1, 1000) g",
    )  # fmt: skip
    crm.declare({"customer": {"topic": "crm.row", "envelope": "row"}})
    with crm.capture.running():
        crm.until_followed()
        crm.execute("UPDATE customer SET n = 2")
        until(lambda: crm.capture.compacted("crm.row").get("1", {}).get("n") == 2)
    assert crm.capture.compacted("crm.row") == crm.table()


def test_a_table_without_a_primary_key_is_followed_by_a_declared_key_and_full_old_rows(crm: PostgresqlCrm) -> None:
    crm.execute(
        "ALTER TABLE customer DROP CONSTRAINT customer_pkey", "ALTER TABLE customer REPLICA IDENTITY FULL",
        "INSERT INTO customer VALUES (1, 'a', 1)",
    )  # fmt: skip
    crm.declare({"customer": {"topic": "crm.customer", "key": ["name", "n"]}})
    with crm.capture.running():
        crm.until_followed()
        crm.execute("UPDATE customer SET n = 2", "DELETE FROM customer")
        until(lambda: len(crm.capture.records("crm.customer")) == 4)
    keys = [record.key for record in crm.capture.records("crm.customer")]
    assert sorted(keys, key=str) == [b'{"name":"a","n":1}'] * 2 + [b'{"name":"a","n":2}'] * 2
    assert crm.capture.table("crm.customer") == {}


def test_a_table_that_is_emptied_is_so_in_every_partition(crm: PostgresqlCrm) -> None:
    crm.execute("INSERT INTO customer SELECT g, 'x', 0 FROM generate_series(1, 20) g")
    with crm.capture.running():
        crm.until_followed()
        crm.execute("TRUNCATE customer", "INSERT INTO customer VALUES (1, 'y', 1)")
        until(lambda: crm.capture.table("crm.customer") == {"1": {"id": 1, "name": "y", "n": 1}})
    assert [change["op"] for change in crm.capture.changes("crm.customer")].count("t") == 3


def test_the_parts_of_a_table_are_followed_as_the_one_table(crm: PostgresqlCrm) -> None:
    crm.execute(
        "DROP TABLE customer", "CREATE TABLE customer (id int PRIMARY KEY, name text, n int) PARTITION BY RANGE (id)",
        "CREATE TABLE low PARTITION OF customer FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE high PARTITION OF customer FOR VALUES FROM (10) TO (99)",
        "INSERT INTO customer VALUES (1, 'a', 1), (11, 'b', 2)",
    )  # fmt: skip
    with crm.capture.running():
        crm.until_followed()
        crm.execute("INSERT INTO customer VALUES (2, 'c', 3)", "UPDATE customer SET id = 12 WHERE id = 1")
        crm.until_same()
    assert len(crm.capture.table("crm.customer")) == 3


def test_texts_that_are_no_utf8_are_in_the_quarantine_with_their_bytes(tmp_path: Path) -> None:
    server = shared_postgresql()
    with server.database("ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0") as database:
        crm = PostgresqlCrm(tmp_path, server, database)
        crm.execute(CUSTOMERS)
        crm.declare()
        with crm.connect(client_encoding="SQL_ASCII") as old:
            old.execute(b"INSERT INTO customer VALUES (1, 'caf\xe9', 1), (2, 'caf\xc3\xa9', 2)")
            with crm.capture.running():
                crm.until_followed()
                old.execute(b"INSERT INTO customer VALUES (3, '\xff', 3), (4, 'good', 4)")
                until(lambda: "4" in crm.capture.table("crm.customer"))
        assert {key: row["name"] for key, row in crm.capture.table("crm.customer").items()} == {
            "2": "café",
            "4": "good",
        }
        found = crm.capture.rejected()
        assert [(r.reason, r.part) for r in found] == [
            ("value.not-text", b"1\tcaf\xe9\t1"), ("value.not-text", b"3\t\xff\t3")
        ]  # fmt: skip
        crm.close()


TYPES = {
    "bo bool": ("true", True),
    "i2 smallint": ("-32768", -32768),
    "i8 bigint": ("9223372036854775807", 9223372036854775807),
    "nu numeric": ("123456789012345678901234567890.10", "123456789012345678901234567890.10"),
    "na numeric": ("'NaN'", "NaN"),
    "f4 real": ("1.1", 1.1),
    "f8 double precision": ("0.1::float8 + 0.2", 0.30000000000000004),
    "fi double precision": ("'-Infinity'", "-Infinity"),
    "mo money": ("12.34", "$12.34"),
    "ch char(5)": ("'ab'", "ab   "),
    "tx text": (r"E'tab\t line\n back\\ é \u20ac'", "tab\t line\n back\\ é €"),
    "by bytea": (r"'\x00ff5c'", "AP9c"),
    "da date": ("'2026-03-09'", "2026-03-09"),
    "di date": ("'infinity'", "infinity"),
    "ti time": ("'15:00:00.5'", "15:00:00.5"),
    "tz timetz": ("'15:00:00+02'", "15:00:00+02:00"),
    "ts timestamp": ("'2026-07-09 15:00:00.123456'", "2026-07-09T13:00:00.123456Z"),
    "tt timestamptz": ("'2026-03-09 15:00:00.5+01'", "2026-03-09T14:00:00.5Z"),
    "tb timestamptz": ("'0044-03-15 12:00:00+00 BC'", "0044-03-15 12:00:00+00 BC"),
    "iv interval": ("'1 year 2 days 03:04:05.5'", "P1Y2DT3H4M5.5S"),
    "uu uuid": ("'123E4567-e89b-12d3-a456-426655440000'", "123e4567-e89b-12d3-a456-426655440000"),
    "js json": ("""'{"b": 1.10,\n "a": null}'""", {"b": 1.1, "a": None}),
    "jb jsonb": ("""'[12345678901234567890, "x"]'""", [12345678901234567890, "x"]),
    "ip inet": ("'10.0.0.1/8'", "10.0.0.1/8"),
    "ai int[]": ("'{{1,NULL},{3,4}}'", [[1, None], [3, 4]]),
    "at text[]": ("""ARRAY['a,b', 'c"d', NULL, '']""", ["a,b", 'c"d', None, ""]),
    "ab bytea[]": (r"ARRAY['\x01'::bytea]", ["AQ=="]),
    "az timestamptz[]": ("ARRAY['2026-03-09 15:00:00+00'::timestamptz]", ["2026-03-09T15:00:00Z"]),
    "aj jsonb[]": ("""ARRAY['{"a": 1}'::jsonb]""", [{"a": 1}]),
    "ax box[]": ("ARRAY['((1,1),(0,0))'::box]", ["(1,1),(0,0)"]),
    "ra int4range": ("'[1,5)'", "[1,5)"),
    "bi bit(4)": ("B'1010'", "1010"),
    "xm xml": ("'<a/>'", "<a/>"),
    "md mood": ("'glad'", "glad"),
    "am mood[]": ("'{glad,NULL}'", ["glad", None]),
    "dm amount": ("1.5", "1.50"),
    "ad amount[]": ("'{2.5}'", ["2.50"]),
    "em text": ("''", ""),
    "no text": ("NULL", None),
}


def test_every_type_is_the_same_in_the_snapshot_and_in_the_stream_and_what_the_readme_says(crm: PostgresqlCrm) -> None:
    crm.execute(
        "CREATE TYPE mood AS ENUM ('glad', 'sad')", "CREATE DOMAIN amount AS numeric(10, 2)",
        f"CREATE TABLE typed (id int PRIMARY KEY, {', '.join(TYPES)}, gen int GENERATED ALWAYS AS (id + 1) STORED)",
    )  # fmt: skip
    insert = f"INSERT INTO typed VALUES (%s, {', '.join(sql for sql, _ in TYPES.values())})"
    crm.db.execute(insert, (1,))
    crm.declare({"typed": {"topic": "crm.customer"}}, zone="Europe/Brussels")
    with crm.capture.running():
        crm.until_followed()
        crm.db.execute(insert, (2,))
        until(lambda: len(crm.capture.records("crm.customer")) == 2)
    rows = crm.capture.table("crm.customer")
    expected = {name.split()[0]: value for name, (_, value) in TYPES.items()}
    assert rows["1"] == {"id": 1, **expected}
    assert rows["2"] == {"id": 2, **expected}


# How it may fail


def test_a_server_that_is_stopped_or_killed_is_followed_again_when_it_is_back(tmp_path: Path) -> None:
    with own_server({"fsync": "on"}) as server, own_crm(tmp_path, server) as crm, crm.capture.running() as running:
        crm.until_followed()
        for end in (server.stop, server.kill):
            crm.execute(*(f"INSERT INTO customer (id) SELECT coalesce(max(id), 0) + {n} FROM customer" for n in (1, 2)))
            end()
            until(lambda: running.statuses[0].problem)
            server.start()
            crm.db.close()
            crm.db = crm.connect()
            until(lambda: not running.statuses[0].problem)
        crm.execute("DELETE FROM customer WHERE id = 1")
        crm.until_same()
        assert len(crm.capture.table("crm.customer")) == 3


def test_the_server_keeps_what_is_not_in_the_log_yet(crm: PostgresqlCrm, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, commit = threading.Event(), Intake.commit
    gate.set()

    def slow(intake: Intake, captured: Any, position: bytes) -> None:
        gate.wait()
        commit(intake, captured, position)

    monkeypatch.setattr(Intake, "commit", slow)
    with crm.capture.running():
        crm.until_followed()
        gate.clear()
        crm.execute("INSERT INTO customer VALUES (1, 'a', 1)")
        before = lsn(crm, "pg_current_wal_lsn()")
        crm.execute("INSERT INTO customer VALUES (2, 'b', 2)")
        threading.Event().wait(0.5)
        assert lsn(crm, confirmed(crm)) < before
        gate.set()
        until(lambda: lsn(crm, confirmed(crm)) >= before, "the server is told that it need not keep it")
    assert len(crm.capture.table("crm.customer")) == 2


def test_a_log_of_others_that_is_of_no_interest_is_not_kept_for_us(crm: PostgresqlCrm) -> None:
    with crm.capture.running():
        crm.until_followed()
        crm.execute("CREATE TABLE others AS SELECT g FROM generate_series(1, 1000) g")
        before = lsn(crm, "pg_current_wal_lsn()")
        until(lambda: lsn(crm, confirmed(crm)) >= before, "the slot moves on", 25)
    assert crm.capture.records("crm.customer") == []


def confirmed(crm: PostgresqlCrm) -> str:
    return f"(SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE database = '{crm.database}')"


def lsn(crm: PostgresqlCrm, expression: str) -> int:
    [(text,)] = crm.db.execute(f"SELECT {expression}::text").fetchall()
    return read_lsn(text)


def test_a_place_in_the_servers_log_that_is_gone_is_told_and_nothing_is_skipped(crm: PostgresqlCrm) -> None:
    with crm.capture.running():
        crm.until_followed()
    until(lambda: not slots(crm, "active"), "the slot is free")
    assert len(slots(crm)) == 1
    crm.execute(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = current_database()"
    )
    crm.execute("INSERT INTO customer VALUES (1, 'a', 1)")
    assert "declare the connection under a new name" in crm.problem("changes are lost")
    assert crm.capture.records("crm.customer") == []
    crm.capture.position()


def slots(crm: PostgresqlCrm, condition: str = "true") -> list[str]:
    found = crm.db.execute(
        f"SELECT slot_name FROM pg_replication_slots WHERE database = current_database() AND {condition}"
    )
    return [name for (name,) in found.fetchall()]


def test_a_snapshot_that_breaks_off_leaves_no_slot_behind(crm: PostgresqlCrm, monkeypatch: pytest.MonkeyPatch) -> None:
    crm.execute("INSERT INTO customer SELECT g, 'x', 0 FROM generate_series(1, 3000) g")
    from trunkline.systems.postgresql.snapshot import PostgresqlSnapshot

    rows, tries = PostgresqlSnapshot.rows, []

    def broken(snapshot: PostgresqlSnapshot, table: str) -> Iterator[Any]:
        tries.append(snapshot.at)
        for number, row in enumerate(rows(snapshot, table)):
            if number == 1500 and len(tries) < 3:
                raise OSError("the line broke")
            yield row

    monkeypatch.setattr(PostgresqlSnapshot, "rows", broken)
    with crm.capture.running():
        crm.until_followed()
        assert len(slots(crm)) == 1
    assert len(tries) == 3
    assert len(crm.capture.records("crm.customer")) == 3000
    assert not list((crm.capture.folder / "data" / "connect" / "crm").iterdir())


@pytest.mark.parametrize("publication", ["", "everything"])
def test_a_table_declared_later_is_read_and_followed_while_the_others_go_on(
    crm: PostgresqlCrm, publication: str
) -> None:
    crm.execute(CUSTOMERS.replace("customer", "other"), "INSERT INTO other VALUES (-1, 'first', 0)")
    crm.execute("CREATE PUBLICATION everything FOR ALL TABLES WITH (publish_via_partition_root)")
    crm.declare(publication=publication)
    with busy(lambda: crm.connect(autocommit=False), "customer", clients=2) as clients:
        with crm.capture.running():
            until(lambda: clients[0].transactions > 30)
        with busy(lambda: crm.connect(autocommit=False), "other", clients=1, seed=7) as others:
            until(lambda: others[0].transactions > 30)
            tables = {"customer": {"topic": "crm.customer"}, "other": {"topic": "crm.other"}}
            crm.declare(tables, publication=publication)
            with crm.capture.running():
                until(lambda: len(crm.capture.position().since) == 2)
                until(lambda: len(crm.capture.records("crm.other")) > 50)
    with crm.capture.running():
        crm.until_same()
        until(lambda: crm.capture.table("crm.other") == crm.table("other"))
    assert len(slots(crm)) == 1


def test_only_a_server_that_shows_the_declared_certificate_is_trusted(tmp_path: Path) -> None:
    keys = Path(tempfile.mkdtemp(prefix="trunkline-keys-"))
    keys.chmod(0o755)
    certificate, key = keys / "server.pem", keys / "server.key"
    self_signed(certificate, key)
    self_signed(keys / "other.pem", keys / "other.key")
    if not os.geteuid():
        shutil.chown(key, "postgres")
    settings = {"ssl": "on", "ssl_cert_file": str(certificate), "ssl_key_file": str(key)}
    with own_server(settings) as server, own_crm(tmp_path, server) as crm:
        shutil.copy(certificate, tmp_path / "ca.pem")
        shutil.copy(keys / "other.pem", tmp_path / "other.pem")
        crm.declare(tls="verify-full", ca="other.pem")
        crm.problem("certificate verify failed")
        crm.declare(tls="verify-full")
        crm.problem("certificate verify failed")
        crm.declare(tls="verify-full", ca="ca.pem")
        with crm.capture.running():
            crm.until_followed()
            crm.execute("INSERT INTO customer VALUES (1, 'a', 1)")
            crm.until_same()
            used = crm.db.execute(
                "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
                "WHERE application_name = 'trunkline crm'"
            )
            assert used.fetchone() == (True,)
    shutil.rmtree(keys)
