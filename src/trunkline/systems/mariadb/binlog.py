"""Events of MariaDB's binary log, as the server sends them to a replica.

Source: MariaDB documentation, "Replication Protocol" (binlog event header, GTID_EVENT, QUERY_EVENT, ROWS_EVENT_V1/V2,
XA_PREPARE_LOG_EVENT) and "Compressing Events to Reduce Size of the Binary Log". Integers are little-endian.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final, Literal, NamedTuple

from trunkline.systems.changes.cursor import Cursor, Malformed
from trunkline.systems.mariadb.gtid import Gtid

LARGEST: Final = 1 << 30  # bytes of an event, as large as the server's largest packet
_QUERY_COMPRESSED: Final = 165
_ALWAYS_SUMMED: Final = (4, 15, 27)
_MADE_UP: Final = (4, 27)

Kind = Literal["c", "u", "d"]
# Type of a rows event → what it does, whether it is of version 2, whether it is compressed.
_ROWS: Final[dict[int, tuple[Kind, bool, bool]]] = {
    23: ("c", False, False), 24: ("u", False, False), 25: ("d", False, False),
    30: ("c", True, False), 31: ("u", True, False), 32: ("d", True, False),
    166: ("c", False, True), 167: ("u", False, True), 168: ("d", False, True),
    169: ("c", True, True), 170: ("u", True, True), 171: ("d", True, True),
}  # fmt: skip
_STANDALONE, _GROUP_COMMIT, _PREPARED_XA, _COMPLETED_XA = 1, 2, 64, 128


class Begin(NamedTuple):
    """A transaction begins. A `single` one has but one event. `xa` names the distributed transaction that it prepares
    or completes, b"" where it does neither."""

    gtid: Gtid
    single: bool
    prepares: bool
    completes: bool
    xa: bytes


class Query(NamedTuple):
    """A statement: one that changes no rows, or `COMMIT`. `database` is where it was said."""

    database: str
    text: str


class Commit(NamedTuple):
    """A transaction's end."""


class Rotate(NamedTuple):
    """The next event is of this file."""

    file: str


class Format(NamedTuple):
    """A file begins whose events have `checksums`, or not."""

    checksums: bool


class TableMap(NamedTuple):
    """How a table looks whose rows follow; see `table_map.py` for the rest of it."""

    id: int
    body: bytes


class Rows(NamedTuple):
    """Rows of a table. `present` tells which columns are in `data`, a bit each; of an update, before and after."""

    kind: Kind
    table: int
    present: tuple[bytes, ...]
    columns: int
    data: bytes


class Heartbeat(NamedTuple):
    """Nothing happened for a while."""


class Incident(NamedTuple):
    """Changes before this were not logged."""


class Other(NamedTuple):
    """Of no interest here."""

    type: int


Body = Begin | Query | Commit | Rotate | Format | TableMap | Rows | Heartbeat | Incident | Other


class BinlogEvent(NamedTuple):
    """`time` is in seconds since the epoch, `start` the byte of its file at which it begins."""

    time: int
    start: int
    body: Body


def read(packet: bytes, *, checksums: bool) -> BinlogEvent:
    """The event in a packet, which ends with its CRC-32 where the file has `checksums`. Raises `Malformed`."""
    cursor = Cursor(packet)
    time, type, server, size, end, _ = cursor.unpack(_HEADER, "an event's header")
    if size != len(packet):
        raise Malformed(cursor.at, f"the event says that it has {size} bytes, but has {len(packet)}")
    if checksums or type in _ALWAYS_SUMMED:
        cursor.data = _checked(packet, made_up=type in _MADE_UP)
    return BinlogEvent(time, max(end - size, 0), _body(type, server, cursor))


def _checked(packet: bytes, *, made_up: bool) -> bytes:
    """The packet without its sum. Events that are in no file, `made_up` by the server, may be without one."""
    content = packet[:-4]
    if zlib.crc32(content) == int.from_bytes(packet[-4:], "little"):
        return content
    if made_up:
        return packet
    raise Malformed(len(content), "the event's checksum is not that of its bytes")


