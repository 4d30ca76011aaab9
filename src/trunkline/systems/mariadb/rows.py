"""Rows of the binary log as JSON has them, by the table map. The README has the table of types.

Source: MariaDB documentation, "Rows_event_v1v2"; the values' formats are those of the fields' `pack` in sql/field.cc.
"""

from __future__ import annotations

import struct
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from trunkline.systems.changes import times
from trunkline.systems.changes.cursor import Cursor, Malformed
from trunkline.systems.mariadb import temporal
from trunkline.systems.mariadb.binlog import Rows
from trunkline.systems.mariadb.charsets import BINARY, decoder
from trunkline.systems.mariadb.table_map import BIT, BLOB, DECIMAL, ENUM, GEOMETRY, SET, STRING, VARCHAR, Column, Table

ReadValue = Callable[[Cursor], Any]
Row = dict[str, Any]
PACKED_DIGITS: Final = (0, 1, 1, 2, 2, 3, 3, 4, 4, 4)
"""Bytes of so many decimal digits."""


class Unsupported(ValueError):
    """A column's type or character set that is not read here."""


class Image(NamedTuple):
    """A row before and after, as far as the log has it, and how many bytes of the event it took."""

    before: Row | None
    after: Row | None


class Conventions(NamedTuple):
    """What the server's catalogue adds: each collation's character set by its number, the types of columns that the
    binary log shows as bytes only (`uuid`, `inet6`, `inet4`), and the zone of times without one."""

    charsets: Mapping[int, str]
    types: Mapping[str, str]
    zone: ZoneInfo | None


