"""BER of any ASN.1 module, element by element: where each lies and what its octets mean (ITU-T X.690).

    for found in elements(data, 0, len(data)):  # or element(data, at, end) for one
        found.tag                               # identifier octets as one number: 0x82, 0xBF4F, 0x5F8149
        found.offset, found.start, found.end    # where it begins, and the bounds of its content
        for inner in elements(data, found.start, found.end): ...
    integer(data, found), octets(data, found), text(data, found)

`context(79)`, `application(129)` and `tag_of(UNIVERSAL, 16)` make the tags to compare with. Lengths may be definite or
indefinite, tags of one to four octets, strings primitive or in segments. No length is believed before it is compared
with the bytes that are there, and nothing goes deeper than `DEPTH`. What is wrong raises `BerError` with its offset.
`structure.py` decodes whole records by tables, with the same rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

UNIVERSAL, APPLICATION, CONTEXT, PRIVATE = 0x00, 0x40, 0x80, 0xC0
CONSTRUCTED = 0x20

DEPTH = 32  # of elements within elements; 3GPP's records and TAP need less than 12
TAG_OCTETS = 4  # numbers below 2^21
INTEGER_OCTETS = 16  # 3GPP's largest is of 64 bits
OID_OCTETS = 64
LENGTH_OCTETS = 5  # TAP files write lengths with padding; what they say is bounded by the data itself


class BerError(ValueError):
    """Octets that are no valid BER, or not what a table expects.

    `why` says what is wrong, `offset` is the byte of the data at which the element begins, `path` the names of the
    fields that it lies in, the outermost first.
    """

    def __init__(self, why: str, offset: int, *path: str) -> None:
        super().__init__(why)
        self.why = why
        self.offset = offset
        self.path = path

    def inside(self, name: str) -> BerError:
        """The same, with the name of the field around it."""
        self.path = (name, *self.path)
        return self

    def __str__(self) -> str:
        field = f"{'.'.join(self.path)}: " if self.path else ""
        return f"{field}{self.why} at byte {self.offset}"


class Truncated(BerError):
    """The data ends before the element does: with more of it, it could be read."""


class Element(NamedTuple):
    """One element; all positions are in the data that it was read from."""

    tag: int
    """The identifier octets as one big-endian number, with class, number and whether it is constructed."""
    offset: int
    """Of the first identifier octet."""
    start: int
    end: int
    """Bounds of the content."""
    after: int
    """Where the next element begins: `end`, or behind the end-of-contents octets of an indefinite length."""

    @property
    def constructed(self) -> bool:
        return bool(_leading(self.tag) & CONSTRUCTED)


def tag_of(tag_class: int, number: int, *, constructed: bool = False) -> int:
    """The tag of any class, as `Element.tag` gives it."""
    leading = tag_class | (CONSTRUCTED if constructed else 0)
    if number < 0x1F:
        return leading | number
    following = [number & 0x7F]
    while number := number >> 7:
        following.append(number & 0x7F | 0x80)
    return int.from_bytes((leading | 0x1F, *reversed(following)), "big")


def context(number: int, *, constructed: bool = False) -> int:
    """The tag `[number]`."""
    return tag_of(CONTEXT, number, constructed=constructed)


def application(number: int, *, constructed: bool = False) -> int:
    """The tag `[APPLICATION number]`."""
    return tag_of(APPLICATION, number, constructed=constructed)


def element(data: bytes, at: int, end: int) -> Element:
    """The element that begins at `at` and must end by `end`, at most the data's length.

    Raises `Truncated` where it goes beyond `end`, `BerError` where it can be none.
    """
    return _element(data, at, end, DEPTH)


def elements(data: bytes, start: int, end: int) -> Iterator[Element]:
    """The elements that lie one behind the other from `start` to exactly `end`. Raises as `element` does."""
    while start < end:
        found = _element(data, start, end, DEPTH)
        yield found
        start = found.after


def integer(data: bytes, found: Element) -> int:
    """An INTEGER or ENUMERATED. Raises `BerError`."""
    if not 1 <= found.end - found.start <= INTEGER_OCTETS or found.constructed:
        raise BerError(f"an integer of {found.end - found.start} bytes", found.offset)
    return int.from_bytes(data[found.start : found.end], "big", signed=True)


def octets(data: bytes, found: Element) -> bytes:
    """An OCTET STRING, its segments put together where it is constructed. Raises `BerError`."""
    if not found.constructed:
        return data[found.start : found.end]
    return b"".join(_segments(data, found, DEPTH))


def text(data: bytes, found: Element) -> str:
    """A character string of any kind, as UTF-8. Raises `BerError`."""
    try:
        return octets(data, found).decode()
    except UnicodeDecodeError:
        raise BerError("a text that is not UTF-8", found.offset) from None


def object_identifier(data: bytes, found: Element) -> str:
    """An OBJECT IDENTIFIER: `0.4.0.1`. Raises `BerError`."""
    content = data[found.start : found.end]
    if not content or content[-1] & 0x80 or len(content) > OID_OCTETS:
        raise BerError("an object identifier that is empty, breaks off or is too long", found.offset)
    numbers = [0]
    for octet in content:
        numbers[-1] = numbers[-1] << 7 | octet & 0x7F
        if not octet & 0x80:
            numbers.append(0)
    first = min(numbers[0] // 40, 2)
    return ".".join(map(str, (first, numbers[0] - 40 * first, *numbers[1:-1])))


def tag_name(tag: int) -> str:
    """How a tag is written in ASN.1: `[79]`, `[APPLICATION 3]`, `[UNIVERSAL 16]`."""
    leading = _leading(tag)
    if leading & 0x1F != 0x1F:
        number = leading & 0x1F
    else:
        number = 0
        for octet in tag.to_bytes(TAG_OCTETS, "big").lstrip(b"\x00")[1:]:
            number = number << 7 | octet & 0x7F
    classes = {UNIVERSAL: "UNIVERSAL ", APPLICATION: "APPLICATION ", CONTEXT: "", PRIVATE: "PRIVATE "}
    return f"[{classes[leading & 0xC0]}{number}]"


def _leading(tag: int) -> int:
    """A tag's first identifier octet."""
    while tag > 0xFF:
        tag >>= 8
    return tag


