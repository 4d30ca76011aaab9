"""XML from outside stays within bounds, and declares nothing."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.gateway.inspection.finding import Broken
from trunkline.gateway.inspection.xml_text import XmlBounds, check_xml

BOUNDS = XmlBounds()
PARTS = [b"", b"<", b">", b"&", b"/", b'"', b"\xff", b"\x00", b"<d/>", b"<?p?>"]
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def broken(text: str | bytes, bounds: XmlBounds = BOUNDS) -> str:
    with pytest.raises(Broken) as found:
        check_xml(text if isinstance(text, bytes) else text.encode(), bounds)
    return str(found.value)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (f'<!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]><a>&l9;</a>', "doctype"),
        ('<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>', "doctype"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "doctype"),
        ("<a>&x;</a>", "syntax /a"),
        ("<a><?php x?></a>", "instruction /a"),
        ('<?xml-stylesheet href="x"?><a/>', "instruction"),
        ('<?xml version="1.0" encoding="utf-16"?><a/>', "encoding"),
        ("<a/>".encode("utf-16"), "encoding"),
        (b"<a>\xff</a>", "syntax /a"),
        ("<a/><b/>", "syntax"),
        ("<a>", "syntax /a"),
        ('<a b="1" b="2"/>', "syntax"),
        ("", "syntax"),
        ("{}", "syntax"),
    ],
)
def test_what_declares_or_is_not_well_formed_is_refused(text: str | bytes, rule: str) -> None:
    assert broken(text) == rule


@pytest.mark.parametrize(
    ("bounds", "within", "beyond", "rule"),
    [
        ({"depth": 2}, "<a><b/></a>", "<a><b><c/></b></a>", "depth /a/b"),
        ({"children": 1}, "<a><b/></a>", "<a><b/><c/></a>", "children /a"),
        ({"elements": 2}, "<a><b/></a>", "<a><b><c/></b></a>", "elements /a/b"),
        ({"attributes": 1}, '<a b="1"/>', '<a b="1" c="2"/>', "attributes"),
        ({"name": 2}, '<ab cd="1"/>', '<a bcd="1"/>', "name"),
        ({"value": 2}, '<a b="12"/>', '<a b="123"/>', "value"),
        ({"text": 2}, "<a>12<b>12</b></a>", "<a>1<b/>23</a>", "text /a"),
    ],
)
def test_each_bound_is_kept_and_no_more_is_asked(bounds: dict[str, int], within: str, beyond: str, rule: str) -> None:
    check_xml(within.encode(), XmlBounds(**bounds))
    assert broken(beyond, XmlBounds(**bounds)) == rule


@pytest.mark.parametrize(
    "text",
    [
        b"<a>" * 3_000_000,
        b"<a " + b'b="' * 3_000_000,
        b"<a>" + b"x" * 10_000_000,
        b"<!--" * 2_500_000,
        b"<" * 10_000_000,
    ],
    ids=["elements", "attributes", "text", "comments", "brackets"],
)
def test_ten_megabytes_of_spite_are_refused(text: bytes) -> None:
    broken(text)


@given(st.data())
def test_what_passes_is_what_another_parser_reads(data: st.DataObject) -> None:
    text = bytearray(b'<?xml version="1.0"?><a b="1">x<c>&lt;y</c><!-- n --><![CDATA[<z>]]></a>')
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        text[at : at + data.draw(st.integers(0, 3))] = data.draw(st.sampled_from(PARTS))
    try:
        check_xml(bytes(text), BOUNDS)
    except Broken:
        return
    ElementTree.fromstring(bytes(text))