class RowsReader:
    """Reads the rows of one table as its map describes it."""

    def __init__(self, table: Table, conventions: Conventions) -> None:
        self.table = table
        self._unsupported = ""
        self._columns: list[tuple[str, ReadValue]] = []
        try:
            if not all(column.name for column in table.columns):
                raise Unsupported("its columns have no names in the binary log: SET GLOBAL binlog_row_metadata = FULL")
            for column in table.columns:
                self._columns.append((column.name, _reader(column, conventions)))
        except Unsupported as unsupported:
            self._unsupported = str(unsupported)

    def images(self, rows: Rows) -> Iterator[Image]:
        """Each row of the event, in order.

        Raises `Unsupported`, `Malformed`, or `ValueError` where a value cannot be read: the rest cannot be either.
        """
        if self._unsupported:
            raise Unsupported(self._unsupported)
        if rows.columns != len(self._columns):
            raise Malformed(0, f"rows of {rows.columns} columns, where the table has {len(self._columns)}")
        cursor = Cursor(rows.data)
        present = [self._present(bits) for bits in rows.present]
        if not present[0]:
            raise ValueError("no column of the row was logged: see the session's binlog_row_image")
        while cursor.left:
            first = self._row(cursor, present[0])
            if rows.kind == "u":
                yield Image(first, self._row(cursor, present[1]))
            else:
                yield Image(None, first) if rows.kind == "c" else Image(first, None)

    def _present(self, bits: bytes) -> list[tuple[str, ReadValue]]:
        return [column for place, column in enumerate(self._columns) if bits[place // 8] >> place % 8 & 1]

    def _row(self, cursor: Cursor, columns: list[tuple[str, ReadValue]]) -> Row:
        nulls = cursor.take((len(columns) + 7) // 8, "which values are null")
        row = {}
        for place, (name, read) in enumerate(columns):
            try:
                row[name] = None if nulls[place // 8] >> place % 8 & 1 else read(cursor)
            except Malformed as malformed:
                raise Malformed(malformed.offset, f"the value of {name}: {malformed}") from None
            except (ValueError, IndexError) as error:
                raise ValueError(f"the value of {name} cannot be read: {error}") from None
        return row


def _reader(column: Column, conventions: Conventions) -> ReadValue:
    type, detail = column.type, column.detail
    if type in _INTEGERS:
        size, signed = _INTEGERS[type], not column.unsigned
        return lambda cursor: int.from_bytes(cursor.take(size, "a number"), "little", signed=signed)
    if type in _FLOATS:
        format = _FLOATS[type]
        return lambda cursor: cursor.unpack(format, "a number")[0]
    if type == DECIMAL:
        return _decimal(detail[0], detail[1])
    if type in (VARCHAR, STRING, BLOB, GEOMETRY):
        return _string(column, conventions)
    if type in (ENUM, SET):
        return _choice(column, conventions)
    if type == BIT:
        bits = detail[0] + 8 * detail[1]
        return lambda cursor: int.from_bytes(cursor.take((bits + 7) // 8, "bits"))
    return _time(column, conventions.zone)


def _time(column: Column, zone: ZoneInfo | None) -> ReadValue:
    type, digits = column.type, column.detail[0] if column.detail else 0
    more = temporal.fraction_size(digits)
    match type:
        case 10 | 14:
            return lambda cursor: temporal.date(cursor.take(3, "a date"))
        case 13:
            return lambda cursor: (year := cursor.take(1, "a year")[0]) and year + 1900
        case 17:
            return lambda cursor: times.utc(temporal.timestamp_text(cursor.take(4 + more, "a timestamp"), digits))
        case 18:
            return lambda cursor: times.local(temporal.datetime_text(cursor.take(5 + more, "a time"), digits), zone)
        case 19:
            return lambda cursor: temporal.time_text(cursor.take(3 + more, "a time"), digits)
    raise Unsupported(f"the column {column.name} is of the type {type}, which is not read here: see the README")


def _decimal(precision: int, scale: int) -> ReadValue:
    """Groups of nine digits in four bytes, fewer at both ends; the first bit is the sign, and a negative number has
    all its bits turned over."""
    whole, whole_groups = (precision - scale) % 9, (precision - scale) // 9
    part, part_groups = scale % 9, scale // 9
    sizes = [(PACKED_DIGITS[whole], whole)] * bool(whole) + [(4, 9)] * (whole_groups + part_groups)
    sizes += [(PACKED_DIGITS[part], part)] * bool(part)
    total = sum(size for size, _ in sizes)

    def read(cursor: Cursor) -> str:
        data = cursor.take(total, "a decimal number")
        negative = not data[0] & 0x80
        data = bytes([data[0] ^ 0x80]) + data[1:]
        if negative:
            data = bytes(byte ^ 0xFF for byte in data)
        at, digits = 0, ""
        for size, count in sizes:
            digits += f"{int.from_bytes(data[at : at + size]):0{count}}"
            at += size
        integer = digits[: precision - scale].lstrip("0") or "0"
        fraction = f".{digits[precision - scale :]}" if scale else ""
        return f"{'-' if negative else ''}{integer}{fraction}"

    return read


def _string(column: Column, conventions: Conventions) -> ReadValue:
    length = _length(column)
    if column.type != GEOMETRY and column.collation != BINARY:
        text = _texts(column, conventions)
        return lambda cursor: text(cursor.take(int.from_bytes(cursor.take(length, "a length"), "little"), "a text"))
    full = column.detail[1] if column.type == STRING else 0
    convert = _BYTES.get(conventions.types.get(column.name, ""), _base64)

    def read(cursor: Cursor) -> Any:
        size = int.from_bytes(cursor.take(length, "a length"), "little")
        return convert(cursor.take(size, "bytes").ljust(full, b"\0"))  # of fixed ones, zeros at the end are left out

    return read


def _base64(data: bytes) -> str:
    return b64encode(data).decode()


def _length(column: Column) -> int:
    """The bytes of a value's length."""
    if column.type in (BLOB, GEOMETRY):
        return column.detail[0]
    if column.type == VARCHAR:
        return 2 if int.from_bytes(column.detail, "little") > 255 else 1
    high = (column.detail[0] & 0x30 ^ 0x30) << 4  # two bits of a CHAR's size hide in its type
    return 2 if high | column.detail[1] > 255 else 1


def _choice(column: Column, conventions: Conventions) -> ReadValue:
    """An ENUM is the number of its value, from 1, and 0 for one that was not among them; a SET has a bit for each."""
    text, size = _texts(column, conventions), column.detail[1]
    values = [text(value) for value in column.values]

    def read(cursor: Cursor) -> str:
        number = int.from_bytes(cursor.take(size, "a choice"), "little")
        if column.type == ENUM:
            return values[number - 1] if number else ""
        return ",".join(value for place, value in enumerate(values) if number >> place & 1)

    return read


def _texts(column: Column, conventions: Conventions) -> Callable[[bytes], str]:
    try:
        return decoder(conventions.charsets.get(column.collation, ""))
    except ValueError as error:
        raise Unsupported(f"the column {column.name}: {error}") from None


_INTEGERS: Final = {1: 1, 2: 2, 3: 4, 8: 8, 9: 3}
_FLOATS: Final = {4: struct.Struct("<f"), 5: struct.Struct("<d")}
_BYTES: Final[dict[str, Callable[[bytes], str]]] = {
    "uuid": lambda data: str(UUID(bytes=data)),
    "inet6": lambda data: str(IPv6Address(data)),
    "inet4": lambda data: str(IPv4Address(data)),
}