def _body(type: int, server: int, cursor: Cursor) -> Body:
    if type in _ROWS:
        return _rows(type, cursor)
    match type:
        case 2 | 165:
            return _query(cursor, compressed=type == _QUERY_COMPRESSED)
        case 4:
            cursor.take(8, "a place in the next file")
            return Rotate(_text(cursor.take(cursor.left, "a file's name")))
        case 16 | 38:
            return Commit()
        case 19:
            id = int.from_bytes(cursor.take(6, "a table's number"), "little")
            cursor.take(2, "flags")
            return TableMap(id, cursor.take(cursor.left, "a table's map"))
        case 15:
            return Format(bool(cursor.data) and cursor.data[-1] == 1)
        case 26:
            return Incident()
        case 27:
            return Heartbeat()
        case 162:
            return _begin(server, cursor)
    return Other(type)


def _begin(server: int, cursor: Cursor) -> Begin:
    number, domain, flags = cursor.unpack(_BEGIN, "a transaction's begin")
    if flags & _GROUP_COMMIT:
        cursor.take(8, "a group commit's number")
    xa = b""
    if flags & (_PREPARED_XA | _COMPLETED_XA):
        start = cursor.at
        _, gtrid, bqual = cursor.unpack(_XA, "a distributed transaction's name")
        cursor.take(gtrid + bqual, "a distributed transaction's name")
        xa = cursor.data[start : cursor.at]
    gtid = Gtid(domain, server, number)
    return Begin(gtid, bool(flags & _STANDALONE), bool(flags & _PREPARED_XA), bool(flags & _COMPLETED_XA), xa)


def _query(cursor: Cursor, *, compressed: bool) -> Query:
    _, _, length, _, variables = cursor.unpack(_QUERY, "a statement's head")
    cursor.take(variables, "a statement's variables")
    database = cursor.take(length, "a database's name")
    cursor.take(1, "a database's end")
    text = cursor.take(cursor.left, "a statement")
    return Query(_text(database), _text(_unpacked(text) if compressed else text))


def _rows(type: int, cursor: Cursor) -> Rows:
    kind, second, compressed = _ROWS[type]
    table = int.from_bytes(cursor.take(6, "a table's number"), "little")
    cursor.take(2, "flags")
    if second:
        [extra] = cursor.unpack(_UINT16, "the extra data's length")
        if extra < 2:
            raise Malformed(cursor.at - 2, f"the extra data has {extra} bytes, fewer than its length itself")
        cursor.take(extra - 2, "extra data")
    columns = packed_integer(cursor)
    bits = (columns + 7) // 8
    present = tuple(cursor.take(bits, "the map of columns") for _ in range(2 if kind == "u" else 1))
    data = cursor.take(cursor.left, "rows")
    return Rows(kind, table, present, columns, _unpacked(data) if compressed else data)


def packed_integer(cursor: Cursor) -> int:
    """A number of one byte, or of those that the first byte announces."""
    [first] = cursor.unpack(_UINT8, "a number")
    if first < 251:
        return int(first)
    if first not in _SIZES:
        raise Malformed(cursor.at - 1, f"{first} announces no number")
    return int.from_bytes(cursor.take(_SIZES[first], "a number"), "little")


def _unpacked(data: bytes) -> bytes:
    """Compressed data: a byte with the length of the length, the length (big-endian) of the content, and zlib's."""
    size = data[0] & 7 if data else 0
    length = int.from_bytes(data[1 : 1 + size])
    if not 1 <= size <= 4 or length > LARGEST:
        raise Malformed(0, "the compressed data has no length that could be")
    unpacker = zlib.decompressobj()
    try:
        content = unpacker.decompress(data[1 + size :], length + 1)
    except zlib.error as error:
        raise Malformed(1 + size, f"the compressed data is damaged: {error}") from None
    if len(content) != length or not unpacker.eof:
        raise Malformed(1 + size, f"the compressed data does not hold the {length} bytes that it announces")
    return content


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


_HEADER, _BEGIN, _XA = struct.Struct("<IBIIIH"), struct.Struct("<QIB"), struct.Struct("<IBB")
_QUERY, _UINT16, _UINT8 = struct.Struct("<IIBHH"), struct.Struct("<H"), struct.Struct("<B")
_SIZES: Final = {252: 2, 253: 3, 254: 8}
