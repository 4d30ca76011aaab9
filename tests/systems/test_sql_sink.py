"""Records written as rows, to every kind of database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.servers.process import free_ports
from tests.systems.databases import TestDatabase, a_database
from tests.systems.sinks import TOPIC, context, portion, record
from trunkline.log import TopicPartition
from trunkline.systems.sink import Down, Overtaken
from trunkline.systems.sql import SINK
from trunkline.systems.sql.mapping import RowMapping, Unfit
from trunkline.systems.sql.settings import SqlSettings, TableSettings
from trunkline.systems.sql.target import Tables

PLACE = TopicPartition(TOPIC, 0)
CUSTOMER = {"table": "customer", "key": ["id"], "columns": ["id", "name", "since"]}


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TestDatabase]:
    with a_database(request.param, tmp_path) as database:
        yield database


Open = Callable[..., Tables]


@pytest.fixture
def opened(database: TestDatabase, tmp_path: Path) -> Iterator[Open]:
    """Opens the sink on the database; each is closed at the end."""
    targets: list[Tables] = []

    def open_it(hold: bool = True, **table: Any) -> Tables:
        given = {
            "name": "out", "sink": "sql", "topics": [TOPIC], "database": database.url, "tls": "off",
            "tables": {TOPIC: {**CUSTOMER, **table}},
        }  # fmt: skip
        target = SINK.open(msgspec.convert(given, SqlSettings), context(tmp_path))
        assert isinstance(target, Tables)
        targets.append(target)
        if hold:
            target.hold({PLACE})
        return target

    yield open_it
    for target in targets:
        target.close()


def create(
    database: TestDatabase, columns: str = "id INTEGER PRIMARY KEY, name VARCHAR(20), since VARCHAR(40)"
) -> None:
    database.run(f"CREATE TABLE customer ({columns})")


def customers(database: TestDatabase) -> list[tuple[Any, ...]]:
    return database.run("SELECT id, name, since FROM customer ORDER BY id")


def test_rows_are_inserted_updated_and_deleted_in_order(database: TestDatabase, opened: Open) -> None:
    create(database)
    target = opened()
    first = [record({"id": n, "name": f"a{n}", "since": "x"}, offset=n) for n in range(4)]
    assert target.write(portion(*first)) is None
    then = [
        record({"id": 1, "name": "b1"}, offset=4),
        record(None, key=b"2", offset=5),
        record(None, key={"id": 3}, offset=6),
        record({"id": 3, "name": "c3"}, offset=7),
        record(None, key=b"17", offset=8),
    ]
    assert target.write(portion(*then)) is None
    assert customers(database) == [(0, "a0", "x"), (1, "b1", None), (3, "c3", None)]


def test_the_offset_is_written_with_the_rows_or_neither(database: TestDatabase, opened: Open) -> None:
    create(database)
    target = opened()
    assert target.hold({PLACE}) == {PLACE: 0}
    target.write(portion(*(record({"id": n}, offset=n) for n in range(5))))
    assert target.hold({PLACE}) == opened().hold({PLACE}) == {PLACE: 5}
    with pytest.raises(Overtaken):  # another process that believes it still holds the partition
        opened().write(portion(*(record({"id": n, "name": "late"}, offset=n) for n in range(3, 8))))
    assert customers(database) == [(n, None, None) for n in range(5)]
    assert target.hold({PLACE}) == {PLACE: 5}


@pytest.mark.parametrize("bad", [{0}, {6}, {3, 4}, {2, 6}, set(range(7))])
def test_the_first_row_that_is_refused_is_found_and_all_before_it_are_written(
    database: TestDatabase, opened: Open, bad: set[int]
) -> None:
    create(database, "id INTEGER PRIMARY KEY, name VARCHAR(20) CHECK (name <> ''), since VARCHAR(40)")
    target = opened()
    left = [record({"id": n, "name": "" if n in bad else "x"}, offset=n) for n in range(7)]
    refused = []
    while left:
        refusal = target.write(portion(*left))
        if refusal is None:
            break
        assert refusal.reason == "row.refused"
        assert "the table `customer` refuses the row" in refusal.message
        refused.append(left[refusal.index].offset)
        left = left[refusal.index + 1 :]
    assert refused == sorted(bad)
    assert [id for id, *_ in customers(database)] == sorted(set(range(7)) - bad)


def test_a_value_that_its_column_does_not_take_is_refused_and_none_is_bent_to_fit(
    database: TestDatabase, opened: Open
) -> None:
    if database.kind == "sqlite":
        database.run(
            "CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT CHECK (length(name) < 21), since) STRICT".replace(
                "since)", "since TEXT)"
            )
        )
    else:
        create(database)
    target = opened()
    for value in (
        {"id": "one"},
        {"id": 1 << 70},
        {"id": 2, "name": "x" * 30},
        {"id": 3.5, "name": {"a": 1}, "since": []},
    ):
        if database.kind == "postgresql" and value["id"] == 3.5:
            continue  # PostgreSQL rounds by its own rules of assignment
        if database.kind == "mariadb" and value["id"] == 3.5:
            continue  # and so does MariaDB
        refusal = target.write(portion(record(value)))
        assert refusal is not None, value
        assert refusal.reason == "row.refused"
    assert customers(database) == []


def test_values_keep_what_they_are(database: TestDatabase, opened: Open) -> None:
    kinds = {
        "sqlite": "id INTEGER PRIMARY KEY, n NUMERIC, at TEXT, doc TEXT, raw BLOB, flag INTEGER",
        "postgresql": "id BIGINT PRIMARY KEY, n NUMERIC, at TIMESTAMPTZ, doc JSONB, raw BYTEA, flag BOOLEAN",
        "mariadb": "id BIGINT PRIMARY KEY, n DECIMAL(38,10), at DATETIME(6), doc JSON, raw VARBINARY(20), flag BOOLEAN",
    }
    create(database, kinds[database.kind])
    target = opened(columns=["id", "n", "at", "doc", "raw", "flag"])
    raw = b'{"id": 9007199254740993, "n": 12345678901234567.8901234567, "at": "2026-11-23T10:00:00.5+01:00",'
    raw += b'"doc": {"a": [1, 0.10]}, "raw": "/wA=", "flag": true}'
    assert target.write(portion(record(raw))) is None
    [(id, n, at, doc, blob, flag)] = database.run("SELECT id, n, at, doc, raw, flag FROM customer")
    assert id == 9007199254740993
    assert bytes(blob) == b"\xff\x00"
    assert flag == 1
    if database.kind == "sqlite":
        assert (n, at, doc) == (12345678901234567.8901234567, "2026-11-23T10:00:00.5+01:00", '{"a":[1,0.10]}')
    else:
        assert str(n) == "12345678901234567.8901234567"
        assert f"{at:%F %T.%f}".startswith("2026-11-23 09:00:00.5")
        assert (msgspec.json.decode(doc) if isinstance(doc, str) else doc) == {"a": [1, 0.1]}
    refusal = target.write(portion(record({"id": 1, "raw": "no base64!"}, offset=1)))
    assert refusal is not None
    assert "column `raw`: bytes must be given in base64" in refusal.message


def test_a_row_that_meets_another_unique_key_is_refused_and_the_other_row_stays(
    database: TestDatabase, opened: Open
) -> None:
    create(database, "id INTEGER PRIMARY KEY, name VARCHAR(20) UNIQUE, since VARCHAR(40)")
    target = opened()
    rows = [{"id": 1, "name": "a"}, {"id": 2, "name": "a"}, {"id": 3, "name": "c"}]
    refusal = target.write(portion(*(record(row, offset=n) for n, row in enumerate(rows))))
    assert refusal is not None
    assert refusal.index == 1
    assert customers(database) == [(1, "a", None)]
    handed_on = [{"id": 1, "name": "b"}, {"id": 2, "name": "a"}, {"id": 1, "name": "c"}]
    assert target.write(portion(*(record(row, offset=n + 1) for n, row in enumerate(handed_on)))) is None
    assert customers(database) == [(1, "c", None), (2, "a", None)]


def test_changes_of_rows_are_done_to_the_table(database: TestDatabase, opened: Open) -> None:
    create(database)
    target = opened(envelope="change", columns={"id": "id", "name": "name", "since": "$value.ts"})
    changes = [
        {"op": "r", "after": {"id": 1, "name": "a"}, "ts": 1},
        {"op": "c", "after": {"id": 2, "name": "b"}, "ts": 2},
        {"op": "u", "before": {"id": 1}, "after": {"id": 1}, "ts": 3},  # what did not change may be missing
        {"op": "u", "before": {"id": 2}, "after": {"id": 5, "name": "b"}, "ts": 4},
        {"op": "c", "after": {"id": 6, "name": "f"}, "ts": 5},
        {"op": "d", "before": {"id": 6}, "ts": 6},
    ]
    events = [record(change, key={"id": 0}, offset=n) for n, change in enumerate(changes)]
    assert target.write(portion(*events, record(None, key={"id": 6}, offset=6))) is None
    assert customers(database) == [(1, "a", "3"), (5, "b", "4")]
    refusal = target.write(portion(record({"op": "t", "ts": 7}, offset=7)))
    assert refusal is not None
    assert refusal.reason == "change.not-of-a-row"


@pytest.mark.parametrize(
    ("columns", "table", "reason"),
    [
        ("", {}, "the database has no table `customer`: create it, or correct `table`"),
        ("id INTEGER PRIMARY KEY, name VARCHAR(20)", {}, "`customer` has no column since (it has id, name)"),
        ("id INTEGER, name VARCHAR(20), since VARCHAR(20)", {}, "no primary or unique key on exactly (id)"),
        ("id INTEGER, name VARCHAR(9), since VARCHAR(9), PRIMARY KEY (id, name)", {}, "unique key on exactly (id)"),
        ("id INTEGER PRIMARY KEY, name VARCHAR(9), since VARCHAR(9), vat INTEGER NOT NULL, "
         "tax INTEGER NOT NULL DEFAULT 1",
         {}, "`customer` needs vat in every row"),
    ],
)  # fmt: skip
def test_a_table_that_does_not_fit_is_told_when_the_sink_starts(
    database: TestDatabase, opened: Open, columns: str, table: dict[str, Any], reason: str
) -> None:
    if columns:
        create(database, columns)
    with pytest.raises(ValueError, match=TOPIC) as told:
        opened(**table)
    assert reason in str(told.value)
    assert "tax" not in str(told.value)


def test_a_table_that_goes_while_the_sink_runs_stops_it_and_blames_no_record(
    database: TestDatabase, opened: Open
) -> None:
    create(database)
    target = opened()
    database.run("DROP TABLE customer")
    with pytest.raises(Down, match="customer"):
        target.write(portion(record({"id": 1})))


def test_an_engine_without_transactions_is_refused(opened: Open, database: TestDatabase) -> None:
    if database.kind == "mariadb":
        database.run("CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT, since TEXT) ENGINE = MyISAM")
        with pytest.raises(ValueError, match="its engine is MyISAM"):
            opened()


def test_a_database_that_is_not_there_is_told(tmp_path: Path) -> None:
    [port] = free_ports(1)
    for url in (f"sqlite:///{tmp_path}/no.db", f"postgresql://u@127.0.0.1:{port}/d", f"mariadb://u@127.0.0.1:{port}/d"):
        given = {
            "name": "out",
            "sink": "sql",
            "topics": [TOPIC],
            "database": url,
            "tls": "off",
            "tables": {TOPIC: CUSTOMER},
        }
        with pytest.raises(Down, match="cannot be"):
            SINK.open(msgspec.convert(given, SqlSettings), context(tmp_path))


def test_the_platforms_own_files_are_no_target(tmp_path: Path) -> None:
    log = "sqlite://data/log.db"
    given = {"name": "out", "sink": "sql", "topics": [TOPIC], "database": log, "tables": {TOPIC: CUSTOMER}}
    with pytest.raises(ValueError, match="lies in the data folder"):
        SINK.open(msgspec.convert(given, SqlSettings), context(tmp_path))


MAPPING = RowMapping(
    TableSettings(
        table="t", key=("a", "b"), columns={"a": "$key.x", "b": "m.n", "o": "$offset", "t": "$time", "v": "$value"}
    )
)


def test_columns_hold_parts_of_value_key_and_place() -> None:
    value = {"m": {"n": "N"}, "o": 1}
    [row] = MAPPING.rows(record(value, key={"x": 7}, offset=42))
    assert row.key == (7, "N")
    assert row.columns == {"a": 7, "b": "N", "o": 42, "t": "2026-11-23T09:00:00Z", "v": value}


@given(
    st.binary()
    | st.recursive(
        st.none() | st.integers() | st.text(),
        lambda s: st.dictionaries(st.sampled_from(["op", "before", "after", "id", "m"]), s) | st.lists(s),
    ).map(msgspec.json.encode),
    st.none() | st.binary(),
    st.sampled_from(["row", "change"]),
)
@settings(max_examples=200)
def test_whatever_a_record_holds_it_gives_rows_with_a_key_or_is_unfit(
    value: bytes, key: bytes | None, envelope: Any
) -> None:
    mapping = RowMapping(TableSettings(table="t", key=("id",), columns={"id": "id", "m": "m.n"}, envelope=envelope))
    try:
        rows = mapping.rows(record(value, key=key))
    except Unfit:
        return
    assert rows
    assert all(row.key[0] is not None for row in rows)
