"""BER, element by element: `systems/cdr/ber.py`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.systems.cdr.encoding import constructed, primitive, sequence, whole
from trunkline.systems.cdr import ber

Tree = tuple[int, int, "bytes | list[Tree]", bool]

classes = st.sampled_from((0x40, 0x80, 0xC0))
numbers = st.integers(0, 2**21 - 1)
trees = st.recursive(
    st.tuples(numbers, classes, st.binary(max_size=300), st.just(False)),
    lambda inner: st.tuples(numbers, classes, st.lists(inner, max_size=4), st.booleans()),
    max_leaves=12,
)


def written(tree: Tree) -> bytes:
    number, tag_class, content, indefinite = tree
    if isinstance(content, bytes):
        return primitive(number, content, tag_class)
    return constructed(number, *map(written, content), tag_class=tag_class, indefinite=indefinite)


def read(data: bytes, found: ber.Element) -> list[tuple[str, bytes | None]]:
    """Every element below one, by the name of its tag, those that are primitive with their content."""
    if not found.constructed:
        return [(ber.tag_name(found.tag), data[found.start : found.end])]
    inner = [read(data, part) for part in ber.elements(data, found.start, found.end)]
    return [(ber.tag_name(found.tag), None), *(line for lines in inner for line in lines)]


def expected(tree: Tree) -> list[tuple[str, bytes | None]]:
    number, tag_class, content, _ = tree
    name = f"[{ {0x40: 'APPLICATION ', 0x80: '', 0xC0: 'PRIVATE '}[tag_class] }{number}]"
    if isinstance(content, bytes):
        return [(name, content)]
    return [(name, None), *(line for part in content for line in expected(part))]


@given(trees, st.binary(max_size=5))
def test_what_is_written_is_read_with_its_place_whatever_form_its_lengths_have(tree: Tree, behind: bytes) -> None:
    data = written(tree)
    found = ber.element(data + behind, 0, len(data) + len(behind))
    assert (found.offset, found.after) == (0, len(data))
    assert read(data, found) == expected(tree)


@given(trees, st.data())
def test_an_element_that_the_data_cuts_off_is_told_from_one_that_is_wrong(tree: Tree, data: st.DataObject) -> None:
    whole_of_it = written(tree)
    part = whole_of_it[: data.draw(st.integers(0, len(whole_of_it) - 1))]
    with pytest.raises(ber.Truncated):
        ber.element(part, 0, len(part))


@given(st.binary(max_size=60))
def test_any_bytes_are_elements_or_an_error_with_its_place(data: bytes) -> None:
    at, wrong = 0, len(data)
    try:
        for found in ber.elements(data, 0, len(data)):
            assert found.offset == at < found.start <= found.end <= found.after <= len(data)
            at = found.after
    except ber.BerError as fault:
        wrong = fault.offset
    assert at == wrong == len(data) or at <= wrong < len(data)


@given(st.integers(-(2**63), 2**64))
def test_integers_have_their_sign(number: int) -> None:
    data = primitive(3, whole(number))
    assert ber.integer(data, ber.element(data, 0, len(data))) == number


def test_a_string_in_segments_is_put_together() -> None:
    segments = constructed(4, primitive(4, b"Brus", 0), constructed(4, primitive(4, b"sels", 0), tag_class=0))
    assert ber.text(segments, ber.element(segments, 0, len(segments))) == "Brussels"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x84\x80\0\0", "primitive element of indefinite length"),
        (b"\0\0", "end-of-contents where an element is expected"),
        (b"\x9f\x80\x01\0", "a tag that is padded"),
        (b"\x9f\xff\xff\xff\xff\x01\0", "a tag that is padded or of too many bytes"),
        (b"\x84\x86\0\0\0\0\0\1\0", "a length of 6 bytes"),
        (b"\xa4\x80" * 40, "more than 32 elements"),
    ],
)
def test_what_can_be_no_element_is_refused_with_the_reason(data: bytes, why: str) -> None:
    with pytest.raises(ber.BerError, match=why) as refused:
        ber.element(data, 0, len(data))
    assert not isinstance(refused.value, ber.Truncated)


def test_segments_within_segments_go_only_so_deep() -> None:
    data = primitive(4, b"x", 0)
    for _ in range(40):
        data = constructed(4, data, tag_class=0)
    with pytest.raises(ber.BerError, match="more than 32 elements"):
        ber.octets(data, ber.element(data, 0, len(data)))


def test_tags_are_compared_as_the_number_that_their_octets_make() -> None:
    assert ber.context(79, constructed=True) == 0xBF4F
    assert ber.context(200, constructed=True) == 0xBF8148
    assert ber.application(201) == 0x5F8149
    assert ber.tag_of(ber.UNIVERSAL, 16, constructed=True) == 0x30
    data = sequence(primitive(1, b"\x01"))
    assert ber.element(data, 0, len(data)).tag == ber.tag_of(ber.UNIVERSAL, 16, constructed=True)
