"""The events of MariaDB's binary log, without a server."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.systems.changes.cursor import Cursor, Malformed
from trunkline.systems.mariadb import temporal
from trunkline.systems.mariadb.binlog import (
    Begin,
    BinlogEvent,
    Commit,
    Format,
    Heartbeat,
    Incident,
    Other,
    Query,
    Rotate,
    Rows,
    TableMap,
    packed_integer,
    read,
)
from trunkline.systems.mariadb.charsets import decoder
from trunkline.systems.mariadb.gtid import Gtid, GtidPosition, between, ends
from trunkline.systems.mariadb.rows import Conventions, Image, RowsReader, Unsupported
from trunkline.systems.mariadb.table_map import Column, Table, read_table, table_name


def event(type: int, body: bytes, *, summed: bool = True) -> bytes:
    size = 19 + len(body) + 4 * summed
    packet = struct.pack("<IBIIIH", 1_700_000_000, type, 1, size, 1000 + size, 0) + body
    return packet + struct.pack("<I", zlib.crc32(packet)) * summed


def packed(data: bytes) -> bytes:
    return b"\x82" + struct.pack(">H", len(data)) + zlib.compress(data)


QUERY = struct.pack("<IIBHH", 5, 0, 3, 0, 2) + b"\0\0" + b"crm\0"
MAP_HEAD = b"\x03crm\0\x08customer\0"
META = b"\x01\x01\x00" + b"\x02\x01\x2d" + b"\x04\x08\x02id\x04name" + b"\x08\x01\x00"
MAP = MAP_HEAD + b"\x02\x03\x0f" + b"\x02\x63\x00" + b"\x02" + META
ROW_HEAD = b"\x1d\0\0\0\0\0\x01\0" + b"\x02"
ROWS = b"\0\x01\0\0\0\x01a" + b"\x02\x02\0\0\0"

EVENTS: list[tuple[int, bytes, Any]] = [
    (162, struct.pack("<QIB", 42, 7, 12), Begin(Gtid(7, 1, 42), False, False, False, b"")),
    (162, struct.pack("<QIBQ", 42, 7, 3, 99), Begin(Gtid(7, 1, 42), True, False, False, b"")),
    (
        162,
        struct.pack("<QIB", 42, 7, 64) + struct.pack("<IBB", 1, 1, 2) + b"abc",
        Begin(Gtid(7, 1, 42), False, True, False, b"\x01\0\0\0\x01\x02abc"),
    ),
    (2, QUERY + b"COMMIT", Query("crm", "COMMIT")),
    (165, QUERY + packed(b"TRUNCATE t"), Query("crm", "TRUNCATE t")),
    (16, struct.pack("<Q", 5), Commit()),
    (38, b"\0\0\0\0\0\x01\0\0\0\0\0\0\0a", Commit()),
    (4, struct.pack("<Q", 4) + b"binlog.000002", Rotate("binlog.000002")),
    (15, b"\x04\0" + bytes(60) + b"\x01", Format(True)),
    (15, b"\x04\0" + bytes(60) + b"\x00", Format(False)),
    (26, b"\x01\0\0", Incident()),
    (27, b"binlog.000001", Heartbeat()),
    (160, b"INSERT", Other(160)),
    (19, b"\x1d\0\0\0\0\0\x01\0" + MAP, TableMap(29, MAP)),
    (23, ROW_HEAD + b"\x03" + ROWS, Rows("c", 29, (b"\x03",), 2, ROWS)),
    (24, ROW_HEAD + b"\x03\x01" + ROWS, Rows("u", 29, (b"\x03", b"\x01"), 2, ROWS)),
    (32, b"\x1d\0\0\0\0\0\x01\0\x04\0xy\x02\x03" + ROWS, Rows("d", 29, (b"\x03",), 2, ROWS)),
    (166, ROW_HEAD + b"\x03" + packed(ROWS), Rows("c", 29, (b"\x03",), 2, ROWS)),
]  # fmt: skip
TABLE = Table(
    "crm", "customer", (Column("id", 3, b"", False, 0, ()), Column("name", 15, b"c\0", False, 45, ())), ("id",)
)
CONVENTIONS = Conventions({45: "utf8mb4", 8: "latin1", 63: "binary"}, {}, None)


@pytest.mark.parametrize(("type", "body", "expected"), EVENTS)
def test_each_kind_of_event_is_read_with_and_without_checksums(type: int, body: bytes, expected: Any) -> None:
    assert read(event(type, body), checksums=True).body == expected
    if type != 15:  # which has one in every file
        assert read(event(type, body, summed=False), checksums=False) == BinlogEvent(1_700_000_000, 1000, expected)


@pytest.mark.parametrize(("type", "body", "expected"), EVENTS)
def test_a_packet_that_is_cut_off_anywhere_or_damaged_is_refused(type: int, body: bytes, expected: Any) -> None:
    packet = event(type, body)
    for size in range(len(packet)):
        with pytest.raises(Malformed):
            read(packet[:size], checksums=True)
    if type not in (4, 27):  # which the server makes up, with a sum or without
        for place in range(19, len(packet)):
            with pytest.raises(Malformed, match="checksum"):
                read(packet[:place] + bytes([packet[place] ^ 0x55]) + packet[place + 1 :], checksums=True)


@given(st.sampled_from(EVENTS), st.data())
def test_a_body_that_is_cut_off_or_damaged_is_read_as_another_or_refused_and_nothing_else(
    known: tuple[int, bytes, Any], data: st.DataObject
) -> None:
    type, whole, _ = known
    body = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    for place in data.draw(st.lists(st.integers(0, max(len(body) - 1, 0)), max_size=3)):
        body[place : place + 1] = bytes([data.draw(st.integers(0, 255))])
    try:
        found = read(event(type, bytes(body)), checksums=True).body
        if isinstance(found, TableMap):
            RowsReader(read_table(found.body), CONVENTIONS)
        if isinstance(found, Rows):
            list(RowsReader(TABLE, CONVENTIONS).images(found))
    except ValueError:  # of which Malformed and Unsupported are kinds
        return


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_refused(body: bytes) -> None:
    try:
        read_table(body)
    except (Malformed, UnicodeDecodeError):
        return


def test_a_table_is_read_with_its_names_types_and_key() -> None:
    assert read_table(MAP) == TABLE
    assert table_name(MAP) == "crm.customer"


def test_rows_are_read_by_their_table() -> None:
    images = RowsReader(TABLE, CONVENTIONS).images(Rows("c", 29, (b"\x03",), 2, ROWS))
    assert list(images) == [Image(None, {"id": 1, "name": "a"}), Image(None, {"id": 2, "name": None})]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (TABLE._replace(columns=tuple(column._replace(name="") for column in TABLE.columns)), "binlog_row_metadata"),
        (TABLE._replace(columns=(TABLE.columns[0]._replace(type=140), TABLE.columns[1])), "is of the type 140"),
        (TABLE._replace(columns=(TABLE.columns[0], TABLE.columns[1]._replace(collation=999))), "character set"),
    ],
)
def test_a_table_that_is_not_read_here_says_why(table: Table, told: str) -> None:
    with pytest.raises(Unsupported, match=told):
        list(RowsReader(table, CONVENTIONS).images(Rows("c", 29, (b"\x03",), 2, ROWS)))


@pytest.mark.parametrize("rows", [Rows("c", 1, (b"\0",), 2, b""), Rows("c", 1, (b"\x07",), 3, ROWS)])
def test_rows_that_do_not_fit_the_table_are_refused_and_not_passed_over(rows: Rows) -> None:
    with pytest.raises(ValueError, match="column"):
        list(RowsReader(TABLE, CONVENTIONS).images(rows))


@pytest.mark.parametrize(
    "data", [b"", b"\x80", b"\x82\xff\xff" + zlib.compress(b"x"), b"\x84\xff\xff\xff\xff", b"\x82\0\x01no zlib"]
)
def test_compressed_data_that_lies_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed, match="compressed"):
        read(event(165, QUERY + data), checksums=True)


def test_compressed_data_cannot_grow_beyond_what_it_announces() -> None:
    bomb = b"\x82" + struct.pack(">H", 10) + zlib.compress(bytes(10_000_000))
    with pytest.raises(Malformed, match="announces"):
        read(event(165, QUERY + bomb), checksums=True)


@pytest.mark.parametrize(
    ("data", "number"),
    [(b"\xfa", 250), (b"\xfc\x01\x02", 513), (b"\xfd\x01\0\x01", 65537), (b"\xfe" + b"\x01" * 8, 0x0101010101010101)],
)
def test_a_packed_number_is_read(data: bytes, number: int) -> None:
    assert packed_integer(Cursor(data)) == number


@given(st.integers(-838, 838), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999_999), st.integers(0, 6))
def test_a_time_of_day_is_what_the_server_writes(
    hours: int, minutes: int, seconds: int, micros: int, digits: int
) -> None:
    """As sql-common/my_time.c packs it: one number with a sign, cut to its digits."""
    micros -= micros % 10 ** (6 - digits)
    packed_ = ((abs(hours) << 12 | minutes << 6 | seconds) << 24) + micros
    packed_ = -packed_ if hours < 0 else packed_
    bits = 8 * temporal.fraction_size(digits)
    scale = 10 ** (6 - 2 * temporal.fraction_size(digits))
    whole, fraction = packed_ >> 24, abs(packed_) % (1 << 24) // scale
    if packed_ < 0 and fraction:
        fraction = (1 << bits) - fraction
    data = ((whole + (1 << 23) << bits) + fraction).to_bytes(3 + bits // 8)
    text = f"{'-' if packed_ < 0 else ''}{abs(hours):02}:{minutes:02}:{seconds:02}"
    assert temporal.time_text(data, digits) == text + (f".{micros:06}"[: digits + 1] if digits else "")


def test_texts_of_latin1_are_windows_with_its_gaps_filled() -> None:
    assert decoder("latin1")(bytes(range(0x80, 0x90))) == "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f"


gtids = st.builds(Gtid, st.integers(0, 9), st.integers(1, 9), st.integers(1, 1 << 63))


@given(st.lists(gtids, max_size=8), gtids)
def test_a_position_covers_what_came_before_it_in_its_domain(before: list[Gtid], gtid: Gtid) -> None:
    position = GtidPosition.read("")
    for each in sorted(before, key=lambda each: each.number):
        position.advance(each)
    again = GtidPosition.read(str(position))
    assert again == position
    assert again.covers(gtid) == any(each.domain == gtid.domain and each.number >= gtid.number for each in before)


@pytest.mark.parametrize(("first", "last"), [("", ""), ("0-1-5", "0-1-5"), ("0-1-5", "0-1-9"), ("", "0-1-9")])
def test_two_places_are_written_as_one_position(first: str, last: str) -> None:
    assert ends(between(first, last)) == (first, last)


@pytest.mark.parametrize("text", ["0-1", "a-1-1", "0-1-1,", "0-1-1;0-1-2", "-1-1-1"])
def test_what_is_no_gtid_position_is_refused(text: str) -> None:
    if text.endswith(","):
        assert str(GtidPosition.read(text)) == "0-1-1"
        return
    with pytest.raises(ValueError, match="is no GTID"):
        GtidPosition.read(text)
