"""SQLite, a file of this machine."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from trunkline.systems.sink import Down
from trunkline.systems.sql.database import Column, Database

PATIENCE = 10.0  # seconds to wait for another writer


class Sqlite(Database):
    """See `Database`."""

    mark, quote, binary = "?", '"', ("blob",)
    begins = "BEGIN IMMEDIATE"

    def columns(self, table: str) -> dict[str, Column]:
        rows = self.execute('SELECT name, type, "notnull" AND dflt_value IS NULL FROM pragma_table_info(?)', (table,))
        return {name: Column(kind.lower(), bool(required)) for name, kind, required in rows}

    def unique(self, table: str) -> list[frozenset[str]]:
        primary = self.execute("SELECT name FROM pragma_table_info(?) WHERE pk > 0", (table,))
        found = [frozenset(name for (name,) in primary)]
        whole = 'SELECT name FROM pragma_index_list(?) WHERE "unique" AND NOT partial'
        for (index,) in self.execute(whole, (table,)).fetchall():
            names = self.execute("SELECT name FROM pragma_index_info(?)", (index,))
            found.append(frozenset(name for (name,) in names))  # an expression has no name, so it fits no key
        return found

    def refuses(self, error: Exception) -> str:
        return str(error) if isinstance(error, sqlite3.IntegrityError | sqlite3.DataError | OverflowError) else ""

    def write(self, table: str, key: Sequence[str], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        self.cursor().executemany(f"{insert(self, table, columns)} {on_conflict(self, key, columns)}", rows)

    def prepared(self, value: Any, column: Column) -> Any:
        value = super().prepared(value, column)
        return float(value) if isinstance(value, Decimal) else value


def open_sqlite(path: Path) -> Sqlite:
    """Open a database that is there. Raises `Down`."""
    try:
        # `mode=rw`: a name that was mistyped makes no new file.
        connection = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=PATIENCE, isolation_level=None)
        connection.execute("PRAGMA foreign_keys = ON")
        return Sqlite(connection)
    except sqlite3.Error as error:
        raise Down(f"the database {path} cannot be opened: {error}") from None


def insert(database: Database, table: str, columns: Sequence[str]) -> str:
    """The head of an insert, with a mark for each column."""
    names, marks = ", ".join(map(database.name, columns)), ", ".join([database.mark] * len(columns))
    return f"INSERT INTO {database.name(table)} ({names}) VALUES ({marks})"  # noqa: S608  # names are quoted


def on_conflict(database: Database, key: Sequence[str], columns: Sequence[str]) -> str:
    """How SQLite and PostgreSQL say that a row whose key is there is updated."""
    changed = [f"{name} = excluded.{name}" for name in (database.name(c) for c in columns if c not in key)]
    action = f"UPDATE SET {', '.join(changed)}" if changed else "NOTHING"
    return f"ON CONFLICT ({', '.join(map(database.name, key))}) DO {action}"
