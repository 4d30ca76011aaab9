"""The messages of pgoutput, arrays and values, without a server."""

from __future__ import annotations

import struct
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.systems.changes.change import Unreadable
from trunkline.systems.changes.cursor import Malformed
from trunkline.systems.postgresql.arrays import read_array
from trunkline.systems.postgresql.pgoutput import (
    EPOCH,
    UNCHANGED,
    Begin,
    Column,
    Commit,
    Delete,
    Insert,
    Origin,
    Relation,
    Truncate,
    Type,
    Update,
    read,
)
from trunkline.systems.postgresql.replication import read_lsn, write_lsn
from trunkline.systems.postgresql.row import RowReader
from trunkline.systems.postgresql.values import Converters, TypeEntry


def row(*values: bytes | str | None) -> bytes:
    """A row on the wire; a str is the letter of a value without bytes."""
    parts = [struct.pack(">H", len(values))]
    for value in values:
        parts.append(b"n" if value is None else value.encode() if isinstance(value, str) else b"")
        if isinstance(value, bytes):
            parts.append(b"t" + struct.pack(">I", len(value)) + value)
    return b"".join(parts)


def relation(identity: str = "d") -> bytes:
    columns = b"\x01id\0" + struct.pack(">Ii", 23, -1) + b"\0name\0" + struct.pack(">Ii", 1043, 24)
    return b"R" + struct.pack(">I", 16384) + b"public\0customer\0" + identity.encode() + struct.pack(">H", 2) + columns


TABLE = struct.pack(">I", 16384)
MESSAGES = [
    (b"B" + struct.pack(">QqI", 256, 7, 731), Begin(256, EPOCH + 7, 731)),
    (b"C\0" + struct.pack(">QQq", 256, 300, 7), Commit(256, 300, EPOCH + 7)),
    (b"O" + struct.pack(">Q", 99) + b"elsewhere\0", Origin(99, "elsewhere")),
    (b"Y" + TABLE + b"public\0mood\0", Type(16384, "public", "mood")),
    (
        relation(),
        Relation(
            16384, "public", "customer", "d", (Column("id", 23, -1, True), Column("name", 1043, 24, False))
        ),
    ),
    (b"I" + TABLE + b"N" + row(b"1", "u", None, b""), Insert(16384, [b"1", UNCHANGED, None, b""])),
    (b"U" + TABLE + b"N" + row(b"1"), Update(16384, "", None, [b"1"])),
    (b"U" + TABLE + b"K" + row(b"1") + b"N" + row(b"2"), Update(16384, "K", [b"1"], [b"2"])),
    (b"U" + TABLE + b"O" + row(None) + b"N" + row("u"), Update(16384, "O", [None], [UNCHANGED])),
    (b"D" + TABLE + b"K" + row(b"1"), Delete(16384, "K", [b"1"])),
    (b"D" + TABLE + b"O" + row(b"1"), Delete(16384, "O", [b"1"])),
    (b"T" + struct.pack(">IBII", 2, 1, 16384, 7), Truncate((16384, 7))),
]  # fmt: skip


@pytest.mark.parametrize(("payload", "expected"), MESSAGES, ids=lambda value: type(value).__name__)
def test_each_kind_of_message_is_read(payload: bytes, expected: object) -> None:
    assert read(payload) == expected


@pytest.mark.parametrize(("payload", "expected"), MESSAGES, ids=lambda value: type(value).__name__)
def test_a_message_that_is_cut_off_anywhere_is_told_with_the_byte(payload: bytes, expected: object) -> None:
    for size in range(len(payload)):
        with pytest.raises(Malformed, match=r"^byte \d+ of the message: ") as told:
            read(payload[:size])
        assert 0 <= told.value.offset <= size


@pytest.mark.parametrize(("payload", "expected"), MESSAGES, ids=lambda value: type(value).__name__)
def test_a_message_with_more_behind_it_is_refused(payload: bytes, expected: object) -> None:
    with pytest.raises(Malformed, match="too many"):
        read(payload + b"\0")


@given(st.sampled_from(MESSAGES), st.data())
def test_a_damaged_message_is_read_as_another_or_refused_and_nothing_else(message: Any, data: st.DataObject) -> None:
    payload = bytearray(message[0])
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    assert 0 <= fault(bytes(payload)) <= len(payload)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_refused(payload: bytes) -> None:
    assert 0 <= fault(payload) <= len(payload)


def fault(payload: bytes) -> int:
    """The byte at which a message is found to be none; 0 where it is one."""
    try:
        read(payload)
    except Malformed as malformed:
        return malformed.offset
    return 0


def test_a_schema_without_name_is_the_catalogues() -> None:
    found = read(relation().replace(b"public\0", b"\0"))
    assert isinstance(found, Relation)
    assert found.schema == "pg_catalog"


@given(st.integers(0, (1 << 64) - 1))
def test_a_place_in_the_log_is_written_and_read(lsn: int) -> None:
    assert read_lsn(write_lsn(lsn)) == lsn


