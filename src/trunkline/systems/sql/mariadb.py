"""MariaDB (and MySQL, whose protocol it speaks)."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pymysql
from pymysql.constants import CLIENT, ER

from trunkline.systems.sink import Down
from trunkline.systems.sql.database import Column, Database, Server
from trunkline.systems.sql.sqlite import insert

# Errors that tell of a row, beside those that the driver itself calls errors of integrity or of data.
WRONG_VALUE, CHECK_FAILED, SIGNALLED = 1366, 4025, 1644
ABOUT_ROW = (ER.NO_DEFAULT_FOR_FIELD, WRONG_VALUE, CHECK_FAILED, SIGNALLED)


class Mariadb(Database):
    """See `Database`."""

    mark, quote = "%s", "`"
    binary = ("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob")
    offsets_kept = "ENGINE = InnoDB CHARACTER SET ascii COLLATE ascii_bin"

    def columns(self, table: str) -> dict[str, Column]:
        rows = self.execute(
            "SELECT column_name, data_type, is_nullable = 'NO' AND column_default IS NULL AND extra = '' "
            "FROM information_schema.columns WHERE table_schema = COALESCE(?, DATABASE()) AND table_name = ?",
            _parts(table),
        )
        return {name: Column(kind.lower(), bool(required)) for name, kind, required in rows.fetchall()}

    def unique(self, table: str) -> list[frozenset[str]]:
        rows = self.execute(
            "SELECT index_name, column_name FROM information_schema.statistics WHERE NOT non_unique "
            "AND table_schema = COALESCE(?, DATABASE()) AND table_name = ?",
            _parts(table),
        )
        found: dict[str, set[str]] = {}
        for index, column in rows.fetchall():
            found.setdefault(index, set()).add(column)
        return [frozenset(columns) for columns in found.values()]

    def problem(self, table: str) -> str:
        rows = self.execute(
            "SELECT engine FROM information_schema.tables WHERE table_schema = COALESCE(?, DATABASE()) "
            "AND table_name = ?",
            _parts(table),
        ).fetchall()
        engine = str(rows[0][0]) if rows else ""
        return "" if engine == "InnoDB" else f"its engine is {engine}, which has no transactions: use InnoDB"

    def refuses(self, error: Exception) -> str:
        about_row = isinstance(error, pymysql.IntegrityError | pymysql.DataError) or (
            isinstance(error, pymysql.Error) and error.args[:1] and error.args[0] in ABOUT_ROW
        )
        return str(error.args[-1]) if about_row else ""

    def write(self, table: str, key: Sequence[str], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        if any(other != set(key) and other <= set(columns) for other in self.unique(table)):
            self._write_singly(table, key, columns, rows)
            return
        changed = [column for column in columns if column not in key] or key[:1]
        action = ", ".join(f"{name} = VALUES({name})" for name in map(self.name, changed))
        self.cursor().executemany(f"{insert(self, table, columns)} ON DUPLICATE KEY UPDATE {action}", rows)

    def _write_singly(
        self, table: str, key: Sequence[str], columns: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> None:
        """`ON DUPLICATE KEY` would update whatever row has the same value in any other unique key."""
        changed = [column for column in columns if column not in key] or key[:1]
        settings = ", ".join(f"{self.name(column)} = ?" for column in changed)
        conditions = " AND ".join(f"{self.name(column)} = ?" for column in key)
        update = f"UPDATE {self.name(table)} SET {settings} WHERE {conditions}"  # noqa: S608  # names are quoted
        for row in rows:
            values = dict(zip(columns, row, strict=True))
            if not self.execute(update, [values[column] for column in (*changed, *key)]).rowcount:
                self.cursor().execute(insert(self, table, columns), row)

    def prepared(self, value: Any, column: Column) -> Any:
        if isinstance(value, str) and column.kind in ("datetime", "timestamp"):
            return _utc(value)
        return super().prepared(value, column)


def open_mariadb(server: Server) -> Mariadb:
    """Log in to a server. Raises `Down`."""
    try:
        connection = pymysql.connect(
            host=server.host, port=server.port or 3306, user=server.user or None, password=server.password or "",
            database=server.name, charset="utf8mb4", connect_timeout=10, read_timeout=60, write_timeout=60,
            ssl=_tls(server), ssl_disabled=server.tls == "off",
            client_flag=CLIENT.FOUND_ROWS,  # an update that changes nothing has found its row all the same
            init_command="SET SESSION sql_mode = 'TRADITIONAL', time_zone = '+00:00'",  # no value is bent to fit
        )  # fmt: skip
    except (pymysql.Error, OSError) as error:
        reason = f"{error.args[-1]}" if error.args else type(error).__name__
        raise Down(f"the database {server.name} on {server.host} cannot be reached: {reason}") from None
    return Mariadb(connection)


def _tls(server: Server) -> ssl.SSLContext | None:
    if server.tls == "off":
        return None
    context = ssl.create_default_context(cafile=server.ca or None)
    context.check_hostname = server.tls == "verify-full"
    return context


def _parts(table: str) -> tuple[str | None, str]:
    schema, _, name = table.rpartition(".")
    return schema or None, name


def _utc(value: str) -> str:
    """An ISO 8601 time as MariaDB reads it: in UTC, without zone."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value  # the database shall say what it has against it
    return (moment.astimezone(UTC) if moment.tzinfo else moment).strftime("%Y-%m-%d %H:%M:%S.%f")
