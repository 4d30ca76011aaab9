"""Files of records, whole and damaged: `systems/cdr/files.py`."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.systems.cdr import records as made
from tests.systems.cdr.encoding import primitive
from tests.systems.usage_files import ORIGIN, read_all
from trunkline.systems.cdr import SYSTEM
from trunkline.systems.cdr.files import AHEAD, CHUNK, file_header, matches
from trunkline.systems.cdr.reader import read


def numbered(count: int, *, indefinite: bool = False) -> list[bytes]:
    return [made.pgw({20: made.number(20, number)}, indefinite=indefinite) for number in range(count)]


def ids(data: bytes) -> list[str]:
    return [report.id for report in read_all(read, data)[0]]


def refusals(data: bytes) -> list[tuple[str, int, int]]:
    return [(one.reason, one.offset, one.length) for one in read_all(read, data)[1]]


EXPECTED = [f"pgw/PGW01/{number}" for number in range(4)]


@pytest.mark.parametrize("indefinite", [False, True])
@pytest.mark.parametrize(
    "join",
    [
        lambda records: made.with_headers(*records),
        lambda records: made.with_headers(*records, extension=b"a gateway's own words"),
        b"".join,
        b"\x00\x00\x00".join,
        b"\xff\xff".join,
        lambda records: b"".join(records) + bytes(5000),
    ],
)
def test_files_with_headers_and_without_are_read(join: object, indefinite: bool) -> None:
    assert callable(join)
    data = join(numbered(4, indefinite=indefinite))
    assert matches(data[:4096])
    assert (ids(data), refusals(data)) == (EXPECTED, [])


def test_each_report_says_where_its_record_begins() -> None:
    records = numbered(3)
    data = made.with_headers(*records)
    for report, record in zip(read_all(read, data)[0], records, strict=True):
        offset = report.source.offset
        assert data[offset : offset + len(record)] == record


@pytest.mark.parametrize(
    "head",
    [
        b"", b"\x00" * 60, b"<?xml version='1.0'?>" * 9, b'{"chargingDataRef": 1}' * 9,
        b"Mon Mar  9 08:18:53 2026\n" * 9,
        b"\x61\x82\x01\x70" + b"dy_\x81\x44\x05WERFD_\x816\x05XLKJE" * 9, b"\x30\x82\x01\x00" * 20,
    ],
)  # fmt: skip
def test_other_files_are_none(head: bytes) -> None:
    assert not matches(head)


def test_every_kind_of_record_is_recognised_by_its_first_bytes() -> None:
    for record in made.EVERY_KIND:
        assert matches((record * 30)[:4096])
        assert matches(made.with_headers(record)[:4096])


def test_the_system_offers_its_format() -> None:
    (offered,) = SYSTEM.formats
    assert (SYSTEM.name, offered.name) == ("cdr", "cdr")


def test_what_the_header_says_is_known() -> None:
    header = file_header(made.with_headers(*numbered(3), lost=5))
    assert header is not None
    assert (header.header_length, header.records, header.lost) == (54, 3, 5)


def test_a_header_need_not_know_how_long_the_file_is_nor_how_many_records_it_has() -> None:
    data = b"\xff\xff\xff\xff" + made.with_headers(*numbered(3), counted=0xFFFFFFFF)[4:]
    assert matches(data[:4096])
    assert (ids(data), refusals(data)) == (EXPECTED[:3], [])


def test_records_that_the_header_counts_and_are_not_there_are_told() -> None:
    assert refusals(made.with_headers(*numbered(3), counted=5)) == [("cdr.count", 0, 0)]
    assert refusals(made.with_headers(*numbered(3), counted=0xFFFFFFFF)) == []


def test_records_that_the_node_lost_are_told() -> None:
    (rejected,) = read_all(read, made.with_headers(*numbered(3), lost=3))[1]
    assert rejected.reason == "cdr.lost"
    assert "records were lost (indicator 3)" in rejected.message


def test_a_file_that_ends_within_a_record_gives_those_before_it() -> None:
    data = made.with_headers(*numbered(3))
    cut = len(data) - 20
    last = 54 + 2 * len(made.headed(numbered(1)[0]))
    assert ids(data[:cut]) == EXPECTED[:2]
    assert refusals(data[:cut]) == [("cdr.record-header", last, cut - last)]
    bare = b"".join(numbered(3))[:-20]
    assert ids(bare) == EXPECTED[:2]
    assert [reason for reason, _, _ in refusals(bare)] == ["cdr.record"]


def test_a_file_that_is_not_in_ber_is_refused_with_what_to_do() -> None:
    records = [made.headed(b"\x12\x34" * 9, encoding=2)] * 3
    found, rejected = read_all(read, made.with_headers(counted=3) + b"".join(records))
    assert found == []
    assert [(one.reason, one.offset, one.length) for one in rejected[:1]] == [("cdr.encoding", 54, 69)]
    assert "unaligned PER, which is not read: let the node write BER" in rejected[0].message


@pytest.mark.parametrize("wrong", [1, 40, 300, 60_000])
def test_where_a_header_has_the_wrong_length_the_record_itself_tells_it(wrong: int) -> None:
    first, second, third = numbered(3)
    data = made.with_headers() + made.headed(first) + made.headed(second, length=wrong) + made.headed(third)
    assert ids(data) == EXPECTED[:3]


def test_where_a_record_has_the_wrong_length_its_header_tells_it() -> None:
    first, second, third = numbered(3)
    wrong = second[:3] + bytes((second[3] + 9,)) + second[4:]
    data = made.with_headers(first, wrong, third)
    assert ids(data) == [EXPECTED[0], EXPECTED[2]]
    assert refusals(data) == [("cdr.truncated", 54 + len(made.headed(first)) + 5, len(wrong))]


@pytest.mark.parametrize("indefinite", [False, True])
@pytest.mark.parametrize("size", [1, 5, 300, CHUNK, 3 * CHUNK + 1])
def test_after_bytes_that_are_no_record_reading_goes_on_at_the_next(size: int, indefinite: bool) -> None:
    rubbish = b"\x7e" * size
    first, *others = numbered(4, indefinite=indefinite)
    headed = made.with_headers() + made.headed(first) + rubbish + b"".join(map(made.headed, others))
    assert ids(headed) == EXPECTED
    offset = 54 + len(made.headed(first))
    assert refusals(headed)[0] == ("cdr.record-header", offset, size)
    bare = first + rubbish + b"".join(others)
    assert ids(bare) == EXPECTED
    assert refusals(bare) == [("cdr.record", len(first), size)]


@pytest.mark.parametrize("ahead", range(16))
def test_reading_goes_on_at_a_record_whose_beginning_is_read_in_two_pieces(ahead: int) -> None:
    first, *others = numbered(4)
    start = made.with_headers() + made.headed(first)
    headed = start + b"\x7e" * (2 * CHUNK - len(start) - ahead) + b"".join(map(made.headed, others))
    assert ids(headed) == EXPECTED
    bare = first + b"\x7e" * (2 * CHUNK - len(first) - ahead) + b"".join(others)
    assert ids(bare) == EXPECTED


def test_what_is_larger_than_a_record_can_be_is_none() -> None:
    huge = made.pgw({99: primitive(99, bytes(70_000))})
    data = huge + numbered(1)[0]
    assert ids(data) == EXPECTED[:1]
    assert refusals(data) == [("cdr.record", 0, len(huge))]


def test_a_header_that_is_none_is_told_and_its_records_are_read() -> None:
    data = made.with_headers(*numbered(3))
    damaged = data[:4] + b"\x00\x00\x00\x07" + data[8:]
    assert ids(damaged) == EXPECTED[:3]
    assert refusals(damaged) == [("cdr.file-header", 0, 54)]


def test_an_empty_file_has_nothing_in_it() -> None:
    assert read_all(read, b"") == ([], [])


class Measured(io.RawIOBase):
    """A stream of very many records, which remembers how much was asked of it."""

    def __init__(self, record: bytes, count: int) -> None:
        self._block, self._blocks, self.largest = record * 1000, count // 1000, 0

    def read(self, size: int = -1) -> bytes:
        assert size > 0, "a file is never read as a whole"
        self.largest = max(self.largest, size)
        self._blocks -= 1
        return self._block if self._blocks >= 0 else b""


def test_memory_does_not_grow_with_the_file() -> None:
    stream = Measured(made.mo_sms(), 20_000)
    assert sum(1 for _ in read(stream, ORIGIN)) == 20_000  # type: ignore[arg-type]
    assert stream.largest <= CHUNK < 4 * AHEAD


@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_are_read_to_the_end_and_explained(data: bytes, headed: bool) -> None:
    whole = made.with_headers(*numbered(1)) + data if headed else data
    found, rejected = read_all(read, whole)
    assert found or rejected or not whole.strip(b"\x00\xff")
    for one in rejected:
        assert re.search(r"byte|header", one.message), one.message


def test_records_of_a_file_may_be_of_several_kinds() -> None:
    found, rejected = read_all(read, made.with_headers(*made.EVERY_KIND))
    assert rejected == []
    assert len(found) == len(made.EVERY_KIND) + 1  # one counts two rating groups
    assert {report.id.split("/")[0] for report in found} == {"pgw", "sgw", "msc", "sgsn", "smsc", "chf"}


def test_a_field_that_is_too_long_for_its_record_does_not_hide_the_next_one() -> None:
    wrong = made.pgw({18: primitive(18, b"PGW01")[:1] + b"\x7f" + b"PGW01"})
    assert ids(made.with_headers(wrong, *numbered(1))) == EXPECTED[:1]
