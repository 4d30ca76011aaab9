"""A unit of work on a transaction of the database."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec
from sqlalchemy import Connection, Row, Table, bindparam, delete, select, text, update

from trunkline.log.port import Event, TopicPartition
from trunkline.store.port import Conflict, StoreError
from trunkline.store.query import Stored
from trunkline.store.sql.catalogue import Catalogue
from trunkline.store.sql.database import Database
from trunkline.store.sql.entries import Indexed, indexed
from trunkline.store.sql.statement import Statement
from trunkline.store.sql.tables import outbox, reader_position, record, tally
from trunkline.store.sql.writing import Changes

MOST_HELD: Final = 10_000  # documents whose entries are written together
LONGEST_ID: Final = 500  # characters

Read: TypeAlias = tuple[Indexed, str]
"""What indexes hold of a document, and its text."""

encode_event = msgspec.msgpack.Encoder().encode
_encode = msgspec.json.encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode

# Made once: to put a statement together takes longer than to run it.
_OF_KIND = select(record).where(record.c.kind == bindparam("kind")).with_for_update()
_LOCKED = _OF_KIND.where(record.c.id == bindparam("id"))
_CHANGED = update(record).where(record.c.seq == bindparam("of"))


class SqlUnit:
    """See `port.Unit`. What indexes hold, the tallies and the outbox are written when it ends, so that others wait
    for as short as can be."""

    def __init__(self, connection: Connection, database: Database, catalogue: Catalogue) -> None:
        self._connection, self._database, self._catalogue = connection, database, catalogue
        self._changes = Changes()
        self._counted: Counter[str] = Counter()
        self._sent: list[tuple[str, bytes]] = []
        self._seen: dict[tuple[str, str], Row[Any] | None] = {}

    def get(self, kind: str, id: str) -> Stored | None:
        row = self._row(kind, id)
        return Stored(id, row.version, row.document.encode()) if row is not None else None

    def get_many(self, kind: str, ids: Collection[str]) -> Mapping[str, Stored]:
        self._see(kind, ids)
        rows = ((id, self._seen[kind, id]) for id in ids)
        return {id: Stored(id, row.version, row.document.encode()) for id, row in rows if row is not None}

    def add(self, kind: str, id: str, document: bytes) -> Stored:
        after, content = self._read(kind, id, document)
        values = {"kind": kind, "id": id, "version": 1, "indexed": after, "document": content}
        # A statement that fails would end the whole transaction on PostgreSQL.
        self._seen.pop((kind, id), None)
        added = self._database.insert(record).on_conflict_do_nothing().returning(record.c.seq)
        seq = self._connection.execute(added, values).scalar()
        if seq is None:
            raise Conflict(f"there is a {kind} {id} already")
        self._note(seq, kind, {}, after)
        self._counted[kind] += 1
        return Stored(id, 1, document)

    def replace(self, kind: str, id: str, document: bytes, version: int | None = None) -> Stored:
        return self._replace(kind, self._expected(kind, id, version), id, document)

    def put(self, kind: str, id: str, document: bytes) -> Stored:
        row = self._row(kind, id)
        return self._replace(kind, row, id, document) if row is not None else self.add(kind, id, document)

    def put_many(self, kind: str, documents: Mapping[str, bytes]) -> None:
        read = {id: self._read(kind, id, document) for id, document in documents.items()}
        self._see(kind, read)
        there = {id: row for id in read if (row := self._seen.pop((kind, id))) is not None}
        if there:
            self._replace_many(kind, [(row, read[id]) for id, row in there.items()])
        if len(there) < len(read):
            self._add_many(kind, {id: each for id, each in read.items() if id not in there})

    def remove(self, kind: str, id: str, version: int | None = None) -> None:
        row = self._expected(kind, id, version)
        self._connection.execute(delete(record).where(record.c.seq == row.seq))
        self._note(row.seq, kind, row.indexed, {})
        self._counted[kind] -= 1

    def send(self, topic: str, event: Event) -> None:
        self._sent.append((topic, encode_event(event)))

    def positions(self, reader: str) -> Mapping[TopicPartition, int]:
        self._database.follow(self._connection, reader)
        found = select(reader_position).where(reader_position.c.reader == reader)
        return {TopicPartition(row.topic, row.partition): row.next for row in self._connection.execute(found)}

    def set_positions(self, reader: str, offsets: Mapping[TopicPartition, int]) -> None:
        for (topic, partition), offset in offsets.items():
            key = {"reader": reader, "topic": topic, "partition": partition}
            self._upsert(reader_position, key, {"next": offset}, {"next": offset})

    def finish(self) -> None:
        """Write what was held back; the transaction may be committed then."""
        self._changes.write(self._connection, self._database)
        slot = os.getpid() % self._database.slots
        for kind, count in sorted(self._counted.items()):  # sorted, so that two units never wait for each other
            if count:
                more = {"documents": tally.c.documents + count}
                self._upsert(tally, {"kind": kind, "slot": slot}, {"documents": count}, more)
        if self._sent:
            self._database.queue(self._connection)
            self._database.insert_many(self._connection, outbox, ("topic", "event"), self._sent)

    def _read(self, kind: str, id: str, document: bytes) -> Read:
        """What indexes hold of a document, and its text. Raises `StoreError` where it is none."""
        indexings = self._catalogue.of(kind)
        if not 0 < len(id) <= LONGEST_ID or "\0" in id:
            raise StoreError(f"an id has 1 to {LONGEST_ID} characters, none of them NUL: {id[:50]!r}")
        try:
            read, content = _decode(document), document.decode()
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise StoreError(f"{kind} {id} is no JSON object: {error}") from None
        if b"\\u0000" in document and _has_nul(read):
            raise StoreError(f"{kind} {id} has the character NUL in a text, which PostgreSQL cannot keep: remove it")
        return indexed(read, indexings), content

    def _see(self, kind: str, ids: Collection[str]) -> None:
        """Read and lock what is to be known of these."""
        self._catalogue.of(kind)
        if unseen := sorted(id for id in ids if (kind, id) not in self._seen):
            sql = Statement(self._database.number)
            among = text(f"id {self._database.among(sql, unseen)}")
            rows = self._connection.execute(
                _OF_KIND.where(among).order_by(record.c.id), {"kind": kind, **sql.parameters}
            )
            self._seen |= {(kind, id): None for id in unseen} | {(kind, row.id): row for row in rows}

    def _row(self, kind: str, id: str) -> Row[Any] | None:
        """The row as it is now, which may be changed: it is not known by itself any more."""
        self._catalogue.of(kind)
        self._seen.pop((kind, id), None)
        return self._connection.execute(_LOCKED, {"kind": kind, "id": id}).one_or_none()

    def _expected(self, kind: str, id: str, version: int | None) -> Row[Any]:
        row = self._row(kind, id)
        if row is None:
            raise Conflict(f"there is no {kind} {id}")
        if version is not None and row.version != version:
            raise Conflict(f"{kind} {id} was changed: it is at version {row.version}, not {version} any more")
        return row

    def _replace(self, kind: str, row: Row[Any], id: str, document: bytes) -> Stored:
        after, content = self._read(kind, id, document)
        values = {"of": row.seq, "version": row.version + 1, "indexed": after, "document": content}
        self._connection.execute(_CHANGED, values)
        self._note(row.seq, kind, row.indexed, after)
        return Stored(id, row.version + 1, document)

    def _replace_many(self, kind: str, read: Sequence[tuple[Row[Any], Read]]) -> None:
        rows = [(row.version + 1, *_written(after), row.seq) for row, after in read]
        self._database.update_many(self._connection, record, ("version", "indexed", "document", "seq"), rows)
        for row, (after, _) in read:
            self._note(row.seq, kind, row.indexed, after)

    def _add_many(self, kind: str, read: Mapping[str, Read]) -> None:
        numbers = self._database.new_numbers(self._connection, record, len(read))
        new = list(zip(numbers, read.items(), strict=True))
        columns = ("seq", "kind", "id", "version", "indexed", "document")
        rows = [(seq, kind, id, 1, *_written(after)) for seq, (id, after) in new]
        self._database.insert_many(self._connection, record, columns, rows)
        for seq, (_, (after, _)) in new:
            self._note(seq, kind, {}, after)
        self._counted[kind] += len(new)

    def _upsert(self, table: Table, key: dict[str, Any], new: dict[str, Any], there: dict[str, Any]) -> None:
        added = self._database.insert(table).values({**key, **new})
        self._connection.execute(added.on_conflict_do_update(index_elements=list(key), set_=there))

    def _note(self, seq: int, kind: str, before: Indexed, after: Indexed) -> None:
        self._changes.note(seq, self._catalogue.of(kind), before, after)
        if len(self._changes) >= MOST_HELD:
            self._changes.write(self._connection, self._database)


def _written(read: Read) -> tuple[str, str]:
    return _encode(read[0]).decode(), read[1]


def _has_nul(value: Any) -> bool:
    match value:
        case str():
            return "\0" in value
        case list():
            return any(map(_has_nul, value))
        case dict():
            return any(map(_has_nul, value)) or any(map(_has_nul, value.values()))
        case _:
            return False
