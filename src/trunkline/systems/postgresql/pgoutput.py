"""The messages of PostgreSQL's logical replication by the plugin `pgoutput`, protocol version 1.

Source: PostgreSQL 15 documentation, clauses 55.5 "Logical Streaming Replication Protocol" and 55.9 "Logical
Replication Message Formats". Integers are big-endian, texts end with a zero byte, times count microseconds from 2000.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Literal, NamedTuple

from trunkline.systems.changes.cursor import Cursor, Malformed

EPOCH = 946_684_800_000_000  # microseconds from 1970 to 2000, both UTC


class Unchanged:
    """A large value that an update did not touch, which is not sent again (TOAST)."""


UNCHANGED = Unchanged()
Tuple = list[bytes | Unchanged | None]
"""A row: the text of each value in the order of its columns."""


class Begin(NamedTuple):
    """A transaction begins. `lsn` is where its commit stands, `time` when that was (microseconds since 1970)."""

    lsn: int
    time: int
    xid: int


class Commit(NamedTuple):
    lsn: int
    end: int
    """Where the next transaction's commit stands at the earliest."""
    time: int


class Column(NamedTuple):
    """`identity` says that it is part of what the database gives of old rows."""

    name: str
    type: int
    modifier: int
    identity: bool


class Relation(NamedTuple):
    """What a table looks like from now on. `replica_identity` is pg_class.relreplident."""

    id: int
    schema: str
    name: str
    replica_identity: str
    columns: tuple[Column, ...]


class Type(NamedTuple):
    id: int
    schema: str
    name: str


class Origin(NamedTuple):
    lsn: int
    name: str


class Insert(NamedTuple):
    relation: int
    new: Tuple


class Update(NamedTuple):
    """`old` is the row before it, as far as `kind` says: its identity's columns (K), all (O), or none."""

    relation: int
    kind: Literal["", "K", "O"]
    old: Tuple | None
    new: Tuple


class Delete(NamedTuple):
    relation: int
    kind: Literal["K", "O"]
    old: Tuple


class Truncate(NamedTuple):
    relations: tuple[int, ...]


Message = Begin | Commit | Relation | Type | Origin | Insert | Update | Delete | Truncate


def read(payload: bytes) -> Message:
    """The message in `payload`. Raises `Malformed`."""
    cursor = _Cursor(payload)
    kind = cursor.letter("a message", "BCRYOIUDT")
    message = _READERS[kind](cursor)
    cursor.end(f"a message of the kind {kind}")
    return message


class _Cursor(Cursor):
    __slots__ = ()

    def letter(self, what: str, known: str) -> str:
        [letter] = self.unpack(_CHAR, what)
        if (found := letter.decode("latin-1")) not in known:
            raise Malformed(self.at - 1, f"{what} begins with {letter!r}, which is none of {', '.join(known)}")
        return str(found)

    def text(self, what: str) -> str:
        end = self.data.find(b"\0", self.at)
        if end < 0:
            raise Malformed(self.at, f"{what} has no end")
        try:
            text = self.data[self.at : end].decode()
        except UnicodeDecodeError as error:
            raise Malformed(self.at + error.start, f"{what} is not UTF-8") from None
        self.at = end + 1
        return text

    def tuple(self) -> Tuple:
        [count] = self.unpack(_INT16, "a row's number of columns")
        row: Tuple = []
        data, size = self.data, len(self.data)
        for _ in range(count):
            kind = data[self.at : self.at + 1]
            if kind == b"t":
                start = self.at + 5
                if start > size:
                    raise Malformed(self.at, "a value's length is cut off")
                end = start + int.from_bytes(data[start - 4 : start])
                if end > size:
                    raise Malformed(start, f"a value of {end - start} bytes is cut off")
                row.append(data[start:end])
                self.at = end
            elif kind == b"n":
                row.append(None)
                self.at += 1
            elif kind == b"u":
                row.append(UNCHANGED)
                self.at += 1
            else:
                reason = f"a value begins with {kind!r}, which is none of n, u, t" if kind else "a row is cut off"
                raise Malformed(self.at, reason)
        return row


def _begin(cursor: _Cursor) -> Begin:
    lsn, time, xid = cursor.unpack(_BEGIN, "a transaction's begin")
    return Begin(lsn, time + EPOCH, xid)


def _commit(cursor: _Cursor) -> Commit:
    _, lsn, end, time = cursor.unpack(_COMMIT, "a commit")
    return Commit(lsn, end, time + EPOCH)


def _relation(cursor: _Cursor) -> Relation:
    [id] = cursor.unpack(_UINT32, "a table's number")
    schema, name = cursor.text("a schema's name"), cursor.text("a table's name")
    identity = cursor.letter("a replica identity", "dnfi")
    [count] = cursor.unpack(_INT16, "a table's number of columns")
    columns = []
    for _ in range(count):
        [flags] = cursor.unpack(_UINT8, "a column's flags")
        column = cursor.text("a column's name")
        type, modifier = cursor.unpack(_TYPE, "a column's type")
        columns.append(Column(column, type, modifier, bool(flags & 1)))
    return Relation(id, schema or "pg_catalog", name, identity, tuple(columns))


def _type(cursor: _Cursor) -> Type:
    [id] = cursor.unpack(_UINT32, "a type's number")
    return Type(id, cursor.text("a schema's name"), cursor.text("a type's name"))


def _origin(cursor: _Cursor) -> Origin:
    [lsn] = cursor.unpack(_UINT64, "an origin's place")
    return Origin(lsn, cursor.text("an origin's name"))


def _insert(cursor: _Cursor) -> Insert:
    [relation] = cursor.unpack(_UINT32, "a table's number")
    cursor.letter("an inserted row", "N")
    return Insert(relation, cursor.tuple())


def _update(cursor: _Cursor) -> Update:
    [relation] = cursor.unpack(_UINT32, "a table's number")
    kind = cursor.letter("an updated row", "KON")
    if kind == "N":
        return Update(relation, "", None, cursor.tuple())
    old = cursor.tuple()
    cursor.letter("an updated row", "N")
    return Update(relation, "K" if kind == "K" else "O", old, cursor.tuple())


def _delete(cursor: _Cursor) -> Delete:
    [relation] = cursor.unpack(_UINT32, "a table's number")
    kind = cursor.letter("a deleted row", "KO")
    return Delete(relation, "K" if kind == "K" else "O", cursor.tuple())


def _truncate(cursor: _Cursor) -> Truncate:
    count, _ = cursor.unpack(_TRUNCATE, "the number of emptied tables")
    if cursor.at + 4 * count > len(cursor.data):
        raise Malformed(cursor.at, f"{count} tables' numbers are cut off")
    return Truncate(cursor.unpack(struct.Struct(f">{count}I"), "tables' numbers"))


_CHAR, _UINT8, _INT16 = struct.Struct(">c"), struct.Struct(">B"), struct.Struct(">H")
_UINT32, _UINT64, _TYPE = struct.Struct(">I"), struct.Struct(">Q"), struct.Struct(">Ii")
_BEGIN, _COMMIT, _TRUNCATE = struct.Struct(">QqI"), struct.Struct(">BQQq"), struct.Struct(">IB")
_READERS: dict[str, Callable[[_Cursor], Message]] = {
    "B": _begin, "C": _commit, "R": _relation, "Y": _type, "O": _origin,
    "I": _insert, "U": _update, "D": _delete, "T": _truncate,
}  # fmt: skip
