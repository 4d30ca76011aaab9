"""PostgreSQL under the store: units of work beside each other, kept apart by locks of rows and by advisory ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, ClassVar, Final

import msgspec
from sqlalchemy import URL, Connection, Executable, Table, create_engine, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError

from trunkline.store.port import StoreError
from trunkline.store.query import Operator, Path, Value
from trunkline.store.sql.database import JSON_OPTIONS, PATIENCE, READERS, Columns, Database, Rows
from trunkline.store.sql.json import SIGNS, exists
from trunkline.store.sql.statement import Statement

# The store decides itself which index is walked and which are asked for each row of it; left to PostgreSQL's estimates,
# which know nothing of what stands together in entries, whole tables are read to join them.
PLANNER: Final = "-c jit=off -c plan_cache_mode=force_custom_plan -c enable_hashjoin=off -c enable_mergejoin=off"


class PostgresqlJson:
    """A `start` is a jsonb."""

    def document(self, column: str) -> str:
        return f"CAST({column} AS jsonb)"

    def compare(self, sql: Statement, start: str, path: Path, operator: Operator, value: Value) -> str:
        rows, found = self._rows(sql, start, path)
        text = f"({found} #>> '{{}}') COLLATE \"C\""
        if operator is Operator.REGEX:
            type, meets = "string", f"{text} ~ {sql.pattern(value)}"
        elif isinstance(value, bool):
            type, meets = "boolean", f"{found} = '{'true' if value else 'false'}'"
        elif isinstance(value, str):
            type, meets = "string", f"{text} {SIGNS[operator]} {sql.add(value)}"
        else:
            type, meets = "number", f"CAST({found} AS numeric) {SIGNS[operator]} {sql.compared(value)}"
        # Only a CASE says that the one is looked at before the other.
        return exists(rows, f"CASE WHEN jsonb_typeof({found}) = '{type}' THEN {meets} ELSE false END")

    def present(self, sql: Statement, start: str, path: Path) -> str:
        rows, found = self._rows(sql, start, path)
        return exists(rows, f"jsonb_typeof({found}) <> 'null'")

    def element(self, sql: Statement, start: str, path: Path, where: Callable[[str], str]) -> str:
        rows, found = self._rows(sql, start, path)
        return exists(rows, f"jsonb_typeof({found}) NOT IN ('array', 'null') AND {where(found)}")

    def some_indexed(self, sql: Statement, column: str, attribute: int, text: bool, sign: str, value: object) -> str:
        row = sql.alias()
        found = f"({row}.j #>> '{{}}') COLLATE \"C\"" if text else f"CAST({row}.j AS numeric)"
        rows = f"jsonb_array_elements({column} -> '{attribute}') AS {row}(j)"
        return exists([rows], f"{found} {sign} {sql.compared(value)}")

    def first_indexed(self, column: str, attribute: int, text: bool) -> str:
        first = f"({column} -> '{attribute}' ->> 0)"
        if text:
            return f"coalesce('=' || {first}, '') COLLATE \"C\""
        return f"coalesce(CAST({first} AS numeric), '-Infinity')"

    @staticmethod
    def _rows(sql: Statement, start: str, path: Path) -> tuple[list[str], str]:
        # In lax mode, the default, each step goes through an array to its elements, once.
        steps = "".join(f".{msgspec.json.encode(name).decode()}" for name in path)
        row = sql.alias()
        found = f"jsonb_path_query({start}, CAST({sql.add(f'${steps}[*]')} AS jsonpath)) AS {row}(j)"
        return [found], f"{row}.j"


class Postgresql(Database):
    """A database on a server."""

    json = PostgresqlJson()
    lock_row = "FOR UPDATE"
    slots = 16

    _CATALOGUE: ClassVar = 0x74726B01  # advisory locks of this database, by numbers of our own
    _OUTBOX: ClassVar = 0x74726B02
    _READERS: ClassVar = 0x74726B03

    def __init__(self, url: URL) -> None:
        try:
            import psycopg  # noqa: F401
        except ImportError:
            raise StoreError(
                "a store on PostgreSQL needs a package that is not installed: pip install 'trunkline[postgresql]'"
            ) from None
        address = url.set(drivername="postgresql+psycopg")
        given = str(url.query.get("options", ""))
        writer = create_engine(
            address,
            connect_args={"options": f"{given} {PLANNER} -c lock_timeout={PATIENCE}s"},
            pool_size=READERS,
            pool_timeout=PATIENCE,
            **JSON_OPTIONS,
        )
        reader = create_engine(
            address,
            connect_args={"options": f"{given} {PLANNER}"},
            isolation_level="REPEATABLE READ",
            pool_size=READERS,
            max_overflow=0,
            pool_timeout=PATIENCE,
            **JSON_OPTIONS,
        )
        super().__init__(writer, reader)

    def insert(self, table: Table) -> postgresql.Insert:
        return postgresql.insert(table)

    def new_numbers(self, connection: Connection, table: Table, count: int) -> Sequence[int]:
        [key] = table.primary_key.columns
        counted = text(
            f"SELECT nextval(pg_get_serial_sequence('{table.name}', '{key.name}')) FROM generate_series(1, :n)"
        )
        return connection.execute(counted, {"n": count}).scalars().all()

    def insert_many(self, connection: Connection, table: Table, columns: Columns, rows: Rows) -> None:
        into = f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT * FROM"
        self._unnest(connection, table, columns, rows, into, "")

    def update_many(self, connection: Connection, table: Table, columns: Columns, rows: Rows) -> None:
        *changed, key = columns
        values = ", ".join(f"{name} = many.{name}" for name in changed)
        of = f"UPDATE {table.name} SET {values} FROM"
        self._unnest(connection, table, columns, rows, of, f"WHERE {table.name}.{key} = many.{key}")

    def delete_many(self, connection: Connection, table: Table, columns: Columns, rows: Rows) -> None:
        same = " AND ".join(f"{table.name}.{name} = many.{name}" for name in columns)
        self._unnest(connection, table, columns, rows, f"DELETE FROM {table.name} USING", f"WHERE {same}")

    @staticmethod
    def _unnest(connection: Connection, table: Table, names: Columns, rows: Rows, before: str, after: str) -> None:
        # As columns: a parameter for each value of each row would take ten times as long, and so would arrays as text.
        types = (table.c[name].type.compile(connection.dialect).partition(" ")[0] for name in names)
        columns = ", ".join(f"CAST(%b AS {type}[])" for type in types)
        statement = f"{before} unnest({columns}) AS many({', '.join(names)}) {after}"
        connection.exec_driver_sql(statement, tuple(list(column) for column in zip(*rows, strict=True)))

    def among(self, sql: Statement, values: Sequence[int] | Sequence[str]) -> str:
        return f"= ANY({sql.add([*values])})"

    def lock_out(self, connection: Connection) -> None:
        connection.execute(self._advisory("pg_advisory_xact_lock", self._CATALOGUE))

    def lock_in(self, connection: Connection) -> None:
        connection.execute(self._advisory("pg_advisory_xact_lock_shared", self._CATALOGUE))

    def queue(self, connection: Connection) -> None:
        connection.execute(self._advisory("pg_advisory_xact_lock", self._OUTBOX))

    def follow(self, connection: Connection, reader: str) -> None:
        lock = text("SELECT pg_advisory_xact_lock(:which, hashtext(:reader))")
        connection.execute(lock, {"which": self._READERS, "reader": reader})

    def is_conflict(self, error: DBAPIError) -> bool:
        # Serialization failure, deadlock, lock timeout, unique violation.
        return getattr(error.orig, "sqlstate", None) in ("40001", "40P01", "55P03", "23505")

    def number(self, value: float) -> Any:
        return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)

    @staticmethod
    def _advisory(function: str, number: int) -> Executable:
        return text(f"SELECT {function}({number})")
