"""The table of keys: data keys wrapped by master keys, and these wrapped by the key-encryption key.

Two levels, so that a keeper of keys across the network is asked once a process and not once a person, and so that a new
version of its key means to wrap a few master keys anew. The table has a database of its own, unless it is a server's:
a copy of the log or of the store then holds no keys, and one of the keys, made before a person was erased, is not
brought back with the data.

All that changes the table holds its one row of `key_change`; the number there grows when keys are taken away, by which
other processes learn that what they remember is to be forgotten. Of a person's key that was deleted, its number stays:
so what was erased is told from what the wrong table, or an older copy of it, has no key for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple, TypeVar

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    Table,
    Text,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    select,
    text,
    update,
)

from trunkline.store.opening import open_database

_MAKING: Final = 0x74726B10  # PostgreSQL's advisory lock, beside those of the store (0x74726B01 and so on)
PART: Final = 500  # names, ids or rows in one statement
TAKEN_AWAY: Final = {"name": "", "master": 0, "wrapped": b""}
T = TypeVar("T", str, int)

metadata = MetaData()
_number = BigInteger().with_variant(Integer, "sqlite")

master_key = Table(
    "master_key",
    metadata,
    Column("id", _number, primary_key=True, autoincrement=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("made", BigInteger, nullable=False),  # microseconds
    sqlite_autoincrement=True,
)
data_key = Table(
    "data_key",
    metadata,
    Column("id", _number, primary_key=True, autoincrement=True),  # never given twice: what was sealed names it
    Column("purpose", Text, nullable=False),
    Column("name", Text, nullable=False),  # "" of one that was deleted
    Column("master", BigInteger, nullable=False),  # 0 of one that was deleted
    Column("wrapped", LargeBinary, nullable=False),  # empty of one that was deleted
    Column("made", BigInteger, nullable=False),
    Index("data_key_by_name", "purpose", "name", "id"),
    Index("data_key_by_master", "master"),
    sqlite_autoincrement=True,
)
key_change = Table("key_change", metadata, Column("number", BigInteger, nullable=False))


class Wrapped(NamedTuple):
    """A data key as it lies in the table."""

    id: int
    purpose: str
    name: str
    master: int
    wrapped: bytes
    """Empty where it was deleted."""
    made: int


class Summary(NamedTuple):
    """The keys of one purpose and name; those of persons together, and so those that were deleted (`erased`)."""

    purpose: str
    name: str
    keys: int
    made: int
    """When the newest was made, microseconds."""


class KeyTable:
    """The tables in the database at `url` (as of a store), made where they are not there. Raises `StoreError`."""

    def __init__(self, url: str) -> None:
        self._database = open_database(url)
        self._file = url.removeprefix("sqlite://") if url.startswith("sqlite:") else ""
        with self._database.writing() as connection:
            # One process at a time; not by a lock of the store, whose unit of work may be waiting for this.
            if connection.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_MAKING})"))
            metadata.create_all(connection)
            if connection.execute(select(key_change.c.number)).first() is None:
                connection.execute(insert(key_change).values(number=1))

    def changes(self) -> int:
        """A number that grows when keys are taken away."""
        with self._database.reading() as connection:
            return int(connection.execute(select(key_change.c.number)).scalar_one())

    def masters(self) -> dict[int, bytes]:
        """Wrapped master keys by id, the newest last."""
        with self._database.reading() as connection:
            return _masters(connection)

    def newest(self, purpose: str, names: Sequence[str]) -> dict[str, Wrapped]:
        """The newest key of each name that has one."""
        found: dict[str, Wrapped] = {}
        with self._database.reading() as connection:
            for part in _parts(names):
                found |= _newest(connection, purpose, part)
        return found

    def of_ids(self, ids: Sequence[int]) -> list[Wrapped]:
        """The keys with these numbers."""
        found: list[Wrapped] = []
        with self._database.reading() as connection:
            for part in _parts(ids):
                found += _rows(connection, select(data_key).where(data_key.c.id.in_(part)))
        return found

    def add_master(self, make: Callable[[], bytes], *, first: bool = False) -> None:
        """Add a master key, wrapped, which is the newest then; with `first`, only where there is none."""
        with self._changing() as connection:
            if not first or not _masters(connection):
                connection.execute(insert(master_key).values(wrapped=make(), made=_now()))

    def add(
        self, purpose: str, wrapped: Mapping[str, bytes], master: int, older_than: int
    ) -> dict[str, Wrapped] | None:
        """Add keys, wrapped by `master`; those that another process has made since `older_than` (microseconds) stand.
        The newest of each name, or None where the master key is gone."""
        with self._changing() as connection:
            if master not in _masters(connection):
                return None
            found: dict[str, Wrapped] = {}
            for part in _parts(list(wrapped)):
                there = _newest(connection, purpose, part)
                new = [name for name in part if name not in there or there[name].made < older_than]
                if new:
                    rows = [
                        {"purpose": purpose, "name": name, "master": master, "wrapped": wrapped[name], "made": _now()}
                        for name in new
                    ]
                    connection.execute(insert(data_key), rows)
                    there = _newest(connection, purpose, part)
                found |= there
            return found

    def erase(self, person: str) -> int:
        """Delete all keys of a person for good, and those under which what is many persons' lies together; how many of
        the person's there were. Their numbers stay."""
        with self._taking_away() as connection:
            its = (data_key.c.purpose == "person") & (data_key.c.name == person)
            gone = connection.execute(update(data_key).where(its).values(TAKEN_AWAY))
            others = (data_key.c.purpose == "together") & (data_key.c.master > 0)
            connection.execute(update(data_key).where(others).values(TAKEN_AWAY))
        return int(gone.rowcount)

    def drop(self, purpose: str, needed: Collection[int], before: int) -> int:
        """Delete the keys of a purpose for good that were made before a moment (microseconds), but those with the
        numbers that are `needed`; how many there were."""
        its = (data_key.c.purpose == purpose) & (data_key.c.master > 0) & (data_key.c.made < before)
        with self._database.reading() as connection:
            found = set(connection.execute(select(data_key.c.id).where(its)).scalars()) - set(needed)
        if found:
            with self._taking_away() as connection:
                for part in _parts(sorted(found)):
                    connection.execute(update(data_key).where(data_key.c.id.in_(part)).values(TAKEN_AWAY))
        return len(found)

    def rewrap_masters(self, again: Callable[[bytes], bytes]) -> None:
        """Wrap every master key anew."""
        with self._changing() as connection:
            for id, wrapped in _masters(connection).items():
                changed = update(master_key).where(master_key.c.id == id).values(wrapped=again(wrapped))
                connection.execute(changed)

    def rewrap(self, again: Callable[[Wrapped, int], bytes]) -> int:
        """Wrap some data keys anew that an older master key has wrapped, by the newest; how many these were."""
        with self._changing() as connection:
            newest = connection.execute(select(func.max(master_key.c.id))).scalar_one()
            older = select(data_key).where(data_key.c.master.between(1, newest - 1))
            rows = _rows(connection, older.order_by(data_key.c.id).limit(PART))
            if rows:
                its = update(data_key).where(data_key.c.id == bindparam("of")).values(master=newest)
                connection.execute(its, [{"of": row.id, "wrapped": again(row, newest)} for row in rows])
        return len(rows)

    def drop_masters(self, retire: Callable[[Collection[bytes]], None]) -> None:
        """Take those master keys away that wrap nothing any more, the newest excepted, and then retire what wraps none
        of those that are left."""
        with self._taking_away() as connection:
            used = exists().where(data_key.c.master == master_key.c.id)
            newest = select(func.max(master_key.c.id)).scalar_subquery()
            connection.execute(delete(master_key).where(~used, master_key.c.id < newest))
        with self._changing() as connection:  # what wraps a key is let go of only when the one before is durable
            retire(_masters(connection).values())

    def summaries(self) -> list[Summary]:
        """What there is, by purpose, and by name where names are no persons'."""
        deleted = data_key.c.wrapped == b""
        purpose = case((deleted, "erased"), else_=data_key.c.purpose).label("what")
        name = case((data_key.c.purpose == "person", ""), else_=data_key.c.name).label("whose")
        counted = select(purpose, name, func.count(data_key.c.id), func.max(data_key.c.made))
        counted = counted.where(~deleted | (data_key.c.purpose == "person")).group_by("what", "whose")
        with self._database.reading() as connection:
            return sorted(Summary(*row) for row in connection.execute(counted))

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """One change at a time, over all processes."""
        with self._database.writing() as connection:
            connection.execute(select(key_change.c.number).with_for_update()).scalar_one()
            yield connection

    @contextmanager
    def _taking_away(self) -> Iterator[Connection]:
        """A change by which keys go for good: overwritten, not only unlinked; and other processes learn of it."""
        with self._changing() as connection:
            if self._file:
                connection.exec_driver_sql("PRAGMA secure_delete = ON")
            yield connection
            connection.execute(update(key_change).values(number=key_change.c.number + 1))
        self._empty_journal()

    def _empty_journal(self) -> None:
        """Let nothing that was taken away stand in SQLite's write-ahead log."""
        if self._file:
            from pysqlite3 import dbapi2

            connection = dbapi2.connect(self._file, timeout=5)
            try:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            finally:
                connection.close()


def _masters(connection: Connection) -> dict[int, bytes]:
    rows = connection.execute(select(master_key.c.id, master_key.c.wrapped).order_by(master_key.c.id))
    return {row.id: bytes(row.wrapped) for row in rows}


def _newest(connection: Connection, purpose: str, names: Sequence[str]) -> dict[str, Wrapped]:
    chosen = select(data_key).where(data_key.c.purpose == purpose, data_key.c.name.in_(names)).order_by(data_key.c.id)
    return {row.name: row for row in _rows(connection, chosen)}


def _rows(connection: Connection, chosen: Select[tuple[object, ...]]) -> list[Wrapped]:
    return [
        Wrapped(row.id, row.purpose, row.name, row.master, bytes(row.wrapped), row.made)
        for row in connection.execute(chosen)
    ]


def _parts(names: Sequence[T]) -> Iterator[Sequence[T]]:
    for first in range(0, len(names), PART):
        yield names[first : first + PART]


def _now() -> int:
    return time.time_ns() // 1000
