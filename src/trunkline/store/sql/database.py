"""The database under the store: its connections, what fails, and where databases differ."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Final, TypeAlias

import msgspec
from sqlalchemy import Connection, Engine, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError, SQLAlchemyError

from trunkline.store.port import Conflict, StoreError, Unavailable
from trunkline.store.sql.json import Json
from trunkline.store.sql.statement import Statement

PATIENCE: Final = 30  # seconds that one waits for another's unit of work
READERS: Final = 20  # connections that read at once; a thread more waits
Columns: TypeAlias = tuple[str, ...]
Rows: TypeAlias = Sequence[tuple[Any, ...]]
JSON_OPTIONS: Final[dict[str, Any]] = {
    "json_serializer": lambda value: msgspec.json.encode(value).decode(),
    "json_deserializer": msgspec.json.decode,
}


class Database(ABC):
    """Connections that read and connections that write."""

    json: ClassVar[Json]
    slots: ClassVar[int]
    """Over how many rows a kind's tally is spread."""

    def __init__(self, writer: Engine, reader: Engine) -> None:
        self._writer, self._reader = writer, reader

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: durable when the block ends, undone where it raises. Raises `Conflict`."""
        with _translated(self), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection whose statements all see what was committed when the first began."""
        with _translated(self), self._reader.connect() as connection:
            yield connection

    @abstractmethod
    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT that may say what is done where the row is there already."""

    @abstractmethod
    def new_numbers(self, connection: Connection, table: Table, count: int) -> Sequence[int]:
        """Numbers for so many new rows of a table that counts its rows up, in their order."""

    @abstractmethod
    def insert_many(self, connection: Connection, table: Table, columns: Columns, rows: Rows) -> None:
        """Insert many rows in one go: each has a value of every column, JSON as text."""

    @abstractmethod
    def update_many(self, connection: Connection, table: Table, columns: Columns, rows: Rows) -> None:
        """Change many rows in one go; the last of the columns is the key."""

    @abstractmethod
    def delete_many(self, connection: Connection, table: Table, columns: Columns, rows: Rows) -> None:
        """Delete many rows in one go, by all of these columns."""

    @abstractmethod
    def among(self, sql: Statement, values: Sequence[int] | Sequence[str]) -> str:
        """That a number or a text is one of these, as one parameter however many they are."""

    def further(self, table: str) -> str:
        """A table of entries, to be asked for those that do not lead by the index of them."""
        return table

    @abstractmethod
    def lock_out(self, connection: Connection) -> None:
        """Let no unit be at work beside this transaction until it ends: what indexes hold is being changed."""

    @abstractmethod
    def lock_in(self, connection: Connection) -> None:
        """Wait until nobody holds `lock_out`, and let nobody have it before this transaction ends."""

    @abstractmethod
    def queue(self, connection: Connection) -> None:
        """Wait until those who write to the outbox have committed: so its ids rise in the order of commits."""

    @abstractmethod
    def follow(self, connection: Connection, reader: str) -> None:
        """Wait until another unit that has asked for the positions of this reader has ended."""

    @abstractmethod
    def is_conflict(self, error: DBAPIError) -> bool:
        """Whether another unit got in the way."""

    def number(self, value: float) -> Any:
        """A number as a parameter."""
        return value

    def close(self) -> None:
        self._writer.dispose()
        self._reader.dispose()


@contextmanager
def _translated(database: Database) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if database.is_conflict(error):
            raise Conflict(f"another unit of work got in the way, try again: {error.orig}") from error
        kind = Unavailable if isinstance(error, OperationalError | InterfaceError | InternalError) else StoreError
        raise kind(f"the store's database refused: {error.orig}") from error
    except SQLAlchemyError as error:
        raise StoreError(f"the store's database cannot be used: {error}") from error
