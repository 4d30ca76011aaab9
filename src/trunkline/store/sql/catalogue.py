"""What kinds declare, as the tables know it: each attribute has a number, by which its entries are found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from trunkline.store.port import Kind, StoreError, Type
from trunkline.store.query import Path
from trunkline.store.sql.database import Database
from trunkline.store.sql.entries import Indexing, indexed
from trunkline.store.sql.tables import attribute, catalogue, number_entry, record, text_entry
from trunkline.store.sql.writing import Changes

AT_ONCE: Final = 1_000  # documents of which an index is built in one go

_encode = msgspec.json.encode
_decode_path = msgspec.json.Decoder(tuple[str, ...]).decode
_decode_parts = msgspec.json.Decoder(tuple[tuple[str, ...], ...]).decode

_VERSION = select(catalogue.c.version)


class Catalogue:
    """What is indexed of each kind, at one version of the tables."""

    def __init__(self, version: int, kinds: Mapping[str, Sequence[Indexing]]) -> None:
        self.version, self._kinds = version, kinds

    def of(self, kind: str) -> Sequence[Indexing]:
        """Raises `StoreError` where the kind is not declared."""
        try:
            return self._kinds[kind]
        except KeyError:
            raise StoreError(f"the store knows no kind {kind!r}: declare it first") from None

    def attribute(self, kind: str, path: Path, type: Type | None = None) -> Indexing | None:
        """The attribute at `path`, of a given type where one is given."""
        fitting = (each for each in self.of(kind) if each.path == path and not each.parts)
        return next((each for each in fitting if type is None or each.type == type), None)

    def elements(self, kind: str, path: Path) -> Iterator[Indexing]:
        """What is indexed of the elements at `path`."""
        return (each for each in self.of(kind) if each.path == path and each.parts)


def current_version(connection: Connection) -> int:
    """The version of the tables' catalogue, as the transaction sees it."""
    return int(connection.execute(_VERSION).scalar_one())


def load(connection: Connection) -> Catalogue:
    """The catalogue, as the transaction sees it."""
    kinds: dict[str, list[Indexing]] = {}
    for row in connection.execute(select(attribute).order_by(attribute.c.number)):
        kinds.setdefault(row.kind, [])
        if row.type != KNOWN:
            kinds[row.kind].append(Indexing(row.number, _decode_path(row.path), _decode_parts(row.parts), row.type))
    return Catalogue(current_version(connection), kinds)


KNOWN: Final = "kind"
"""The type of the row that only says that a kind is declared."""


def declare(connection: Connection, database: Database, kinds: Sequence[Kind]) -> None:
    """Bring the catalogue and the entries up to date with what these kinds declare; other kinds stay as they are."""
    database.lock_out(connection)
    changed = False
    for kind in kinds:
        wanted = {(KNOWN, b"[]", b"[]"), *_rows(kind)}
        there = {
            (row.type, row.path.encode(), row.parts.encode()): row.number
            for row in connection.execute(select(attribute).where(attribute.c.kind == kind.name))
        }
        gone, new = there.keys() - wanted, wanted - there.keys()
        if not gone and not new:
            continue
        changed = True
        numbers = [there[each] for each in gone]
        for table in (text_entry, number_entry):
            connection.execute(delete(table).where(table.c.attribute.in_(numbers)))
        connection.execute(delete(attribute).where(attribute.c.number.in_(numbers)))
        for type, path, parts in sorted(new):
            row = {"kind": kind.name, "type": type, "path": path.decode(), "parts": parts.decode()}
            connection.execute(insert(attribute).values(row))
        if new != {(KNOWN, b"[]", b"[]")}:
            _build(connection, database, kind.name)
    if changed:
        connection.execute(update(catalogue).values(version=catalogue.c.version + 1))


def _rows(kind: Kind) -> Iterator[tuple[str, bytes, bytes]]:
    for declared in kind.attributes:
        yield declared.type, _encode(declared.path), b"[]"
    for path, parts in kind.elements:
        yield "text", _encode(path), _encode(parts)


def _build(connection: Connection, database: Database, kind: str) -> None:
    """Make the entries of a kind's documents anew where they are not as the catalogue says."""
    indexings = load(connection).of(kind)
    columns = (record.c.seq, record.c.indexed, record.c.document)
    last = 0
    while True:
        some = select(*columns).where(record.c.kind == kind, record.c.seq > last).order_by(record.c.seq).limit(AT_ONCE)
        rows = connection.execute(some).all()
        if not rows:
            return
        last = rows[-1].seq
        changes, updated = Changes(), []
        for row in rows:
            after = indexed(msgspec.json.decode(row.document), indexings)
            changes.note(row.seq, indexings, row.indexed, after)
            updated.append({"of": row.seq, "new": after})
        changes.write(connection, database)
        new = update(record).where(record.c.seq == bindparam("of")).values(indexed=bindparam("new"))
        connection.execute(new, updated)
