"""A PostgreSQL database as something to follow: what it must allow, its snapshot, and its stream."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, LiteralString

import psycopg
from msgspec.structs import replace

from trunkline.systems.changes.change import Moment
from trunkline.systems.changes.database import ANEW, Gap
from trunkline.systems.changes.position import Position
from trunkline.systems.changes.settings import zone_of
from trunkline.systems.postgresql import catalogue
from trunkline.systems.postgresql.catalogue import NAMELESS, Table
from trunkline.systems.postgresql.login import Login
from trunkline.systems.postgresql.pgoutput import Relation
from trunkline.systems.postgresql.replication import Replication, read_lsn, write_lsn
from trunkline.systems.postgresql.row import RowReader
from trunkline.systems.postgresql.settings import PostgresqlSettings
from trunkline.systems.postgresql.snapshot import PostgresqlSnapshot, import_snapshot
from trunkline.systems.postgresql.stream import PostgresqlStream
from trunkline.systems.postgresql.values import Converter, Converters
from trunkline.systems.reach import Context

Session = psycopg.Connection[Any]


class Postgresql:
    """See `changes.database.Database`."""

    connector: Final = "postgresql"

    def __init__(self, settings: PostgresqlSettings, context: Context) -> None:
        self._settings, self._login = settings, Login(settings, context)
        name = context.name.replace("-", "_")
        self._prefix = f"trunkline_{name}"[:50]
        self._publication = settings.publication or f"trunkline_{name}"[:63]
        self._zone = zone_of(settings.zone)
        self._plain_bytes = False

    def names(self, table: str) -> Mapping[str, Any]:
        """See `changes.database.Database.names`."""
        schema, _, name = table.partition(".")
        return {"db": self._settings.database, "schema": schema, "table": name}

    def uri(self, table: str) -> str:
        """See `changes.database.Database.uri`."""
        settings = self._settings
        return f"postgresql://{settings.host}:{settings.port}/{settings.database}/{table}"

    def begin(self, position: Position, tables: Sequence[str]) -> Position:
        """See `changes.database.Database.begin`. A slot has a name that no other has ever had, so that the one we find
        under it is surely ours."""
        with self._login.connection() as session:
            self._plain_bytes = session.info.parameter_status("server_encoding") == "SQL_ASCII"
            if (level := _one(session, "SHOW wal_level")) != "logical":
                raise ValueError(
                    f"`wal_level` of the server is {level}: ALTER SYSTEM SET wal_level = logical, and start it anew"
                )
            if not _one(session, "SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user"):
                user = self._settings.user
                raise PermissionError(f"{user} may not read the server's log: ALTER ROLE {user} REPLICATION")
            found = [self._table(session, table) for table in tables]
            self._publish(session, [table.name for table in found])
            with self._login.connection(replication=True) as replicating:
                system = Replication(replicating).system()
            if position.at is None:
                catalogue.drop_slot(session, position.slot)  # of a snapshot that was broken off
                return replace(position, slot=f"{self._prefix}_{secrets.token_hex(4)}", server=system)
            if position.server != system:
                raise Gap(f"the system {position.server}, which was followed, is another: changes are lost; {ANEW}")
            if not catalogue.slot_is_whole(session, position.slot):
                raise Gap(f"the slot {position.slot} or what was behind it is gone: changes are lost; {ANEW}")
            return position

    @contextmanager
    def snapshot(self, position: Position, tables: Sequence[str]) -> Iterator[PostgresqlSnapshot]:
        """See `changes.database.Database.snapshot`. The first one begins where the slot does."""
        first = position.at is None
        with self._login.connection(replication=True) as replicating:
            name = position.slot if first else f"{self._prefix}_{secrets.token_hex(4)}"
            slot = Replication(replicating).make_slot(name, temporary=not first)
            with self._login.connection() as session:
                import_snapshot(session, slot.snapshot)
                found = {table: self._table(session, table) for table in tables}
                sent = catalogue.published(session, self._publication) or {}
                converters = self._converters(session)
                readers = {
                    name: RowReader(columns, [converters.of(table.columns[column]) for column in columns])
                    for name, table in found.items()
                    if (columns := [c for c in table.columns if c in (sent[name].columns or table.columns)])
                }
                moment = Moment(write_lsn(slot.at), 0, time.time_ns() // 1000, slot.at, {"lsn": slot.at})
                keys = {name: self._key(table) for name, table in found.items()}
                if self._plain_bytes:
                    session.execute("SET client_encoding = SQL_ASCII")  # the catalogue was still to be read as text
                yield PostgresqlSnapshot(session, moment, found, keys, sent, readers)

    @contextmanager
    def stream(self, position: Position) -> Iterator[PostgresqlStream]:
        """See `changes.database.Database.stream`."""
        with self._login.connection() as session:
            converters = self._converters(session)
        with self._login.connection(replication=True, plain_bytes=self._plain_bytes) as replicating:
            replication = Replication(replicating)
            replication.start(position.slot, read_lsn(position.at or "0/0"), self._publication)
            yield PostgresqlStream(
                replication, position, converter_of=partial(self._converter, converters), key_of=self._key_of
            )

    def _publish(self, session: Session, tables: Sequence[str]) -> None:
        sent = catalogue.published(session, self._publication)
        if missing := [table for table in tables if table not in (sent or {})]:
            catalogue.publish(session, self._publication, missing, make=sent is None)

    def _table(self, session: Session, name: str) -> Table:
        """The table, if it can be followed as it is declared. Raises `ValueError` or `PermissionError` where not."""
        table = catalogue.table_of(session, name)
        if table is None:
            raise ValueError(f"the database {self._settings.database} has no table {name}")
        if not table.readable:
            raise PermissionError(
                f"{self._settings.user} may not read {name}: GRANT SELECT ON {name} TO {self._settings.user}"
            )
        full = f"ALTER TABLE {name} REPLICA IDENTITY FULL"
        key, declared = self._key(table), self._settings.tables[name]
        if not key:
            raise ValueError(f"{name} has no primary key: declare its `key`, and {full}")
        if wrong := [column for column in key if column not in table.columns]:
            raise ValueError(f"`key` of {name} names {', '.join(wrong)}, which it does not have")
        if wrong := [column for column in key if column not in table.identity]:
            raise ValueError(f"of a row that is gone the server does not give {', '.join(wrong)} of {name}: {full}")
        if declared.envelope == "row" and table.stores_large_values and table.replica_identity != NAMELESS:
            raise ValueError(
                f"an update of {name} does not repeat large values that it leaves alone, so its rows are not whole: "
                f"{full}, or declare `envelope: change`"
            )
        return table

    def _key(self, table: Table) -> tuple[str, ...]:
        return self._settings.tables[table.name].key or table.primary_key

    def _key_of(self, relation: Relation) -> tuple[str, ...]:
        """The key's columns in the shape that a table has in the stream, which may be an older one than it has now."""
        name = f"{relation.schema}.{relation.name}"
        if declared := self._settings.tables[name].key:
            return declared
        if relation.replica_identity == "d":
            return tuple(column.name for column in relation.columns if column.identity)
        with self._login.connection() as session:
            table = catalogue.table_of(session, name)
        return table.primary_key if table else ()

    def _converters(self, session: Session) -> Converters:
        return Converters(catalogue.types_of(session), self._zone)

    def _converter(self, converters: Converters, type: int) -> Converter:
        """One of a type that may be younger than the stream."""
        if not converters.knows(type):
            with self._login.connection() as session:
                converters.learn(catalogue.types_of(session))
        return converters.of(type)


def _one(session: Session, query: LiteralString) -> Any:
    row = session.execute(query).fetchone()
    return row[0] if row else None
