"""Sinks at work: what goes out, what comes of what a system refuses, and what a system that is down costs."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import pytest

from tests.connect.outlet import CUSTOMERS, TABLES, TOPIC, Outlets, customer, rows
from tests.connect.project import until
from tests.contract.test_log import ADAPTERS, embedded
from tests.servers.postgresql import PostgreSQL
from trunkline.connect import connection
from trunkline.connect import sink as module
from trunkline.connect.connection import Outlet
from trunkline.connect.sink import SinkRun
from trunkline.connect.status import Status
from trunkline.log import Event
from trunkline.streams.quarantine import Quarantine
from trunkline.systems.sink import SinkContext


@pytest.fixture(params=ADAPTERS, ids=lambda adapter: adapter.__name__)
def outlets(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outlets]:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.05)
    outlets = Outlets(tmp_path, request.param(tmp_path))
    if request.param is not embedded:
        # A new cluster has no place for offsets before its first group, and confluent-kafka 2.16 dies asking for some.
        with closing(outlets.log.member("first", TOPIC)) as member:
            asyncio.run(until(lambda: bool(member.assignment())))
    yield outlets
    outlets.log.close()


def test_what_is_in_the_topics_goes_out_and_what_comes_later_too(outlets: Outlets) -> None:
    file = outlets.sqlite()
    outlets.customers(range(100))
    runner = outlets.run_until_done()
    assert [row[0] for row in rows(file)] == list(range(100))
    assert [(status.events, status.rejected, status.problem, status.state) for status in runner.statuses] == [
        (100, 0, "", "stopped")
    ]
    outlets.customers(range(100, 110))
    runner = outlets.run_until_done()
    assert [row[0] for row in rows(file)] == list(range(110))
    assert runner.statuses[0].events == 10


def test_a_new_sink_may_begin_with_what_comes_from_now_on_and_does_so_once(outlets: Outlets) -> None:
    file = outlets.sqlite(begin="newest")
    outlets.customers(range(10))
    outlets.run_until(lambda runner: len(outlets.log.committed("sink.warehouse")) == 4)
    outlets.customers(range(10, 20))  # while it does not run
    outlets.run_until_done()
    assert [row[0] for row in rows(file)] == list(range(10, 20))


def test_a_refused_record_goes_to_the_quarantine_with_its_place_and_the_rest_goes_out(outlets: Outlets) -> None:
    file = outlets.sqlite()
    outlets.customers(range(5))
    outlets.log.append(TOPIC, [customer(7, name=""), Event(b"[1]", b"8"), customer(9, name=None)])
    outlets.customers(range(10, 15))
    runner = outlets.run_until_done()
    assert [row[0] for row in rows(file)] == [*range(5), *range(10, 15)]
    places = {(record.value, record.partition): record.offset for record in outlets.records()}
    rejected = {each.part: each for each in outlets.rejected()}
    assert len(outlets.rejected()) == len(rejected) == runner.statuses[0].rejected == 3
    for part, each in rejected.items():
        partition = int(each.uri.removeprefix(f"log://{TOPIC}/"))
        assert each.offset == places[part, partition]
        assert (each.stage, each.target, each.system, each.length) == ("sink", TOPIC, "sink.warehouse", len(part))
    assert {each.reason for each in rejected.values()} == {"row.refused", "value.not-object"}
    assert any("CHECK constraint failed" in each.message for each in rejected.values())


def test_a_topic_of_which_everything_is_refused_stops_nothing(outlets: Outlets) -> None:
    outlets.sqlite()
    outlets.customers(range(50), name="")
    outlets.run_until_done()
    assert sorted(each.part for each in outlets.rejected()) == sorted(record.value for record in outlets.records())


def test_what_was_repaired_in_the_quarantine_goes_to_the_sink_that_refused_it_alone(outlets: Outlets) -> None:
    file, other = (
        outlets.sqlite(),
        outlets.sqlite("archive", "CREATE TABLE customer (id INTEGER PRIMARY KEY, name, city)"),
    )
    outlets.log.append(TOPIC, [customer(7, name="")])
    outlets.run_until(lambda _: outlets.waiting("warehouse") == outlets.waiting("archive") == 0)
    quarantine = Quarantine(outlets.log)
    [item] = quarantine.items()
    quarantine.repair(item.id, b'{"customerId": 7, "name": "Seven"}', by="test")
    quarantine.replay([item.id], by="test")
    runner = outlets.run_until(lambda _: rows(file) == [(7, "Seven", None)])
    assert rows(other) == [(7, "", "Gent")]
    assert sum(status.events for status in runner.statuses) == 1


def test_a_system_that_is_down_holds_up_its_own_sink_alone_and_loses_nothing(outlets: Outlets) -> None:
    async def run() -> None:
        async with outlets.running() as runner:
            archive, warehouse = runner.statuses
            await until(lambda: warehouse.errors > 1 and "cannot be opened" in warehouse.problem)
            assert warehouse.state == "waiting"
            await until(lambda: outlets.waiting("archive") == 0)
            assert archive.problem == ""
            hidden.rename(file)
            await until(lambda: outlets.waiting("warehouse") == 0)
            assert (warehouse.problem, warehouse.state, warehouse.events) == ("", "running", 20)

    file = outlets.sqlite()
    hidden = file.rename(file.with_suffix(".away"))
    outlets.declare("archive", "directory", directory="files")
    outlets.customers(range(20))
    asyncio.run(run())
    assert [row[0] for row in rows(file)] == list(range(20))


def test_a_mistake_in_a_declaration_is_told_with_its_line(outlets: Outlets) -> None:
    outlets.sqlite(topics=[TOPIC, "crm.order"])
    outlets.declare("a", "ftp")
    outlets.declare("b", "http", url="http://user:secret@host/")
    outlets.declare("c", "sql", database="postgresql://u@h/d", password="hunter2", tables={})
    problems = "\n".join(str(problem) for problem in connection.check(outlets.folder))
    assert "`sink` must be one of: directory, http, sql" in problems
    assert "`url` must hold no login" in problems
    assert "each of `topics` needs its table" in problems
    assert "write a secret as ${env:NAME}" in problems
    assert "hunter2" not in problems


def test_a_table_that_cannot_take_what_comes_is_told_before_anything_is_written(outlets: Outlets) -> None:
    outlets.sqlite(table="CREATE TABLE customer (id INTEGER, name TEXT, vat TEXT NOT NULL)")
    outlets.customers([1])
    runner = outlets.run_until(lambda runner: runner.statuses[0].errors > 0)
    problem = runner.statuses[0].problem
    assert "`customer` has no column city (it has id, name, vat): correct `columns`" in problem
    assert "`customer` needs vat in every row" in problem
    assert "`customer` has no primary or unique key on exactly (id)" in problem
    assert outlets.waiting("warehouse") == 1


def test_two_processes_share_the_partitions_and_one_that_goes_leaves_its_part_to_the_other(outlets: Outlets) -> None:
    file = outlets.sqlite()
    note_writes(file)
    [outlet] = connection.load(outlets.folder)
    assert isinstance(outlet, Outlet)
    stops, threads, statuses = [], [], []
    for worker in ("a", "b"):
        status, stop = Status(outlet.name), threading.Event()
        context = SinkContext(outlet.name, status, outlets.folder, outlets.folder / "data", lambda reference: "")
        run = SinkRun(outlets.log, outlet.settings, outlet.sink, context, status, worker)
        thread = threading.Thread(target=run.run, args=(stop,))
        thread.start()
        stops, threads, statuses = [*stops, stop], [*threads, thread], [*statuses, status]
    try:
        ids, deadline = itertools.count(), time.monotonic() + 60
        while not all(status.events for status in statuses) and time.monotonic() < deadline:
            outlets.customers(list(itertools.islice(ids, 100)))
            time.sleep(0.1)
        assert all(status.events for status in statuses)
        stops[0].set()
        threads[0].join()
        outlets.customers(list(itertools.islice(ids, 300)))
        asyncio.run(until(lambda: outlets.waiting("warehouse") == 0, 100))
    finally:
        for stop, thread in zip(stops, threads, strict=True):
            stop.set()
            thread.join()
    assert written(file) == sorted(int(record.key or b"") for record in outlets.records())
    assert sum(status.rejected for status in statuses) == len(outlets.rejected()) == 0


def test_what_waits_is_bounded_and_is_handed_over_early_where_it_is_too_much(
    outlets: Outlets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 20_000)
    monkeypatch.setattr(module, "READ", 50)
    outlets.declare("archive", "directory", directory="files", seconds=3600)
    outlets.customers(range(1_000))
    outlets.run_until(lambda _: outlets.waiting("archive") < 300)
    files = list((outlets.folder / "files").glob(f"{TOPIC}-*"))
    assert len(files) > 3
    assert all(file.stat().st_size < 60_000 for file in files)


def test_a_server_that_dies_and_comes_back_has_every_row_once(outlets: Outlets) -> None:
    async def run() -> None:
        async with outlets.running() as runner:
            [status] = runner.statuses
            await until(lambda: status.events > 0)
            server.kill()
            outlets.customers(range(600, 1_200))
            await until(lambda: status.state == "waiting" and "database" in status.problem)
            server.start()
            await until(lambda: outlets.waiting("warehouse") == 0)
            assert (status.rejected, status.problem) == (0, "")

    with closing_server() as server:
        with server.connect() as session:
            session.execute(CUSTOMERS)
            session.execute(NOTED)
        url = f"postgresql://postgres@127.0.0.1:{server.port}/postgres"
        outlets.declare("warehouse", "sql", database=url, tls="off", tables=TABLES, records=20)
        outlets.customers(range(600))
        asyncio.run(run())
        with server.connect() as session:
            for table in ("customer", "written"):
                ids = session.execute(f"SELECT id FROM {table} ORDER BY id").fetchall()
                assert [id for (id,) in ids] == list(range(1_200))


NOTED = """
CREATE TABLE written (id INTEGER);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN INSERT INTO written VALUES (new.id); RETURN NULL; END';
CREATE TRIGGER noted AFTER INSERT OR UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION note();
"""


@contextmanager
def closing_server() -> Iterator[PostgreSQL]:
    """A PostgreSQL of this test's own, that it may kill."""
    with tempfile.TemporaryDirectory(prefix="trunkline-postgresql-") as folder:
        Path(folder).chmod(0o755)  # the server is another user
        server = PostgreSQL(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.kill()


def test_a_process_that_dies_between_write_and_commit_leaves_no_row_twice_in_a_table(outlets: Outlets) -> None:
    file = outlets.sqlite(records=40)
    note_writes(file)
    outlets.customers(range(200))
    outlets.customers([200], name="")
    die(outlets, 2)
    before = len(rows(file))
    assert before > 0
    outlets.customers(range(201, 250))
    outlets.run_until_done()
    assert written(file) == [*range(200), *range(201, 250)]
    assert len(outlets.rejected()) == 1


def test_what_a_table_has_and_the_log_was_not_told_of_is_committed_though_nothing_more_comes(outlets: Outlets) -> None:
    file = outlets.sqlite()
    note_writes(file)
    outlets.customers([7])
    die(outlets, 1)
    assert (written(file), outlets.waiting("warehouse")) == ([7], 1)
    outlets.run_until_done()
    assert written(file) == [7]


def test_a_process_that_dies_between_write_and_commit_leaves_no_line_twice_in_a_folder(outlets: Outlets) -> None:
    outlets.declare("archive", "directory", directory="files", gzip=True, records=40)
    outlets.customers(range(200))
    die(outlets, 2)
    assert list((outlets.folder / "files").glob("*.jsonl*"))
    outlets.customers(range(200, 250))
    outlets.run_until_done("archive")
    lines = []
    for file in (outlets.folder / "files").glob(f"{TOPIC}-*"):
        lines += [msgspec.json.decode(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    assert sorted(int(line["id"]) for line in lines) == list(range(250))
    assert all(line["data"]["customerId"] == int(line["id"]) for line in lines)


def note_writes(file: Path) -> None:
    """Have every write of a row noted in a table of its own."""
    with closing(sqlite3.connect(file)) as database:
        database.executescript(
            "CREATE TABLE written (id INTEGER);"
            "CREATE TRIGGER i AFTER INSERT ON customer BEGIN INSERT INTO written VALUES (new.id); END;"
            "CREATE TRIGGER u AFTER UPDATE ON customer BEGIN INSERT INTO written VALUES (new.id); END;"
        )


def written(file: Path) -> list[int]:
    """The rows that were written, as often as they were."""
    return sorted(id for (id,) in rows(file, "SELECT id FROM written"))


def die(outlets: Outlets, commits: int) -> None:
    """Run the sinks in a process of their own that is killed at the commit of that number."""
    command = [sys.executable, "-m", "tests.connect.sink_process", str(outlets.folder), str(commits)]
    assert subprocess.run(command, timeout=60, check=False).returncode == -signal.SIGKILL
