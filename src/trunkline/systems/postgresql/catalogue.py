"""What the database's catalogue says of the declared tables, its types, and what we may do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from trunkline.systems.postgresql.values import TypeEntry

NAMELESS = "f"  # relreplident of REPLICA IDENTITY FULL


class Table(NamedTuple):
    """A table as it is now. `columns` are those with values of their own (none that is computed) and their types'
    numbers; `primary_key` and `identity`, the columns that the server gives of old rows, in the table's order.

    `replica_identity` is its pg_class.relreplident, and `stores_large_values` says that values of it may lie outside
    of their row, whose updates then do not repeat them.
    """

    name: str
    columns: Mapping[str, int]
    primary_key: tuple[str, ...]
    identity: tuple[str, ...]
    replica_identity: str
    stores_large_values: bool
    readable: bool


class Published(NamedTuple):
    """What a publication sends of a table: its columns, and which rows (an SQL expression, None for all)."""

    columns: tuple[str, ...] | None
    rows: str | None


def table_of(connection: psycopg.Connection[Any], name: str) -> Table | None:
    """The table `schema.table`; None where there is none."""
    schema, _, table = name.partition(".")
    found = connection.execute(
        "SELECT c.oid, c.relreplident::text, c.reltoastrelid <> 0 OR c.relkind = 'p', "
        "has_table_privilege(c.oid, 'SELECT') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = %s AND c.relname = %s AND c.relkind IN ('r', 'p')",
        (schema, table),
    ).fetchone()
    if found is None:
        return None
    oid, identity, large, readable = found
    columns = dict(
        connection.execute(
            "SELECT attname::text, atttypid::int8 FROM pg_attribute WHERE attrelid = %s AND attnum > 0 "
            "AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
            (oid,),
        ).fetchall()
    )
    primary = _index(connection, oid, "indisprimary")
    given = {"d": primary, "i": _index(connection, oid, "indisreplident"), NAMELESS: tuple(columns)}
    return Table(name, columns, primary, given.get(identity, ()), identity, large, readable)


def _index(connection: psycopg.Connection[Any], table: int, which: str) -> tuple[str, ...]:
    rows = connection.execute(
        SQL(
            "SELECT attname::text FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY "
            "((indkey::int2[])[0:indnkeyatts - 1]) WHERE indrelid = %s AND {} ORDER BY attnum"
        ).format(Identifier(which)),
        (table,),
    )
    return tuple(name for (name,) in rows.fetchall())


def types_of(connection: psycopg.Connection[Any]) -> dict[int, TypeEntry]:
    """All types, by their number."""
    rows = connection.execute(
        "SELECT oid::int8, typtype::text, typbasetype::int8, "
        "CASE WHEN typcategory = 'A' THEN typelem::int8 ELSE 0 END, typdelim::text FROM pg_type"
    )
    return {oid: TypeEntry(*rest) for oid, *rest in rows.fetchall()}


def published(connection: psycopg.Connection[Any], publication: str) -> dict[str, Published] | None:
    """What the publication sends, by table; None where there is none of that name.

    Raises `ValueError` where it keeps some kind of change to itself.
    """
    made = connection.execute(
        "SELECT pubinsert AND pubupdate AND pubdelete AND pubtruncate FROM pg_publication WHERE pubname = %s",
        (publication,),
    ).fetchone()
    if made is None:
        return None
    if not made[0]:
        raise ValueError(f"the publication {publication} does not send every kind of change: {_all_kinds(publication)}")
    rows = connection.execute("SELECT * FROM pg_publication_tables WHERE pubname = %s", (publication,))
    names = [column.name for column in rows.description or ()]
    tables = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
    # Before PostgreSQL 15 a publication had no columns and no rows of its own.
    return {
        f"{table['schemaname']}.{table['tablename']}": Published(
            tuple(table["attnames"]) if table.get("attnames") else None, table.get("rowfilter")
        )
        for table in tables
    }


def publish(connection: psycopg.Connection[Any], publication: str, tables: Iterable[str], *, make: bool) -> None:
    """Make the publication of these tables, or add them to it.

    Raises `PermissionError` naming the statement where we may not: a table's owner must do it.
    """
    if make:
        statement = SQL("CREATE PUBLICATION {} FOR TABLE {} WITH (publish_via_partition_root = true)")
    else:
        statement = SQL("ALTER PUBLICATION {} ADD TABLE {}")
    complete = statement.format(Identifier(publication), SQL(", ").join(identifier(table) for table in tables))
    try:
        connection.execute(complete)
    except psycopg.errors.InsufficientPrivilege:
        raise PermissionError(
            f"the tables' owner must let their changes be sent: {complete.as_string(connection)}"
        ) from None


def slot_is_whole(connection: psycopg.Connection[Any], slot: str) -> bool:
    """Whether the slot is there and the server still has all of the log behind it."""
    cursor = connection.execute("SELECT * FROM pg_replication_slots WHERE slot_name = %s", (slot,))
    row = cursor.fetchone()
    names = [column.name for column in cursor.description or ()]
    return row is not None and dict(zip(names, row, strict=True)).get("wal_status") != "lost"  # since PostgreSQL 13


def drop_slot(connection: psycopg.Connection[Any], slot: str) -> None:
    connection.execute(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s", (slot,)
    )


def identifier(table: str) -> Composed:
    """`schema.table` as SQL writes it."""
    schema, _, name = table.partition(".")
    return Composed([Identifier(schema, name)])


def column_list(columns: Sequence[str]) -> Composed:
    return SQL(", ").join(map(Identifier, columns))


def _all_kinds(publication: str) -> str:
    return f"ALTER PUBLICATION {publication} SET (publish = 'insert, update, delete, truncate')"
