"""Tables as they were at one place of the binary log, read in one transaction, without a lock."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from pymysql.connections import Connection
from pymysql.cursors import SSCursor

from trunkline.systems.changes import times
from trunkline.systems.changes.change import Moment, Shape, Unreadable
from trunkline.systems.mariadb.catalogue import Column, Table, quoted, rows_of
from trunkline.systems.mariadb.gtid import GtidPosition, between

FETCHED = 500  # rows at a time


class MariadbSnapshot:
    """See `changes.database.Snapshot`."""

    def __init__(
        self,
        connection: Connection[Any],
        place: Place,
        tables: Mapping[str, Table],
        keys: Mapping[str, tuple[str, ...]],
        zone: ZoneInfo | None,
    ) -> None:
        self._connection, self._tables, self._zone = connection, tables, zone
        source = {"gtid": place.at, "file": place.file, "pos": place.byte}
        self.moment = Moment(place.at, 0, time.time_ns() // 1000, place.byte, source)
        self.at = between(place.since, place.at)
        self.shapes = {name: Shape(tuple(table.columns), keys[name]) for name, table in tables.items()}

    def rows(self, table: str) -> Iterator[list[Any] | Unreadable]:
        """See `changes.database.Snapshot.rows`."""
        columns = self._tables[table].columns
        converters = [_converter(column.type, self._zone) for column in columns.values()]
        names = ", ".join(_expression(name, column) for name, column in columns.items())
        query = f"SELECT {names} FROM {quoted(*table.split('.', 1))}"  # noqa: S608  # names are quoted
        with self._connection.cursor(SSCursor) as cursor:
            cursor.execute(query)
            while rows := cursor.fetchmany(FETCHED):
                for row in rows:
                    yield [
                        None if value is None else convert(value)
                        for value, convert in zip(row, converters, strict=True)
                    ]


class Place(NamedTuple):
    """Where a snapshot is in the binary log: behind the GTID position `at`, in `file` at `byte`. `since` is where to
    begin reading so that no distributed transaction is missed that was prepared and not yet decided."""

    at: str
    since: str
    file: str
    byte: int


def begin_snapshot(connection: Connection[Any]) -> Place:
    """From now on this session sees the database as it is now.

    Raises `ConnectionError` while a distributed transaction is undecided, `ValueError` where the server does not say
    where it is.
    """
    [(since,)] = rows_of(connection, "SELECT @@GLOBAL.gtid_binlog_pos")
    if undecided := len(rows_of(connection, "XA RECOVER")):
        raise ConnectionError(f"{undecided} distributed transactions are prepared: the snapshot waits for their end")
    rows_of(connection, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    rows_of(connection, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
    place = dict(rows_of(connection, "SHOW STATUS LIKE 'binlog_snapshot_%%'"))
    file, byte = str(place.get("Binlog_snapshot_file", "")), int(place.get("Binlog_snapshot_position") or 0)
    [(at,)] = rows_of(connection, "SELECT BINLOG_GTID_POS(%s, %s)", file, byte)
    if not file or at is None:
        raise ValueError("the server does not say at which place of its binary log a snapshot is")
    # A commit is in the binary log before it is in the tables, so that `since` may be ahead of the snapshot.
    since = GtidPosition.read(str(since)).or_earlier(GtidPosition.read(str(at)))
    return Place(str(at), str(since), file, byte)


def _expression(name: str, column: Column) -> str:
    # A FLOAT is written with six digits, which is not all it has.
    return f"CAST({quoted(name)} AS DOUBLE)" if column.type == "float" else quoted(name)


def _converter(type: str, zone: ZoneInfo | None) -> Callable[[Any], Any]:
    if type in ("tinyint", "smallint", "mediumint", "int", "bigint", "year"):
        return int
    if type in ("float", "double"):
        return float
    if type == "decimal":
        return _decimal
    if type == "bit":
        return int.from_bytes
    if type == "datetime":
        return partial(times.local, zone=zone)
    if type == "timestamp":
        return times.utc
    return _text_or_bytes


def _decimal(text: str) -> str:
    """Without the zeros in front of a ZEROFILL."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, point, fraction = digits.partition(".")
    return f"{sign}{whole.lstrip('0') or '0'}{point}{fraction}"


def _text_or_bytes(value: str | bytes) -> str:
    return value if isinstance(value, str) else b64encode(value).decode()
