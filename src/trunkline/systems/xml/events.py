"""What a walk through an XML file yields."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from trunkline.quarantine import Rejected

Node = tuple[str, dict[str, str], str, Sequence["Node"]]
"""An element inside an `Element`: name, attributes, text (of one without children), children."""


class Open(msgspec.Struct, frozen=True, gc=False):
    """A container begins, at this byte and line of the uncompressed file."""

    name: str
    attributes: dict[str, str]
    offset: int
    line: int


class Close(msgspec.Struct, frozen=True, gc=False):
    """A container ends, or its end was lost."""

    name: str


class Element(msgspec.Struct, frozen=True, gc=False):
    """A whole element. `offset` and `line` are where it begins, `end` is the byte at which its end tag does."""

    name: str
    attributes: dict[str, str]
    text: str
    children: Sequence[Node]
    offset: int
    line: int
    end: int


Event = Open | Close | Element | Rejected
