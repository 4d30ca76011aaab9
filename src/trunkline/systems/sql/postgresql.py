"""PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import psycopg
from psycopg.conninfo import make_conninfo

from trunkline.systems.sink import Down
from trunkline.systems.sql.database import Column, Database, Server
from trunkline.systems.sql.sqlite import insert, on_conflict

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
        if not isinstance(error, psycopg.Error):
            return ""
        code = error.sqlstate
        if code is None:  # the driver's own: a text with a zero byte, say
            return str(error) if isinstance(error, psycopg.DataError) else ""
        about_row = code.startswith(CLASSES) or code in CODES
        return str(error.diag.message_primary or error) if about_row else ""

    def write(self, table: str, key: Sequence[str], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        self.cursor().executemany(f"{insert(self, table, columns)} {on_conflict(self, key, columns)}", rows)

    def prepared(self, value: Any, column: Column) -> Any:
        if column.kind.endswith("[]") and isinstance(value, list):
            return value
        if column.kind in ("json", "jsonb") and isinstance(value, str | bool | int):
            return msgspec.json.encode(value).decode()
        return super().prepared(value, column)


def open_postgresql(server: Server) -> Postgresql:
    """Log in to a server. Raises `Down`."""
    tls = (
        {"sslmode": server.tls, "sslrootcert": server.ca or "system"} if server.tls != "off" else {"sslmode": "disable"}
    )
    given = make_conninfo(
        host=server.host, port=server.port or 5432, user=server.user or None, password=server.password,
        dbname=server.name, connect_timeout=10, application_name="trunkline", options="-c timezone=UTC",
        gssencmode="disable", keepalives_idle=30, tcp_user_timeout=60_000, **tls,
    )  # fmt: skip
    try:
        return Postgresql(psycopg.connect(given))
    except psycopg.Error as error:
        reason = " ".join(str(error).split())
        raise Down(f"the database {server.name} on {server.host} cannot be reached: {reason}") from None
