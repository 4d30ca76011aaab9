"""What tables need of a database; the rest is DB-API 2.0 (PEP 249) and the same for all."""

from __future__ import annotations

import binascii
from abc import ABC, abstractmethod
from base64 import b64decode
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, ClassVar, NamedTuple

import msgspec

OFFSETS = "trunkline_offset"

_json = msgspec.json.Encoder(decimal_format="number").encode


class Column(NamedTuple):
    """A column of a table. `kind` is its type in lower case; a `required` one must be given in every new row."""

    kind: str
    required: bool


class Server(NamedTuple):
    """A database on a server, and who logs in. Without a `port` it is the one that servers of its kind have.

    `tls` is `verify-full`, `verify-ca` or `off`, `ca` the file with the authorities that are trusted, "" for the
    system's.
    """

    host: str
    port: int | None
    user: str
    password: str | None
    name: str
    tls: str
    ca: str


class Database(ABC):
    """A connection to one kind of database."""

    mark: ClassVar[str]
    """How a parameter is written."""
    quote: ClassVar[str]
    """What names are quoted with."""
    binary: ClassVar[tuple[str, ...]]
    """Types that hold bytes, which an event has as base64."""
    begins: ClassVar[str] = ""
    """What begins a transaction that writes, where the driver does not."""
    offsets_kept: ClassVar[str] = ""
    """What the table of offsets is declared with besides."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @abstractmethod
    def columns(self, table: str) -> dict[str, Column]:
        """The columns by name; {} where there is no such table."""

    @abstractmethod
    def unique(self, table: str) -> list[frozenset[str]]:
        """The columns of each unique key of which an upsert can make use."""

    @abstractmethod
    def refuses(self, error: Exception) -> str:
        """What the database has against a row, where the error is about one and not about the database; else ""."""

    @abstractmethod
    def write(self, table: str, key: Sequence[str], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Insert rows, or update those whose key is there."""

    def delete(self, table: str, key: Sequence[str], keys: Sequence[Sequence[Any]]) -> None:
        conditions = " AND ".join(f"{self.name(column)} = {self.mark}" for column in key)
        self.cursor().executemany(f"DELETE FROM {self.name(table)} WHERE {conditions}", keys)  # noqa: S608  # quoted

    def prepared(self, value: Any, column: Column) -> Any:
        """A value of an event as a parameter for the column. Raises `ValueError` where it is none."""
        if isinstance(value, dict | list):
            return _json(value).decode()
        if isinstance(value, str) and column.kind.startswith(self.binary):
            try:
                return b64decode(value, validate=True)
            except binascii.Error:
                raise ValueError("bytes must be given in base64") from None
        return value

    def problem(self, table: str) -> str:
        """What makes a table useless, although it is there; "" where nothing does."""
        return ""

    def name(self, name: str) -> str:
        """A column's or a table's name (perhaps `schema.table`) as it is written in a statement."""
        return ".".join(f"{self.quote}{part}{self.quote}" for part in name.split("."))

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> Any:
        """Run a statement whose parameters are written `?`; returns its cursor."""
        cursor = self.cursor()
        cursor.execute(statement.replace("?", self.mark), parameters)
        return cursor

    def cursor(self) -> Any:
        return self._connection.cursor()

    def begin(self) -> None:
        """Begin a transaction, where the first statement does not do so anyway."""
        if self.begins:
            self.execute(self.begins)

    def commit(self) -> None:
        self._connection.commit()

    def rollback(self) -> None:
        with suppress(Exception):  # a connection that is lost has nothing to roll back
            self._connection.rollback()

    def close(self) -> None:
        with suppress(Exception):
            self._connection.close()
