"""XML that was made to do harm, and files of any size: bounded memory, and the rest of the file is taken."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Iterator
from io import BytesIO, RawIOBase
from typing import Any

import pytest

from tests.systems.measurement_files import ORIGIN, Group, Node, Object, read_all, ts_32435
from trunkline.quarantine import Rejected
from trunkline.systems.compression import CHUNK
from trunkline.systems.threegpp.measurements import read
from trunkline.systems.xml import Close, Element, Open, Shape, Walker

GROUP = Group("g", ("a", "b"), tuple(Object(f"ENBFunction={n}", (n, n * 2)) for n in range(5)))
FILE = ts_32435((Node("ManagedElement=N1", (GROUP, GROUP)),)).encode()
MIDDLE = FILE.index(b"<measValue", FILE.index(b"<measValue") + 1)  # before the second of ten results
MEMORY = 60_000_000  # bytes; most is for an element of 2 MiB that is nothing but tags


class Endless(RawIOBase):
    """A file that is made while it is read: `before`, `filling` as often as it takes to have `size` bytes, `after`."""

    def __init__(self, before: bytes, filling: bytes, size: int, after: bytes) -> None:
        self._parts = self._made(before, filling, size, after)
        self._rest = b""

    @staticmethod
    def _made(before: bytes, filling: bytes, size: int, after: bytes) -> Iterator[bytes]:
        yield before
        block = filling * (65_536 // len(filling))
        for _ in range(size // len(block)):
            yield block
        yield after

    def read(self, size: int = -1) -> bytes:  # type: ignore[override]
        while len(self._rest) < size and (part := next(self._parts, None)) is not None:
            self._rest += part
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


BOMBS = {
    "attribute": (b'<measValue measObjLdn="', b"A", b'"><r p="1">1</r></measValue>'),
    "text": (b'<measValue measObjLdn="ENBFunction=9"><r p="1">', b"1", b"</r></measValue>"),
    "vector": (b'<measValue measObjLdn="ENBFunction=9"><r p="1">1', b",1", b"</r></measValue>"),
    "results": (b'<measValue measObjLdn="ENBFunction=9">', b'<r p="1">1</r>', b"</measValue>"),
    "comment": (b"<!-- ", b"- ", b" -->"),
    "instruction": (b"<?x ", b"x", b"?>"),
    "text between": (b"", b"lorem ipsum ", b""),
    "white space": (b"", b" ", b""),
    "cdata": (b"<![CDATA[", b"x", b"]]>"),
    "depth": (b"", b"<a>", b""),
    "name": (b"<", b"a", b"/>"),
    "attributes": (b"<a ", b'a="1" ', b"/>"),
    "lines": (b'<measValue measObjLdn="', b"\n", b'"/>'),
}


def bomb(kind: str, size: int) -> list[Any]:
    """What a reader makes of a file with a bomb in the middle, without ever using much memory."""
    before, filling, after = BOMBS[kind]
    stream = Endless(FILE[:MIDDLE] + before, filling, size, after + FILE[MIDDLE:])
    tracemalloc.start()
    try:
        records = list(read(stream, ORIGIN))  # type: ignore[arg-type]
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()
    return records


@pytest.mark.parametrize("kind", BOMBS)
def test_a_huge_part_is_rejected_without_being_kept_and_the_rest_is_taken(kind: str) -> None:
    records = bomb(kind, 8 * 1024 * 1024)
    rejected = [r for r in records if isinstance(r, Rejected)]
    taken = [r.counters["a"] for r in records if not isinstance(r, Rejected)]

    if kind == "white space":
        assert rejected == []
    else:
        assert rejected
        assert all(r.offset >= MIDDLE and r.message and len(r.part) <= 4096 for r in rejected)
    # What has no end hides what stands in the same measInfo behind it.
    assert [n for n in taken if n != 9] in ([0, 1, 2, 3, 4] * 2, [0, 0, 1, 2, 3, 4])
    assert kind == "depth" or len(taken) >= 10


@pytest.mark.prove
@pytest.mark.parametrize("kind", BOMBS)
def test_a_part_of_a_gigabyte_is_rejected_without_being_kept_and_the_rest_is_taken(kind: str) -> None:
    records = bomb(kind, 1024**3)
    assert sum(not isinstance(r, Rejected) for r in records) >= 10


def test_a_file_of_any_size_is_read_in_constant_memory() -> None:
    info = FILE[FILE.index(b"<measInfo") : FILE.index(b"</measInfo>") + len(b"</measInfo>")]
    stream = Endless(FILE[: FILE.index(b"<measInfo")], info + b"\n", 4 * 1024 * 1024, b"</measData></measCollecFile>")
    count = 0
    tracemalloc.start()
    try:
        for record in read(stream, ORIGIN):  # type: ignore[arg-type]
            assert not isinstance(record, Rejected)
            count += 1
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()
    assert count > 20_000


def test_entity_bombs_and_outside_files_are_not_taken_but_the_results_are() -> None:
    doctype = b"""<!DOCTYPE measCollecFile [
      <!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;">
      <!ENTITY secret SYSTEM "file:///etc/passwd">]>"""
    text = FILE.replace(b"?>", b"?>" + doctype, 1)
    text = text.replace(b'<r p="1">1</r>', b'<r p="1">&c;</r>', 1).replace(
        b'<r p="1">2</r>', b'<r p="1">&secret;</r>', 1
    )

    measurements, rejected = read_all(read, text)

    assert [m.counters["a"] for m in measurements] == [0, 3, 4, 0, 1, 2, 3, 4]
    assert [r.reason for r in rejected] == ["xml.doctype", "xml.entity", "xml.entity"]
    assert all(b"root:" not in r.part for r in rejected)


def test_bytes_of_another_encoding_cost_only_the_names_that_they_are_in() -> None:
    text = FILE.replace(b"ENBFunction=1", "ENBFunction=Liège".encode("latin-1"), 1).replace(
        b'swVersion="R1"', b'swVersion="\xe9"'
    )
    measurements, rejected = read_all(read, text)

    assert [m.counters["a"] for m in measurements] == [0, 2, 3, 4, 0, 1, 2, 3, 4]
    assert {m.software for m in measurements} == {"\ufffd"}
    assert [r.reason for r in rejected] == ["xml.encoding", "measurement.unusable"]
    assert text[rejected[0].offset] == 0xE9
    assert text[rejected[1].offset :].startswith(b"<measValue")


def test_a_character_may_lie_across_two_chunks_that_are_read() -> None:
    label = "R" + "é€😀" * 4
    labelled = FILE.replace(b"R1", label.encode())
    for padding in range(CHUNK - 1_000, CHUNK - 200):
        measurements, rejected = read_all(read, labelled.replace(b"?>", b"?><!--%s-->" % (b"x" * padding), 1))
        assert rejected == []
        assert {m.software for m in measurements} == {label}


def test_an_unknown_encoding_is_said() -> None:
    for name in (b"klingon", b"utf-32-be", b"shift-jis", b"base64"):
        measurements, rejected = read_all(read, FILE.replace(b'encoding="UTF-8"', b'encoding="%s"' % name))
        assert measurements == [] or name == b"utf-32-be"  # whose letters would not be ASCII's: it is UTF-8
        assert [r.reason for r in rejected] == ([] if measurements else ["xml.encoding"])


def test_two_files_sent_as_one_are_both_read() -> None:
    measurements, rejected = read_all(read, FILE + b"\n" + FILE)
    assert len(measurements) == 20
    assert [r.part for r in rejected] == [b'<?xml version="1.0" encoding="UTF-8"?>\n']


def test_a_file_broken_in_very_many_places_is_given_up_at_last() -> None:
    info = FILE[FILE.index(b"<measValue") : FILE.index(b"</measValue>") + len(b"</measValue>")]
    measurements, rejected = read_all(read, FILE[:MIDDLE] + (b"\0" + info) * 2_000 + FILE[MIDDLE:])
    assert len(measurements) == 1_001
    assert len(rejected) == 1_001
    last = rejected[-1]
    assert last.offset + last.length == len(FILE) + 2_000 * (len(info) + 1)
    assert "rest was not read" in last.message


def test_a_damaged_or_cut_off_archive_gives_what_can_be_unpacked() -> None:
    packed = gzip.compress(FILE)
    cut = read_all(read, packed[:-30])
    assert 1 <= len(cut[0]) <= 10
    assert [r.reason for r in cut[1]][-2:] == ["gzip.truncated", "xml.truncated"]

    spoilt = read_all(read, packed[:40] + b"\xff" * 20 + packed[60:])
    assert "gzip.damaged" in [r.reason for r in spoilt[1]]


def test_an_archive_that_unpacks_without_end_is_stopped() -> None:
    packer = zlib.compressobj(wbits=31)
    packed = (
        packer.compress(FILE[:MIDDLE]) + b"".join(packer.compress(b" " * 2**20) for _ in range(64)) + packer.flush()
    )
    measurements, rejected = read_all(read, packed)
    assert len(measurements) == 1
    assert "gzip.bomb" in [r.reason for r in rejected]


def test_an_empty_file_and_one_that_is_no_xml_are_rejected() -> None:
    assert [r.reason for r in read_all(read, b"")[1]] == ["xml.empty"]
    for data in (b"hello", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100, b"{}", b"\0" * 300_000):
        measurements, rejected = read_all(read, data)
        assert measurements == []
        assert rejected[-1].offset + rejected[-1].length == len(data)


def test_an_element_is_given_with_its_place_its_children_and_its_bytes() -> None:
    data = b'<a>\n <b x="1&amp;2">\n<c>t&lt;</c><c/></b>\n</a>'
    walker = Walker(BytesIO(data), ORIGIN, Shape(boundaries={}, containers=frozenset({"a"})))
    events = []
    for event in walker:
        events.append(event)
        if isinstance(event, Element):
            assert walker.raw(event) == b'<b x="1&amp;2">\n<c>t&lt;</c><c/></b>'
    opened, element, closed = events
    assert isinstance(opened, Open)
    assert isinstance(element, Element)
    assert isinstance(closed, Close)
    assert (element.name, element.attributes, element.offset, element.line) == ("b", {"x": "1&2"}, 5, 2)
    assert [(name, text) for name, _, text, _ in element.children] == [("c", "t<"), ("c", "")]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_a_line_end_of_any_kind_in_the_declaration_counts(end: bytes) -> None:
    plain, _ = read_all(read, FILE)
    longer, _ = read_all(read, FILE.replace(b"<?xml", b"<?xml" + end, 1))
    assert [m.source.line for m in longer] == [m.source.line + 1 for m in plain]
