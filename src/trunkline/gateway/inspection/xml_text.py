"""XML as it comes from outside, read within bounds by expat: a document type, and with it every entity that could be
declared, ends the reading at once, and so does a processing instruction.

It is read as a stream: nothing is kept of it but the elements that are open.
"""

from __future__ import annotations

from typing import Annotated, Final
from xml.parsers import expat

import msgspec
from msgspec import Meta

from trunkline.gateway.inspection.finding import Broken

Most = Annotated[int, Meta(ge=1, le=10_000_000)]
_ENCODINGS: Final = (None, "utf-8", "us-ascii")


class XmlBounds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The most that an XML text may have: `depth` of elements in each other, `children` of an element, `elements` in
    all, `attributes` of an element, and characters of a `name`, of an attribute's `value`, and of an element's own
    `text`."""

    depth: Annotated[int, Meta(ge=1, le=100)] = 32
    children: Most = 1_000
    elements: Most = 50_000
    attributes: Most = 50
    name: Most = 256
    value: Most = 4_096
    text: Most = 65_536


def check_xml(body: bytes, bounds: XmlBounds) -> None:
    """Raises `Broken` where the text is not well-formed, is not UTF-8, or goes beyond the bounds."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Broken("encoding")
    _Reading(bounds).read(body)


class _Reading:
    """The elements that are open: name, children and characters of each."""

    def __init__(self, bounds: XmlBounds) -> None:
        self._bounds = bounds
        self._names: list[str] = []
        self._children: list[int] = [0]
        self._characters: list[int] = [0]
        self._elements = 0

    def read(self, body: bytes) -> None:
        parser = expat.ParserCreate("utf-8")
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._doctype
        parser.ProcessingInstructionHandler = self._instruction
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.ordered_attributes = True
        try:
            parser.Parse(body, True)
        except expat.ExpatError:
            raise self._broken("syntax") from None

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if (encoding.lower() if encoding else None) not in _ENCODINGS:
            raise self._broken("encoding")

    def _doctype(self, *_: object) -> None:
        raise self._broken("doctype")

    def _instruction(self, *_: object) -> None:
        raise self._broken("instruction")

    def _start(self, name: str, attributes: list[str]) -> None:
        bounds = self._bounds
        self._elements += 1
        self._children[-1] += 1
        broken = (
            ("depth", len(self._names) == bounds.depth),
            ("elements", self._elements > bounds.elements),
            ("children", self._children[-1] > bounds.children),
            ("attributes", len(attributes) > 2 * bounds.attributes),
            ("name", len(name) > bounds.name or any(len(each) > bounds.name for each in attributes[::2])),
            ("value", any(len(each) > bounds.value for each in attributes[1::2])),
        )
        for rule, is_broken in broken:
            if is_broken:
                raise self._broken(rule)
        self._names.append(name)
        self._children.append(0)
        self._characters.append(0)

    def _end(self, name: str) -> None:
        self._names.pop()
        self._children.pop()
        self._characters.pop()

    def _text(self, text: str) -> None:
        self._characters[-1] += len(text)
        if self._characters[-1] > self._bounds.text:
            raise self._broken("text")

    def _broken(self, rule: str) -> Broken:
        return Broken(rule, "".join(f"/{name}" for name in self._names))
