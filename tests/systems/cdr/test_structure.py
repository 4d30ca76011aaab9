"""Records by tables: `systems/cdr/structure.py`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.systems.cdr.encoding import constructed, primitive, sequence
from trunkline.systems.cdr.ber import BerError
from trunkline.systems.cdr.structure import (
    ANY,
    BITS,
    BOOLEAN,
    INTEGER,
    NULL,
    OBJECT_IDENTIFIER,
    OCTETS,
    TEXT,
    Choice,
    ListOf,
    Structure,
    decode,
)

ADDRESS = Choice({0: ("v4", OCTETS), 2: ("text", TEXT), 40: ("far", ListOf(INTEGER))})
INNER = Structure({1: ("a", INTEGER), 200: ("b", TEXT)})
RECORD = Structure(
    {
        0: ("number", INTEGER),
        1: ("octets", OCTETS),
        2: ("text", TEXT),
        3: ("flag", BOOLEAN),
        4: ("nothing", NULL),
        5: ("bits", BITS),
        6: ("any", ANY),
        7: ("inner", INNER),
        8: ("address", ADDRESS),
        9: ("inners", ListOf(INNER)),
        10: ("addresses", ListOf(ADDRESS)),
        11: ("numbers", ListOf(INTEGER)),
        300: ("high", INTEGER),
    },
    universal={6: ("identifier", OBJECT_IDENTIFIER)},
)

INNERS = constructed(7, primitive(1, b"\x05"), primitive(200, b"x" * 130))


def read(*fields: bytes) -> dict[str, object]:
    data = b"".join(fields)
    return decode(RECORD, data, 0, len(data))


@pytest.mark.parametrize(
    ("encoded", "expected"),
    [
        (primitive(0, b"\x7f"), {"number": 127}),
        (primitive(0, b"\xff"), {"number": -1}),
        (primitive(0, b"\x00\x82\x0e\xf8\x39"), {"number": 0x820EF839}),
        (primitive(300, b"\x80\x00"), {"high": -32768}),
        (primitive(1, b""), {"octets": b""}),
        (primitive(1, bytes(300)), {"octets": bytes(300)}),
        (primitive(2, "Liège".encode()), {"text": "Liège"}),
        (primitive(3, b"\xff"), {"flag": True}),
        (primitive(3, b"\x00"), {"flag": False}),
        (primitive(4, b""), {"nothing": None}),
        (primitive(5, b"\x04\xf0"), {"bits": (b"\xf0", 4)}),
        (primitive(5, b"\x00"), {"bits": (b"", 0)}),
        (primitive(6, b"raw"), {"any": b"raw"}),
        (constructed(6, primitive(1, b"x")), {"any": primitive(1, b"x")}),
        (primitive(6, b"\x04\x00\x87\x67\x01", 0x00), {"identifier": "0.4.0.999.1"}),
        (INNERS, {"inner": {"a": 5, "b": "x" * 130}}),
        (constructed(8, primitive(0, b"\x0a\0\0\1")), {"address": {"v4": b"\x0a\0\0\1"}}),
        (constructed(8, primitive(2, b"10.0.0.1")), {"address": {"text": "10.0.0.1"}}),
        (constructed(8, primitive(0, bytes(128))), {"address": {"v4": bytes(128)}}),
        (constructed(8, primitive(0, bytes(200))), {"address": {"v4": bytes(200)}}),
        (constructed(8, constructed(40, primitive(2, b"\1", 0))), {"address": {"far": [1]}}),
        (constructed(9, sequence(primitive(1, b"\1")), sequence()), {"inners": [{"a": 1}, {}]}),
        (constructed(10, primitive(0, b"a"), primitive(2, b"b")), {"addresses": [{"v4": b"a"}, {"text": "b"}]}),
        (constructed(11, primitive(2, b"\1", 0), primitive(10, b"\2", 0)), {"numbers": [1, 2]}),
        (primitive(99, b"later"), {"[99]": b"later"}),
        (constructed(12, primitive(1, b"x")), {"[12]": primitive(1, b"x")}),
        (primitive(1, b"own", 0xC0), {"[PRIVATE 1]": b"own"}),
        (constructed(1, primitive(4, b"two ", 0), primitive(4, b"parts", 0)), {"octets": b"two parts"}),
        (constructed(2, primitive(12, b"ge", 0), primitive(12, b"nt", 0), indefinite=True), {"text": "gent"}),
    ],
)
def test_every_kind_of_field_has_its_value(encoded: bytes, expected: dict[str, object]) -> None:
    assert read(encoded) == expected


@given(st.lists(st.booleans(), min_size=4, max_size=4), st.integers(0, 3))
def test_indefinite_lengths_give_the_same_as_definite_ones(forms: list[bool], items: int) -> None:
    def encoded(forms: list[bool]) -> bytes:
        inner = constructed(7, primitive(1, b"\x05"), indefinite=forms[0])
        listed = constructed(9, *[sequence(primitive(1, b"\2"), indefinite=forms[1])] * items, indefinite=forms[2])
        return inner + listed + constructed(8, primitive(0, b"abcd"), indefinite=forms[3]) + primitive(0, b"\1")

    assert read(encoded(forms)) == read(encoded([False] * 4))


@pytest.mark.parametrize(
    ("encoded", "why", "path", "offset"),
    [
        (primitive(0, b""), "an integer of 0 bytes", "number", 3),
        (primitive(0, bytes(17)), "an integer of 17 bytes", "number", 3),
        (primitive(2, b"\xff\xfe"), "not UTF-8", "text", 3),
        (constructed(2, primitive(12, b"\xff", 0)), "not UTF-8", "text", 3),
        (primitive(3, b""), "a boolean of 0 bytes", "flag", 3),
        (primitive(4, b"x"), "a NULL with content", "nothing", 3),
        (primitive(5, b"\x09\0"), "unused bits", "bits", 3),
        (primitive(5, b""), "unused bits", "bits", 3),
        (primitive(6, b"\x80", 0x00), "an object identifier", "identifier", 3),
        (constructed(7, primitive(1, b"")), "an integer of 0 bytes", "inner.a", 5),
        (constructed(9, sequence(), sequence(primitive(1, b""))), "an integer", "inners.a", 9),
        (constructed(9, primitive(1, b"x")), "no SEQUENCE or SET", "inners", 5),
        (constructed(9, b"\x30\x05\x81\x01\x07") + bytes(9), "a length of 5 bytes where 3 are left", "inners", 5),
        (constructed(8), "a choice of 0 alternatives", "address", 5),
        (constructed(8, primitive(0, b"a"), primitive(2, b"b")), "a choice of 2 alternatives", "address", 5),
        (constructed(11, primitive(1, b"\1")), r"\[1\] where an element of the list", "numbers", 5),
        (primitive(7, b"x"), "primitive where a constructed", "inner", 3),
        (constructed(0, primitive(2, b"\1", 0)), "primitive where a constructed", "number", 3),
        (primitive(1, b"once"), "a second time", "", 3),
        (b"\0\0", "end-of-contents", "", 3),
        (b"\x80", "the data ends", "", 3),
        (b"\x80\x05ab", "a length of 5 bytes where 2 are left", "", 3),
        (constructed(7, b"\x81\x09a"), "a length of 9 bytes where 1 are left", "inner", 5),
    ],
)
def test_what_is_wrong_is_told_with_field_and_offset(encoded: bytes, why: str, path: str, offset: int) -> None:
    with pytest.raises(BerError, match=why) as refused:
        read(primitive(1, b"x"), encoded)
    assert (".".join(refused.value.path), refused.value.offset) == (path, offset)
