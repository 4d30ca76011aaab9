"""What the server's catalogue says of the declared tables and of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pymysql
from pymysql.connections import Connection

REQUIRED = {
    "log_bin": ("1", "start the server with --log-bin"),
    "binlog_format": ("ROW", "SET GLOBAL binlog_format = ROW, and in its configuration"),
    "binlog_row_image": ("FULL", "SET GLOBAL binlog_row_image = FULL, and in its configuration"),
    "binlog_row_metadata": ("FULL", "SET GLOBAL binlog_row_metadata = FULL, and in its configuration"),
}
"""What the server must be set to, and how that is done."""
TRANSACTIONAL = ("InnoDB", "ROCKSDB")


class Column(NamedTuple):
    """A column as it is now: its type (`varchar`), and all that is said of it (`varchar(20)`)."""

    type: str
    declared: str


class Table(NamedTuple):
    """A table as it is now; `key` are the primary key's columns in the table's order."""

    name: str
    engine: str
    columns: Mapping[str, Column]
    key: tuple[str, ...]


def rows_of(connection: Connection[Any], query: str, *arguments: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, arguments)
        return list(cursor.fetchall())


def check_server(connection: Connection[Any]) -> None:
    """Raises `ValueError` naming every setting that must be another."""
    wrong = []
    for name, (value, cure) in REQUIRED.items():
        [(found,)] = rows_of(connection, f"SELECT @@GLOBAL.{name}") or [("",)]
        if str(found) != value:
            wrong.append(f"`{name}` is {found}: {cure}")
    if wrong:
        raise ValueError(f"the server's binary log does not tell enough: {'; '.join(wrong)}")


def table_of(connection: Connection[Any], name: str) -> Table | None:
    """The table `database.table`; None where there is none, or we may not see it."""
    place = name.split(".", 1)
    found = rows_of(
        connection,
        "SELECT engine FROM information_schema.tables WHERE table_schema = %s AND table_name = %s "
        "AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')",
        *place,
    )
    if not found:
        return None
    columns = {
        column: Column(type.lower(), declared)
        for column, type, declared in rows_of(
            connection,
            "SELECT column_name, data_type, column_type FROM information_schema.columns "
            "WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position",
            *place,
        )
    }
    keys = rows_of(
        connection,
        "SELECT column_name FROM information_schema.statistics WHERE table_schema = %s AND table_name = %s "
        "AND index_name = 'PRIMARY'",
        *place,
    )
    return Table(name, str(found[0][0]), columns, tuple(c for c in columns if (c,) in keys))


def charsets_of(connection: Connection[Any]) -> dict[int, str]:
    """The character set of each collation, by the collation's number."""
    try:  # since MariaDB 10.10 one collation may serve several character sets
        found = rows_of(
            connection,
            "SELECT id, character_set_name FROM information_schema.collation_character_set_applicability",
        )
    except pymysql.OperationalError:
        found = rows_of(connection, "SELECT id, character_set_name FROM information_schema.collations")
    return {int(number): charset for number, charset in found if number is not None}


def quoted(*names: str) -> str:
    """Names as SQL writes them."""
    return ".".join(f"`{name.replace('`', '``')}`" for name in names)
