"""How a table looks whose rows follow in the binary log, from its table map event (`binlog_row_metadata` FULL).

Source: MariaDB documentation, "Table_map_event"; the metadata's kinds are those of rpl_constants.h.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from trunkline.systems.changes.cursor import Cursor, Malformed
from trunkline.systems.mariadb.binlog import packed_integer

DECIMAL, ENUM, SET, BLOB, STRING, GEOMETRY = 246, 247, 248, 252, 254, 255
VARCHAR, BIT, BLOB_COMPRESSED, VARCHAR_COMPRESSED = 15, 16, 140, 141
# Bytes that tell more of a column, by its type; none for the others.
_DETAILS: Final = {
    4: 1, 5: 1, VARCHAR: 2, BIT: 2, 17: 1, 18: 1, 19: 1, BLOB_COMPRESSED: 1, VARCHAR_COMPRESSED: 2, 245: 1,
    DECIMAL: 2, ENUM: 2, SET: 2, 249: 1, 250: 1, 251: 1, BLOB: 1, 253: 2, STRING: 2, GEOMETRY: 1,
}  # fmt: skip
_NUMBERS: Final = frozenset({1, 2, 3, 4, 5, 8, 9, 13, DECIMAL})
_TEXTS: Final = frozenset({VARCHAR, BLOB, 253, STRING, GEOMETRY, BLOB_COMPRESSED, VARCHAR_COMPRESSED})
_CHOICES: Final = frozenset({ENUM, SET})
_SIGNS, _CHARSET, _CHARSETS, _NAMES, _SET_VALUES, _ENUM_VALUES = 1, 2, 3, 4, 5, 6
_PRIMARY, _PRIMARY_PREFIXES, _CHOICE_CHARSET, _CHOICE_CHARSETS = 8, 9, 10, 11


class Column(NamedTuple):
    """A column. `detail` is what its type says more (lengths, digits), `collation` the number of its texts' collation
    and `values` those of an ENUM or SET, as they are stored."""

    name: str
    type: int
    detail: bytes
    unsigned: bool
    collation: int
    values: tuple[bytes, ...]


class Table(NamedTuple):
    """`key` are the names of the primary key's columns, in the table's order."""

    database: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]


def read_table(body: bytes) -> Table:
    """The table in an event's body. Its columns have no names where the server did not write them.

    Raises `Malformed`.
    """
    cursor = Cursor(body)
    database, name = _name(cursor), _name(cursor)
    count = packed_integer(cursor)
    types = list(cursor.take(count, "the columns' types"))
    details = Cursor(cursor.take(packed_integer(cursor), "the columns' details"))
    found = []
    for number, type in enumerate(types):
        detail = details.take(_DETAILS.get(type, 0), "a column's details")
        if type == STRING and detail[0] in _CHOICES:  # the type it really has stands in its details
            types[number] = detail[0]
        found.append(detail)
    details.end("the columns' details")
    cursor.take((count + 7) // 8, "which columns may be null")
    more = dict(_more(cursor))
    names = _texts(more.get(_NAMES, b""))
    if names and len(names) != count:
        raise Malformed(cursor.at, f"{len(names)} names for {count} columns")
    unsigned = _bits(more.get(_SIGNS, b""), [type in _NUMBERS for type in types])
    collations = _collations(more, _CHARSET, _CHARSETS, [type in _TEXTS for type in types])
    choices = _collations(more, _CHOICE_CHARSET, _CHOICE_CHARSETS, [type in _CHOICES for type in types])
    enums, sets = iter(_lists(more.get(_ENUM_VALUES, b""))), iter(_lists(more.get(_SET_VALUES, b"")))
    columns = tuple(
        Column(
            names[number].decode() if names else "",
            type,
            found[number],
            unsigned[number],
            choices[number] if type in _CHOICES else collations[number],
            next(enums, ()) if type == ENUM else next(sets, ()) if type == SET else (),
        )
        for number, type in enumerate(types)
    )
    return Table(database, name, columns, _key(more, columns))


def table_name(body: bytes) -> str:
    """`database.table` alone. Raises `Malformed`."""
    cursor = Cursor(body)
    return f"{_name(cursor)}.{_name(cursor)}"


def _name(cursor: Cursor) -> str:
    length = cursor.take(1, "a name's length")[0]
    name = cursor.take(length, "a name")
    cursor.take(1, "a name's end")
    return name.decode("utf-8", "backslashreplace")


def _more(cursor: Cursor) -> Iterator[tuple[int, bytes]]:
    while cursor.left:
        kind = cursor.take(1, "a kind of metadata")[0]
        yield kind, cursor.take(packed_integer(cursor), "metadata")


def _texts(data: bytes) -> list[bytes]:
    cursor, texts = Cursor(data), []
    while cursor.left:
        texts.append(cursor.take(packed_integer(cursor), "a text of the metadata"))
    return texts


def _lists(data: bytes) -> list[tuple[bytes, ...]]:
    cursor, lists = Cursor(data), []
    while cursor.left:
        count = packed_integer(cursor)
        if count > cursor.left:
            raise Malformed(cursor.at, f"{count} values are announced, but there are {cursor.left} bytes")
        lists.append(tuple(cursor.take(packed_integer(cursor), "a value's name") for _ in range(count)))
    return lists


def _numbers(data: bytes) -> list[int]:
    cursor, numbers = Cursor(data), []
    while cursor.left:
        numbers.append(packed_integer(cursor))
    return numbers


def _bits(data: bytes, counted: list[bool]) -> list[bool]:
    """A bit for each counted column, the highest of a byte first; False where there is none."""
    bits, place = [], 0
    for counts in counted:
        byte = place // 8
        bits.append(counts and byte < len(data) and bool(data[byte] & (0x80 >> place % 8)))
        place += counts
    return bits


def _collations(more: dict[int, bytes], default: int, each: int, counted: list[bool]) -> list[int]:
    """The collation of each counted column: all are given, or the usual one and the place of each that has another."""
    if each in more:
        given = iter(_numbers(more[each]))
        return [next(given, 0) if counts else 0 for counts in counted]
    usual, *pairs = _numbers(more.get(default, b"")) or [0]
    others = dict(zip(pairs[::2], pairs[1::2], strict=False))
    collations, place = [], 0
    for counts in counted:
        collations.append(others.get(place, usual) if counts else 0)
        place += counts
    return collations


def _key(more: dict[int, bytes], columns: tuple[Column, ...]) -> tuple[str, ...]:
    places = _numbers(more.get(_PRIMARY, b"")) or _numbers(more.get(_PRIMARY_PREFIXES, b""))[::2]
    return tuple(columns[place].name for place in sorted(places) if place < len(columns))
