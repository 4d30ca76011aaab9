"""The database under the store: how SQLite and PostgreSQL are connected to, where they differ, and what fails.

SQLite: a write-ahead log, durable at each commit; one unit at a time, in this process by a lock and among processes by
SQLite's own. PostgreSQL: units beside each other, kept apart by row locks.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Final

import msgspec
from sqlalchemy import URL, Connection, Engine, Executable, Table, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError, SQLAlchemyError

from trunkline.store.pattern import read_pattern
from trunkline.store.port import Conflict, StoreError, Unavailable
from trunkline.store.sql.json import Json, PostgresqlJson, SqliteJson
from trunkline.store.sql.statement import Statement

PATIENCE: Final = 30  # seconds that one waits for another's unit of work
READERS: Final = 20  # connections that read at once; a thread more waits
# The store decides itself which index is walked and which are asked for each row of it; left to PostgreSQL's estimates,
# which know nothing of what stands together in entries, whole tables are read to join them.
PLANNER: Final = "-c jit=off -c plan_cache_mode=force_custom_plan -c enable_hashjoin=off -c enable_mergejoin=off"
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

    def insert_many(self, connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert many rows, which all have the same columns."""
        connection.execute(table.insert(), rows)

    @abstractmethod
    def among(self, sql: Statement, numbers: list[int]) -> str:
        """That a number is one of these, as one parameter however many they are."""

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


class Sqlite(Database):
    """A file."""

    json = SqliteJson()
    slots = 1

    def __init__(self, path: Path) -> None:
        from pysqlite3 import dbapi2

        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=0o600)
        url = URL.create("sqlite", database=str(path))
        options = {"module": dbapi2, "connect_args": {"timeout": PATIENCE}, "max_overflow": 0, **JSON_OPTIONS}
        writer = create_engine(url, pool_size=1, **options)
        reader = create_engine(url, pool_size=READERS, pool_timeout=PATIENCE, **options)
        event.listen(writer, "connect", _set_up)
        event.listen(reader, "connect", _set_up)
        event.listen(writer, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        event.listen(reader, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        super().__init__(writer, reader)
        self._turn = threading.Lock()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        if not self._turn.acquire(timeout=PATIENCE):
            raise Conflict(f"another unit of work of this process has gone on for {PATIENCE} s: try again")
        try:
            with super().writing() as connection:
                yield connection
        finally:
            self._turn.release()

    def insert(self, table: Table) -> sqlite.Insert:
        return sqlite.insert(table)

    def further(self, table: str) -> str:
        return f"{table} INDEXED BY {table}_further"  # SQLite would rather go through all entries

    def among(self, sql: Statement, numbers: list[int]) -> str:
        return f"IN (SELECT value FROM json_each({sql.add(msgspec.json.encode(numbers).decode())}))"

    def lock_out(self, connection: Connection) -> None:
        """Who writes is alone anyway."""

    def lock_in(self, connection: Connection) -> None:
        """Who writes is alone anyway."""

    def queue(self, connection: Connection) -> None:
        """Who writes is alone anyway."""

    def follow(self, connection: Connection, reader: str) -> None:
        """Who writes is alone anyway."""

    def is_conflict(self, error: DBAPIError) -> bool:
        return "locked" in str(error.orig) or "busy" in str(error.orig)

    def number(self, value: float) -> Any:
        return value if isinstance(value, float) or -(2**63) <= value < 2**63 else float(value)


class Postgresql(Database):
    """A database on a server."""

    json = PostgresqlJson()
    lock_row = "FOR UPDATE"
    slots = 16

    _CATALOGUE: ClassVar = 0x74726B01  # advisory locks of this database, by numbers of our own
    _OUTBOX: ClassVar = 0x74726B02
    _READERS: ClassVar = 0x74726B03

    def __init__(self, url: URL) -> None:
        try:
            import psycopg  # noqa: F401
        except ImportError:
            raise StoreError(
                "a store on PostgreSQL needs a package that is not installed: pip install 'trunkline[postgresql]'"
            ) from None
        address = url.set(drivername="postgresql+psycopg")
        given = str(url.query.get("options", ""))
        writer = create_engine(
            address,
            connect_args={"options": f"{given} {PLANNER} -c lock_timeout={PATIENCE}s"},
            pool_size=READERS,
            pool_timeout=PATIENCE,
            **JSON_OPTIONS,
        )
        reader = create_engine(
            address,
            connect_args={"options": f"{given} {PLANNER}"},
            isolation_level="REPEATABLE READ",
            pool_size=READERS,
            max_overflow=0,
            pool_timeout=PATIENCE,
            **JSON_OPTIONS,
        )
        super().__init__(writer, reader)

    def insert(self, table: Table) -> postgresql.Insert:
        return postgresql.insert(table)

    def insert_many(self, connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        # As columns: a parameter for each value of each row would take ten times as long.
        names = list(rows[0])
        types = (table.c[name].type.compile(connection.dialect).partition(" ")[0] for name in names)
        columns = (f"CAST(:{name} AS {type}[])" for name, type in zip(names, types, strict=True))
        statement = f"INSERT INTO {table.name} ({', '.join(names)}) SELECT * FROM unnest({', '.join(columns)})"
        connection.execute(text(statement), {name: [row[name] for row in rows] for name in names})

    def among(self, sql: Statement, numbers: list[int]) -> str:
        return f"= ANY({sql.add(numbers)})"

    def lock_out(self, connection: Connection) -> None:
        connection.execute(self._advisory("pg_advisory_xact_lock", self._CATALOGUE))

    def lock_in(self, connection: Connection) -> None:
        connection.execute(self._advisory("pg_advisory_xact_lock_shared", self._CATALOGUE))

    def queue(self, connection: Connection) -> None:
        connection.execute(self._advisory("pg_advisory_xact_lock", self._OUTBOX))

    def follow(self, connection: Connection, reader: str) -> None:
        lock = text("SELECT pg_advisory_xact_lock(:which, hashtext(:reader))")
        connection.execute(lock, {"which": self._READERS, "reader": reader})

    def is_conflict(self, error: DBAPIError) -> bool:
        # Serialization failure, deadlock, lock timeout, unique violation.
        return getattr(error.orig, "sqlstate", None) in ("40001", "40P01", "55P03", "23505")

    def number(self, value: float) -> Any:
        from decimal import Decimal

        return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)

    @staticmethod
    def _advisory(function: str, number: int) -> Executable:
        return text(f"SELECT {function}({number})")


def _set_up(connection: Any, _record: object) -> None:
    """SQLAlchemy begins and ends transactions; the driver must not do so by itself."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536", "mmap_size=4294967296"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    connection.create_function("regexp", 2, _regexp, deterministic=True)


def _regexp(pattern: str, value: object) -> bool:
    return isinstance(value, str) and read_pattern(pattern).search(value)
