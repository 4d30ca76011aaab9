"""A MariaDB server as something to follow: what it must allow, its snapshot, and its stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from pymysql.connections import Connection

from trunkline.systems.changes.position import Position
from trunkline.systems.changes.settings import zone_of
from trunkline.systems.mariadb import catalogue
from trunkline.systems.mariadb.catalogue import TRANSACTIONAL, Table
from trunkline.systems.mariadb.dump import Dump
from trunkline.systems.mariadb.gtid import ends
from trunkline.systems.mariadb.login import Login
from trunkline.systems.mariadb.rows import Conventions, RowsReader
from trunkline.systems.mariadb.settings import MariadbSettings
from trunkline.systems.mariadb.snapshot import MariadbSnapshot, begin_snapshot
from trunkline.systems.mariadb.stream import MariadbStream
from trunkline.systems.mariadb.table_map import Table as TableMap
from trunkline.systems.reach import Context

UNREADABLE: Final = {"COMPRESSED": "MODIFY COLUMN it without COMPRESSED", "mariadb-5.3": "ALTER TABLE … FORCE"}
"""Words in a column's declaration under which the binary log has what is not read here, and what to do."""
AS_BYTES: Final = ("uuid", "inet6", "inet4")


class Mariadb:
    """See `changes.database.Database`."""

    connector: Final = "mariadb"

    def __init__(self, settings: MariadbSettings, context: Context) -> None:
        self._settings, self._login = settings, Login(settings, context)
        self._zone = zone_of(settings.zone)

    def names(self, table: str) -> Mapping[str, Any]:
        """See `changes.database.Database.names`."""
        database, _, name = table.partition(".")
        return {"db": database, "table": name}

    def uri(self, table: str) -> str:
        """See `changes.database.Database.uri`."""
        database, _, name = table.partition(".")
        return f"mariadb://{self._settings.host}:{self._settings.port}/{database}/{name}"

    def begin(self, position: Position, tables: Sequence[str]) -> Position:
        """See `changes.database.Database.begin`. Whether the log reaches back far enough shows when it is read."""
        with self._login.connection() as connection:
            catalogue.check_server(connection)
            for table in tables:
                self._table(connection, table)
        return position

    @contextmanager
    def snapshot(self, position: Position, tables: Sequence[str]) -> Iterator[MariadbSnapshot]:
        """See `changes.database.Database.snapshot`."""
        with self._login.connection() as connection:
            place = begin_snapshot(connection)
            found = {name: self._table(connection, name) for name in tables}
            keys = {name: self._settings.tables[name].key or table.key for name, table in found.items()}
            yield MariadbSnapshot(connection, place, found, keys, self._zone)

    @contextmanager
    def stream(self, position: Position) -> Iterator[MariadbStream]:
        """See `changes.database.Database.stream`."""
        with self._login.connection() as connection:
            charsets = catalogue.charsets_of(connection)

        def reader_of(table: TableMap) -> RowsReader:
            return RowsReader(table, Conventions(charsets, self._types(table), self._zone))

        with self._login.connection() as connection:
            first, _ = ends(position.at or "")
            keys = {name: table.key for name, table in self._settings.tables.items()}
            dump = Dump(connection, self._settings.server_id, first)
            yield MariadbStream(dump, position, keys=keys, reader_of=reader_of)

    def _table(self, connection: Connection[Any], name: str) -> Table:
        """The table, if it can be followed as it is declared. Raises `ValueError` where not."""
        table = catalogue.table_of(connection, name)
        user = self._settings.user
        if table is None:
            raise ValueError(f"there is no table {name}, or {user} may not read it: GRANT SELECT ON {name} TO {user}")
        if table.engine not in TRANSACTIONAL:
            raise ValueError(
                f"{name} is kept by {table.engine}, which has no transactions and so no snapshot: "
                f"ALTER TABLE {name} ENGINE = InnoDB"
            )
        for column, (_, declared) in table.columns.items():
            for word, cure in UNREADABLE.items():
                if word in declared:
                    raise ValueError(f"the column {column} of {name} ({declared}) cannot be read: {cure}")
        key = self._settings.tables[name].key
        if not (key or table.key):
            raise ValueError(f"{name} has no primary key: declare its `key`")
        if wrong := [column for column in key if column not in table.columns]:
            raise ValueError(f"`key` of {name} names {', '.join(wrong)}, which it does not have")
        return table

    def _types(self, table: TableMap) -> Mapping[str, str]:
        """The types of columns of which the binary log shows bytes only, as the table has them now."""
        with self._login.connection() as connection:
            now = catalogue.table_of(connection, f"{table.database}.{table.name}")
        return {name: type for name, (type, _) in now.columns.items() if type in AS_BYTES} if now else {}
