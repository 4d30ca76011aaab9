"""PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg2
from psycopg2.extras import execute_batch, execute_values

from trunkline.systems.sink import Down
from trunkline.systems.sql.database import Column, Database, Server
from trunkline.systems.sql.sqlite import on_conflict

OPTIONS = ("sslmode", "sslrootcert", "sslcert", "sslkey")
PAGE = 500  # rows a statement
# Classes and codes of PostgreSQL's appendix A that tell of a row: data exception, integrity, check option, limits; a
# value of another type than the column's, and what a trigger raises.
CLASSES, CODES = ("22", "23", "44", "54"), ("42804", "P0001")


class Postgresql(Database):
    """See `Database`."""

    mark, quote, binary = "%s", '"', ("bytea",)

    def columns(self, table: str) -> dict[str, Column]:
        rows = self.execute(
            "SELECT attname, format_type(atttypid, NULL), "
            "attnotnull AND NOT atthasdef AND attidentity = '' AND attgenerated = '' "
            "FROM pg_attribute WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT attisdropped",
            (self.name(table),),
        )
        return {name: Column(kind, required) for name, kind, required in rows.fetchall()}

    def unique(self, table: str) -> list[frozenset[str]]:
        rows = self.execute(
            "SELECT array_agg(attname::text) FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = "
            "ANY ((indkey::int2[])[0:indnkeyatts - 1]) WHERE indrelid = to_regclass(?) AND indisunique AND indisvalid "
            "AND indimmediate AND indpred IS NULL AND indexprs IS NULL GROUP BY indexrelid",
            (self.name(table),),
        )
        return [frozenset(names) for (names,) in rows.fetchall()]

    def refuses(self, error: Exception) -> str:
        if isinstance(error, psycopg2.Error):
            code = error.pgcode or ""
            about_row = code.startswith(CLASSES) or code in CODES
            return str(error.diag.message_primary or error) if about_row else ""
        return str(error) if isinstance(error, ValueError) else ""  # a text with a zero byte

    def write(self, table: str, key: Sequence[str], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        names = ", ".join(map(self.name, columns))
        statement = f"INSERT INTO {self.name(table)} ({names}) VALUES %s {on_conflict(self, key, columns)}"  # noqa: S608
        execute_values(self.cursor(), statement, rows, page_size=PAGE)

    def delete(self, table: str, key: Sequence[str], keys: Sequence[Sequence[Any]]) -> None:
        conditions = " AND ".join(f"{self.name(column)} = %s" for column in key)
        execute_batch(self.cursor(), f"DELETE FROM {self.name(table)} WHERE {conditions}", keys, page_size=PAGE)  # noqa: S608


def open_postgresql(server: Server, options: Mapping[str, str]) -> Postgresql:
    """Log in to a server. Raises `Down`."""
    try:
        connection = psycopg2.connect(
            host=server.host, port=server.port or 5432, user=server.user or None, password=server.password,
            dbname=server.name, connect_timeout=10, application_name="trunkline", options="-c timezone=UTC",
            keepalives_idle=30, tcp_user_timeout=60_000, **options,
        )  # fmt: skip
    except psycopg2.Error as error:
        reason = " ".join(str(error).split())
        raise Down(f"the database {server.name} on {server.host} cannot be reached: {reason}") from None
    return Postgresql(connection)
