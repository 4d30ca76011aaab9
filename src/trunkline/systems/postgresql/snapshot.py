"""Tables as they were when a replication slot was made: the snapshot that the server exports with the slot."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from psycopg.sql import SQL, Literal

from trunkline.systems.changes.change import Moment, Shape, Unreadable
from trunkline.systems.postgresql.catalogue import Published, Table, column_list, identifier
from trunkline.systems.postgresql.row import RowReader

_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_LETTERS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


class PostgresqlSnapshot:
    """See `changes.database.Snapshot`. `readers` turn each table's values into what JSON has."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        moment: Moment,
        tables: Mapping[str, Table],
        keys: Mapping[str, tuple[str, ...]],
        sent: Mapping[str, Published],
        readers: Mapping[str, RowReader],
    ) -> None:
        self._connection, self._sent, self._readers = connection, sent, readers
        self.moment = moment
        self.shapes = {name: Shape(readers[name].columns, keys[name]) for name in tables}

    @property
    def at(self) -> str:
        """See `changes.database.Snapshot.at`."""
        return self.moment.at

    def rows(self, table: str) -> Iterator[list[Any] | Unreadable]:
        """See `changes.database.Snapshot.rows`."""
        reader, condition = self._readers[table], self._sent[table].rows
        where = SQL(" WHERE " + condition) if condition else SQL("")  # the publication's own, from the catalogue
        query = SQL("COPY (SELECT {} FROM {}{}) TO STDOUT").format(
            column_list(reader.columns), identifier(table), where
        )
        with self._connection.cursor().copy(query) as copy:
            for line in copy:
                yield reader.read(_fields(bytes(line)))


def import_snapshot(connection: psycopg.Connection[Any], name: str) -> None:
    """From now on this session sees the database as the exported snapshot has it."""
    connection.execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    connection.execute(SQL("SET TRANSACTION SNAPSHOT {}").format(Literal(name)))


def _fields(line: bytes) -> list[bytes | None]:
    r"""The values of a line of COPY's text format, between tabs and `\N` for null (documentation of COPY)."""
    return [
        None if field == rb"\N" else _ESCAPED.sub(_unescape, field) if b"\\" in field else field
        for field in line.removesuffix(b"\n").split(b"\t")
    ]


def _unescape(found: re.Match[bytes]) -> bytes:
    return _LETTERS.get(found[1], found[1])
