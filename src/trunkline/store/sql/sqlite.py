"""SQLite under the store: a write-ahead log, durable at each commit; one unit at a time, in this process by a lock and
among processes by turns (`turns`)."""

from __future__ import annotations

import pathlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from sqlalchemy import URL, Connection, Table, create_engine, event, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError

from trunkline.store.pattern import read_pattern
from trunkline.store.port import Conflict
from trunkline.store.query import Operator, Path, Value
from trunkline.store.sql.database import JSON_OPTIONS, PATIENCE, READERS, Columns, Database, Rows
from trunkline.store.sql.json import SIGNS, exists
from trunkline.store.sql.statement import Statement
from trunkline.store.sql.turns import NotMyTurn, Turns

_LAST = text("SELECT seq FROM sqlite_sequence WHERE name = :name")


class SqliteJson:
    """A `start` is "type, value" of a row of json_each."""

    def document(self, column: str) -> str:
        return f"'object', {column}"

    def compare(self, sql: Statement, start: str, path: Path, operator: Operator, value: Value) -> str:
        rows, last = self._rows(sql, start, path)
        type, _, found = last.partition(", ")
        if operator is Operator.REGEX:
            meets = f"{type} = 'text' AND regexp({sql.add(value)}, {found})"
        elif isinstance(value, bool):
            meets = f"{type} = '{'true' if value else 'false'}'"
        elif isinstance(value, str):
            meets = f"{type} = 'text' AND {found} {SIGNS[operator]} {sql.add(value)}"
        else:
            meets = f"{type} IN ('integer', 'real') AND {found} {SIGNS[operator]} {sql.compared(value)}"
        return exists(rows, meets)

    def present(self, sql: Statement, start: str, path: Path) -> str:
        rows, last = self._rows(sql, start, path)
        return exists(rows, f"{last.partition(', ')[0]} <> 'null'")

    def element(self, sql: Statement, start: str, path: Path, where: Callable[[str], str]) -> str:
        rows, last = self._rows(sql, start, path)
        return exists(rows, f"{last.partition(', ')[0]} NOT IN ('array', 'null') AND {where(last)}")

    def some_indexed(self, sql: Statement, column: str, attribute: int, text: bool, sign: str, value: object) -> str:
        row = sql.alias()
        return exists(
            [f"json_each({column}, '$.\"{attribute}\"') AS {row}"], f"{row}.value {sign} {sql.compared(value)}"
        )

    def first_indexed(self, column: str, attribute: int, text: bool) -> str:
        first = f"json_extract({column}, '$.\"{attribute}\"[0]')"
        return f"coalesce('=' || {first}, '')" if text else f"coalesce({first}, -9e999)"

    @staticmethod
    def _rows(sql: Statement, start: str, path: Path) -> tuple[list[str], str]:
        rows: list[str] = []
        for name in path:
            type, _, value = start.partition(", ")
            member, each = sql.alias(), sql.alias()
            members = f"json_each(CASE {type} WHEN 'object' THEN {value} END)"
            array = (
                f"CASE {member}.type WHEN 'array' THEN {member}.value WHEN 'object' THEN '[' || {member}.value || ']'"
                f" WHEN 'true' THEN '[true]' WHEN 'false' THEN '[false]' ELSE json_array({member}.value) END"
            )
            rows.append(f"{members} AS {member} JOIN json_each({array}) AS {each} ON {member}.key = {sql.add(name)}")
            start = f"{each}.type, {each}.value"
        return rows, start


class Sqlite(Database):
    """A file."""

    json = SqliteJson()
    slots = 1

    def __init__(self, path: pathlib.Path) -> None:
        from pysqlite3 import dbapi2

        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)
        url = URL.create("sqlite", database=str(path))
        options = {"module": dbapi2, "connect_args": {"timeout": PATIENCE}, "max_overflow": 0, **JSON_OPTIONS}
        writer = create_engine(url, pool_size=1, **options)
        reader = create_engine(url, pool_size=READERS, pool_timeout=PATIENCE, **options)
        event.listen(writer, "connect", _set_up)
        event.listen(reader, "connect", _set_up)
        event.listen(writer, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        event.listen(reader, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        super().__init__(writer, reader)
        self._turn, self._turns = threading.Lock(), Turns(path)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        if not self._turn.acquire(timeout=PATIENCE):
            raise Conflict(f"another unit of work of this process has gone on for {PATIENCE} s: try again")
        try:
            with self._turns.mine(PATIENCE), super().writing() as connection:
                yield connection
        except NotMyTurn:
            raise Conflict(f"units of work of other processes have gone on for {PATIENCE} s: try again") from None
        finally:
            self._turn.release()

    def close(self) -> None:
        super().close()
        self._turns.close()

    def insert(self, table: Table) -> sqlite.Insert:
        return sqlite.insert(table)

    def further(self, table: str) -> str:
        return f"{table} INDEXED BY {table}_further"  # SQLite would rather go through all entries

    def new_numbers(self, connection: Connection, table: Table, count: int) -> Sequence[int]:
        last = connection.execute(_LAST, {"name": table.name}).scalar() or 0  # nobody else counts meanwhile
        return range(last + 1, last + 1 + count)

    def insert_many(self, connection: Connection, table: Table, columns: Columns, rows: Rows) -> None:
        values = ", ".join("?" for _ in columns)
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES ({values})", [*rows])

    def update_many(self, connection: Connection, table: Table, columns: Columns, rows: Rows) -> None:
        *changed, key = columns
        values = ", ".join(f"{name} = ?" for name in changed)
        connection.exec_driver_sql(f"UPDATE {table.name} SET {values} WHERE {key} = ?", [*rows])

    def delete_many(self, connection: Connection, table: Table, columns: Columns, rows: Rows) -> None:
        same = " AND ".join(f"{name} = ?" for name in columns)
        connection.exec_driver_sql(f"DELETE FROM {table.name} WHERE {same}", [*rows])

    def among(self, sql: Statement, values: Sequence[int] | Sequence[str]) -> str:
        return f"IN (SELECT value FROM json_each({sql.add(msgspec.json.encode(values).decode())}))"

    def lock_out(self, connection: Connection) -> None:
        """Who writes is alone anyway."""

    def lock_in(self, connection: Connection) -> None:
        """Who writes is alone anyway."""

    def queue(self, connection: Connection) -> None:
        """Who writes is alone anyway."""

    def follow(self, connection: Connection, reader: str) -> None:
        """Who writes is alone anyway."""

    def is_conflict(self, error: DBAPIError) -> bool:
        return "locked" in str(error.orig) or "busy" in str(error.orig)

    def number(self, value: float) -> Any:
        return value if isinstance(value, float) or -(2**63) <= value < 2**63 else float(value)


PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "cache_size=-16384", "mmap_size=4294967296", "foreign_keys=ON")


def _set_up(connection: Any, _record: object) -> None:
    """SQLAlchemy begins and ends transactions; the driver must not do so by itself."""
    connection.isolation_level = None
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").fetchall()
    connection.create_function("regexp", 2, _regexp, deterministic=True)


def _regexp(pattern: str, value: object) -> bool:
    return isinstance(value, str) and read_pattern(pattern).search(value)