def _element(data: bytes, at: int, end: int, depth: int) -> Element:
    offset = at
    try:
        if at >= end:
            raise IndexError
        tag = data[at]
        at += 1
        if tag & 0x1F == 0x1F:
            octet = 0x80
            while octet & 0x80:
                octet = data[at]
                if at - offset == TAG_OCTETS or (octet == 0x80 and at == offset + 1):
                    raise BerError("a tag that is padded or of too many bytes", offset)
                tag = tag << 8 | octet
                at += 1
        elif tag == 0:
            raise BerError("end-of-contents where an element is expected", offset)
        length = data[at]
        at += 1
        if length == 0x80:
            if not data[offset] & CONSTRUCTED:
                raise BerError("a primitive element of indefinite length", offset)
            finish = _end_of_contents(data, at, end, depth - 1)
            return Element(tag, offset, at, finish, finish + 2)
        if length > 0x80:
            size = length & 0x7F
            if size > LENGTH_OCTETS:
                raise BerError(f"a length of {size} bytes", offset)
            if at + size > end:
                raise IndexError
            length = int.from_bytes(data[at : at + size], "big")
            at += size
    except IndexError:
        raise Truncated("the data ends within the element's tag or length", offset) from None
    if at + length > end:
        raise Truncated(f"a length of {length} bytes where {max(end - at, 0)} are left", offset)
    return Element(tag, offset, at, at + length, at + length)


def _end_of_contents(data: bytes, at: int, end: int, depth: int) -> int:
    """Where the end-of-contents octets are of a content of indefinite length that begins at `at`."""
    if depth == 0:
        raise BerError(f"more than {DEPTH} elements within one another", at)
    while at + 2 <= end and data[at : at + 2] != b"\x00\x00":
        at = _element(data, at, end, depth).after
    if at + 2 > end:
        raise Truncated("the data ends before the end-of-contents octets", min(at, end - 1))
    return at


def _segments(data: bytes, found: Element, depth: int) -> Iterator[bytes]:
    if depth == 0:
        raise BerError(f"more than {DEPTH} elements within one another", found.offset)
    for segment in elements(data, found.start, found.end):
        if segment.constructed:
            yield from _segments(data, segment, depth - 1)
        else:
            yield data[segment.start : segment.end]