def test_a_place_in_the_log_is_written_as_the_server_does() -> None:
    assert write_lsn(0x16_B374D848) == "16/B374D848"


value = st.one_of(st.none(), st.text(max_size=8))
row_of_values = st.lists(value, max_size=4)
array = st.one_of(
    row_of_values, st.lists(row_of_values, min_size=1), st.lists(st.lists(row_of_values, min_size=1), min_size=1)
)


def written(items: list[Any]) -> str:
    def one(item: Any) -> str:
        if isinstance(item, list):
            return written(item)
        if item is None:
            return "NULL"
        return '"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"'

    return "{" + ",".join(map(one, items)) + "}"


@given(array)
def test_an_array_is_read_as_it_was_written(items: list[Any]) -> None:
    assert read_array(written(items), str) == items


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", []),
        ("{1,2,NULL}", ["1", "2", None]),
        ('{"NULL",null}', ["NULL", None]),
        ("{{1},{2}}", [["1"], ["2"]]),
        ("[0:1]={a,b}", ["a", "b"]),
        ("[-1:0][5:5]={{a},{b}}", [["a"], ["b"]]),
        ('{"a,b","c\\"d","e\\\\f","{}"}', ["a,b", 'c"d', "e\\f", "{}"]),
        ("{a b, c}", ["a b", " c"]),
    ],
)
def test_an_array_of_the_servers_is_read(text: str, expected: list[Any]) -> None:
    assert read_array(text, str) == expected


@pytest.mark.parametrize(
    "text", ["", "1", "{", "}", "{1", '{"1}', "{1,}", "{,1}", "{1}}", "{1}2", "{{1}", "{1 {2}}", "[0:1]"]
)
def test_what_is_no_array_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="array"):
        read_array(text, str)


@given(st.text(alphabet='{},"\\Na1 ', max_size=30))
def test_any_text_is_an_array_or_refused(text: str) -> None:
    try:
        read_array(text, str)
    except ValueError:
        return


def test_an_array_deeper_than_the_server_has_them_is_refused() -> None:
    with pytest.raises(ValueError, match="array"):
        read_array("{" * 7 + "}" * 7, str)


TYPES = {
    100000: TypeEntry("d", 23, 0, ","),  # a domain over integer
    100001: TypeEntry("b", 0, 100000, ","),  # an array of it
    100002: TypeEntry("e", 0, 0, ","),  # an enum
    603: TypeEntry("b", 0, 0, ";"),  # box
    1020: TypeEntry("b", 0, 603, ";"),  # an array of boxes
    22: TypeEntry("b", 0, 21, ","),  # int2vector
}


@pytest.mark.parametrize(
    ("type", "text", "expected"),
    [
        (100000, "7", 7),
        (100001, "{1,NULL}", [1, None]),
        (100002, "happy", "happy"),
        (1020, "{(1,1),(0,0);(2,2),(1,1)}", ["(1,1),(0,0)", "(2,2),(1,1)"]),
        (22, "1 2 3", "1 2 3"),
        (4_000_000, "of a type that is gone", "of a type that is gone"),
        (701, "NaN", "NaN"),
        (701, "-Infinity", "-Infinity"),
        (701, "1e+300", 1e300),
        (16, "t", True),
        (17, "\\x00ff", "AP8="),
        (20, "-9223372036854775808", -(1 << 63)),
        (1700, "0.10", "0.10"),
        (1184, "2026-03-09 15:00:00.5+00", "2026-03-09T15:00:00.5Z"),
        (1184, "infinity", "infinity"),
        (1184, "0044-03-15 12:00:00+00 BC", "0044-03-15 12:00:00+00 BC"),
        (1266, "12:00:00+02", "12:00:00+02:00"),
        (1266, "12:00:00-02:30", "12:00:00-02:30"),
    ],
)
def test_a_value_is_what_json_has_for_its_type(type: int, text: str, expected: Any) -> None:
    assert Converters(TYPES, None).of(type)(text) == expected


def test_a_json_value_keeps_every_digit_and_is_one_line() -> None:
    reader = RowReader(["j"], [Converters({}, None).of(3802)])
    assert msgspec.json.encode(reader.read([b'{"a":\n12345678901234567890.10}'])) == b'[{"a": 12345678901234567890.10}]'


@pytest.mark.parametrize(
    ("values", "reason", "message"),
    [
        ([b"\xff", b"1"], "value.not-text", "the value of name"),
        ([b"x", b"one"], "value.unreadable", "the value of n"),
        ([b"x"], "row.other-shape", "1 values"),
    ],
)
def test_a_row_that_cannot_be_read_says_which_value_and_shows_its_bytes(
    values: list[bytes | None], reason: str, message: str
) -> None:
    found = RowReader(["name", "n"], [str, int]).read(values)  # type: ignore[arg-type]
    assert isinstance(found, Unreadable)
    assert found.reason == reason
    assert message in found.message
    assert found.part == b"\t".join(values)  # type: ignore[arg-type]
