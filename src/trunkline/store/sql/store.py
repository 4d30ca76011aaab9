"""The store on a database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
from sqlalchemy import Connection, bindparam, delete, select

from trunkline.log.port import Event
from trunkline.store.port import Kind, Outgoing
from trunkline.store.query import Found, Query, Stored
from trunkline.store.sql.catalogue import Catalogue, current_version, declare, load
from trunkline.store.sql.database import Database
from trunkline.store.sql.finding import LOOK, Finder
from trunkline.store.sql.migrating import STEPS
from trunkline.store.sql.tables import outbox, record
from trunkline.store.sql.unit import SqlUnit

_decode_event = msgspec.msgpack.Decoder(Event).decode
_ONE = select(record.c.version, record.c.document).where(
    record.c.kind == bindparam("kind"), record.c.id == bindparam("id")
)


class SqlStore:
    """See `port.Store`. A condition that no index answers is held against `look` documents."""

    def __init__(self, database: Database, look: int = LOOK) -> None:
        self._database, self._look = database, look
        with database.writing() as connection:
            database.lock_out(connection)
            STEPS.migrate(connection)
        with database.reading() as connection:
            self._catalogue = load(connection)

    def declare(self, kinds: Sequence[Kind]) -> None:
        with self._database.writing() as connection:
            declare(connection, self._database, kinds)

    def get(self, kind: str, id: str) -> Stored | None:
        with self._database.reading() as connection:
            row = connection.execute(_ONE, {"kind": kind, "id": id}).one_or_none()
        return Stored(id, row.version, row.document.encode()) if row is not None else None

    def find(self, query: Query) -> Found:
        with self._database.reading() as connection:
            return Finder(connection, self._database, self._current(connection), query, self._look).found()

    @contextmanager
    def unit(self) -> Iterator[SqlUnit]:
        with self._database.writing() as connection:
            self._database.lock_in(connection)
            unit = SqlUnit(connection, self._database, self._current(connection))
            yield unit
            unit.finish()

    def outbox(self, limit: int = 1000) -> Sequence[Outgoing]:
        first = select(outbox).order_by(outbox.c.id).limit(limit)
        with self._database.reading() as connection:
            return [Outgoing(row.id, row.topic, _decode_event(row.event)) for row in connection.execute(first)]

    def sent(self, last: int) -> None:
        with self._database.writing() as connection:
            connection.execute(delete(outbox).where(outbox.c.id <= last))

    def close(self) -> None:
        self._database.close()

    def _current(self, connection: Connection) -> Catalogue:
        """The catalogue, read anew where another process has changed it."""
        if current_version(connection) != self._catalogue.version:
            self._catalogue = load(connection)
        return self._catalogue
