"""JSON from outside is read within bounds, as every strict parser reads it, or is refused by a rule and a place."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.gateway.inspection.finding import Broken
from trunkline.gateway.inspection.json_text import JsonBounds, read_json

BOUNDS = JsonBounds()
SCALARS = (
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.text(st.characters(codec="utf-8"), max_size=20)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)
PARTS = [b"", b'"', b"{", b"]", b",", b":", b"\\", b"0", b"-", b"e9", b"\xff", b"\x00", b" "]
STRICT = msgspec.json.Decoder(float_hook=Decimal)


def broken(text: str | bytes, bounds: JsonBounds = BOUNDS) -> str:
    with pytest.raises(Broken) as found:
        read_json(text if isinstance(text, bytes) else text.encode(), bounds)
    return str(found.value)


@given(VALUES, st.sampled_from([None, 1]))
def test_what_is_json_is_read_as_it_is(value: Any, indent: int | None) -> None:
    assert read_json(json.dumps(value, indent=indent).encode(), BOUNDS) == value


@given(VALUES, st.data())
def test_what_is_read_is_what_a_strict_parser_reads(value: Any, data: st.DataObject) -> None:
    """Octets of a text are changed; nothing is read that another would read otherwise, or not at all."""
    text = bytearray(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        text[at : at + data.draw(st.integers(0, 2))] = data.draw(st.sampled_from(PARTS))
    try:
        expected = STRICT.decode(bytes(text))
    except (msgspec.DecodeError, UnicodeDecodeError):
        expected = ...
    try:
        read, rule = read_json(bytes(text), BOUNDS), ""
    except Broken as found:
        read, rule = ..., found.rule
    assert read == expected or rule in ("duplicate", "surrogate", "number")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "syntax"),
        ("nul", "syntax"),
        ("NaN", "syntax"),
        ("[1,]", "syntax /0"),
        ('{"a":1,}', "syntax /a"),
        ("{'a':1}", "syntax /"),
        ("[1}", "syntax /0"),
        ("\ufeff{}", "syntax"),
        ('"a\nb"', "syntax"),
        ("01", "trailing"),
        ("{} {}", "trailing"),
        ("{}\x00", "trailing"),
        ('{"a":1,"b":{"c":1,"\\u0063":2}}', "duplicate /b/c"),
        ('{"a":"\\ud800"}', "surrogate /a"),
        (b'"\xff"', "utf-8"),
        ("{}".encode("utf-16"), "utf-8"),
        ("1e400", "number"),
        ("1" * 41, "number"),
    ],
)
def test_what_parsers_differ_in_is_refused(text: str | bytes, rule: str) -> None:
    assert broken(text) == rule


@pytest.mark.parametrize(
    ("bounds", "within", "beyond", "rule"),
    [
        ({"depth": 2}, "[[1]]", "[[[1]]]", "depth /0/0"),
        ({"members": 2}, '{"a":1,"b":2}', '{"a":1,"b":2,"c":3}', "members /c"),
        ({"elements": 2}, "[1,2]", '{"a":[1,2,3]}', "elements /a/1"),
        ({"values": 3}, "[1,2]", "[1,2,3]", "values /1"),
        ({"string": 3}, '"\\u0041bc"', '["abcd"]', "string /0"),
        ({"name": 3}, '{"abc":1}', '{"abcd":1}', "name /"),
        ({"number": 3}, "1.5", "1.25", "number"),
    ],
)
def test_each_bound_is_kept_and_no_more_is_asked(bounds: dict[str, int], within: str, beyond: str, rule: str) -> None:
    read_json(within.encode(), JsonBounds(**bounds))
    assert broken(beyond, JsonBounds(**bounds)) == rule


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (b"[" * 10_000_000, "depth"),
        (b'{"a":' * 2_000_000, "depth"),
        (b"[" + b"[]," * 3_000_000, "elements"),
        (b'"' + b"\\" * 10_000_000, "syntax"),
        (b'"' + b"a" * 10_000_000 + b'"', "string"),
        (b"1" * 10_000_000, "number"),
        (b" " * 10_000_000, "syntax"),
        (b'"' * 10_000_000, "trailing"),
    ],
    ids=["arrays", "objects", "empty arrays", "escapes", "text", "digits", "spaces", "quotes"],
)
def test_ten_megabytes_of_spite_are_refused(text: bytes, rule: str) -> None:
    """Were any of it quadratic in the octets, or a recursion, this would not end."""
    assert broken(text).split()[0] == rule


def test_a_number_keeps_its_digits() -> None:
    assert read_json(b"[1.10, 12345678901234567890]", BOUNDS) == [Decimal("1.10"), 12345678901234567890]
