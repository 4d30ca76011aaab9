"""Whole records by tables: a `Structure` says which tag is which field and of what kind, `decode` gives them by name.

    IP_ADDRESS = Choice({0: ("iPBinV4Address", OCTETS), 1: ("iPBinV6Address", OCTETS)})
    RECORD = Structure({0: ("recordType", INTEGER), 4: ("address", IP_ADDRESS), 6: ("nodes", ListOf(IP_ADDRESS))})
    decode(RECORD, data, start, end)
    # {"recordType": 85, "address": {"iPBinV4Address": b"..."}, "nodes": [{"iPBinV4Address": b"..."}]}

Every field is kept: what a table does not know stands under the name of its tag (`[99]`) with its undecoded content.
A SET and a SEQUENCE are both a dict, a CHOICE a dict of its one alternative, a BIT STRING its octets and the number of
bits, an ANY its undecoded content, a NULL None. Tables nest to a fixed depth, so nothing here recurses without end.
Tagging is IMPLICIT, and so EXPLICIT for a CHOICE. Source: ITU-T X.680 clause 31, X.690.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any, TypeAlias

from trunkline.systems.cdr.ber import (
    CONSTRUCTED,
    CONTEXT,
    INTEGER_OCTETS,
    UNIVERSAL,
    BerError,
    Element,
    Truncated,
    element,
    elements,
    integer,
    object_identifier,
    octets,
    tag_name,
    tag_of,
    text,
)


class Primitive(IntEnum):
    """What the octets of a field mean."""

    INTEGER = 0
    """Also an ENUMERATED."""
    OCTETS = 1
    TEXT = 2
    """A character string of any kind, as UTF-8."""
    BOOLEAN = 3
    NULL = 4
    BITS = 5
    OBJECT_IDENTIFIER = 6
    ANY = 7
    """Kept as it is, constructed or not."""


INTEGER, OCTETS, TEXT, BOOLEAN = Primitive.INTEGER, Primitive.OCTETS, Primitive.TEXT, Primitive.BOOLEAN
NULL, BITS, OBJECT_IDENTIFIER, ANY = Primitive.NULL, Primitive.BITS, Primitive.OBJECT_IDENTIFIER, Primitive.ANY

Kind: TypeAlias = "Primitive | Structure | ListOf"
Fields: TypeAlias = "dict[int, tuple[str, Kind]]"


class Structure:
    """A SET or SEQUENCE: its fields by the number of their tag.

    `tag_class` is the class of these tags; `universal` are further fields that bear the tag of their own type.
    """

    def __init__(self, fields: Fields, *, tag_class: int = CONTEXT, universal: Fields | None = None) -> None:
        self.fields = fields
        self.universal = universal or {}
        self.table: Table = {}
        for of_class, described in ((tag_class, self.fields), (UNIVERSAL, self.universal)):
            for number, (name, kind) in described.items():
                compiled = _compiled(kind)
                forms = (False, True) if kind is ANY else (compiled[0] >= _STRUCTURE,)
                for constructed in forms:
                    self.table[tag_of(of_class, number, constructed=constructed)] = (name, *compiled)


class Choice(Structure):
    """A CHOICE: its alternatives by the number of their tag."""


class ListOf:
    """A SEQUENCE OF or SET OF: `kind` is what each element is.

    Elements bear the tag of their type, but those of a choice the tag of their alternative.
    """

    def __init__(self, kind: Primitive | Structure) -> None:
        self.kind = kind


def decode(structure: Structure, data: bytes, start: int, end: int) -> dict[str, Any]:
    """The fields that lie from `start` to exactly `end`, by name.

    Raises `BerError` with the offset and the names of the fields around the place.
    """
    return _fields(data, start, end, structure.table)


def locate(structure: Structure, data: bytes, start: int, end: int, path: tuple[str | int, ...]) -> int:
    """The offset of a field, by the names and places in lists that lead to it: `("listOfServiceData", 1, "time")`.

    Of a field that is not there it is the offset of what should have it. The data must be such that `decode` takes it.
    """
    table, offset = structure.table, start
    for step in path:
        for index, found in enumerate(elements(data, start, end)):
            name, _, inner = table.get(found.tag, ("", 0, None))
            if step in (name, index):
                break
        else:
            break
        offset, start, end = found.offset, found.start, found.end
        table = inner if isinstance(inner, dict) else table
    return offset


# Compiled, a field is its name, its kind as one number (that of a primitive, or one of these), and the table of what
# lies in it (of a list of primitives, and of a string in segments: the number of their kind).
_STRUCTURE, _CHOICE, _STRUCTURES, _CHOICES, _PRIMITIVES, _SEGMENTS = 8, 9, 10, 11, 12, 13
Table = dict[int, tuple[str, int, Any]]
_LONG = 0x80  # from here on a length is not in its first octet
_SEQUENCE_OR_SET = b"\x30\x31"
_whole_number = int.from_bytes


def _compiled(kind: Kind) -> tuple[int, Any]:
    match kind:
        case Primitive():
            return int(kind), None
        case Choice(table=table):
            return _CHOICE, table
        case Structure(table=table):
            return _STRUCTURE, table
        case ListOf(kind=Primitive() as inner):
            return _PRIMITIVES, int(inner)
        case ListOf(kind=Choice(table=table)):
            return _CHOICES, table
        case ListOf(kind=Structure(table=table)):
            return _STRUCTURES, table
    raise TypeError(f"{kind!r} is no kind of field")


def _fields(data: bytes, at: int, end: int, table: Table) -> dict[str, Any]:
    # Nearly all of a decoder's time goes by in this loop. So short tags and lengths and the commonest kinds are read
    # in place, with the kinds' numbers written out; all else is left to the functions below and in ber.py.
    values: dict[str, Any] = {}
    count = 0
    start = offset = at
    try:
        while at < end:
            offset = at
            tag = data[at]
            length = data[at + 1]
            if tag & 0x1F == 0x1F:
                tag = tag << 8 | length
                length = data[at + 2] if length < 0x80 else _LONG
                at += 3
            else:
                at += 2
            if length < _LONG:
                stop = after = at + length
                if stop > end:
                    raise Truncated(f"a length of {length} bytes where {max(end - at, 0)} are left", offset)
            else:
                tag, _, at, stop, after = element(data, offset, end)
            count += 1
            try:
                name, code, inner = table[tag]
            except KeyError:
                name, code, inner = _unexpected(data, Element(tag, offset, at, stop, after), table)
            try:
                if code == 0:  # INTEGER
                    if length == 1:
                        values[name] = data[at] if data[at] < 0x80 else data[at] - 0x100
                    elif 0 < stop - at <= INTEGER_OCTETS:
                        values[name] = _whole_number(data[at:stop], "big", signed=True)
                    else:
                        raise BerError(f"an integer of {stop - at} bytes", offset)
                elif code == 1:  # OCTETS
                    values[name] = data[at:stop]
                elif code == 8:  # a structure
                    values[name] = _fields(data, at, stop, inner)
                elif code == 9:  # a choice
                    values[name] = _choice(data, at, stop, inner)
                elif code == 10:  # a list of structures
                    values[name] = _structures(data, at, stop, inner)
                elif code == 2:  # TEXT
                    values[name] = data[at:stop].decode()
                else:
                    values[name] = _READ[code](data, Element(tag, offset, at, stop, after), inner)
            except BerError as fault:
                raise fault.inside(name) from None
            except UnicodeDecodeError:
                raise BerError("a text that is not UTF-8", offset, name) from None
            at = after
    except IndexError:
        raise Truncated("the data ends within the element's tag or length", offset) from None
    if count > len(values):
        raise _repeated(data, start, end)
    return values


def _choice(data: bytes, at: int, end: int, table: Table) -> dict[str, Any]:
    if 2 < end - at < _LONG and end - at - 2 == data[at + 1] and data[at] in table:
        name, code, _ = table[data[at]]
        if code == 1:  # OCTETS: an address, as nearly always
            return {name: data[at + 2 : end]}
    chosen = _fields(data, at, end, table)
    if len(chosen) != 1:
        raise BerError(f"a choice of {len(chosen)} alternatives", at)
    return chosen


def _structures(data: bytes, at: int, end: int, table: Table) -> list[dict[str, Any]]:
    items = []
    while at < end:
        if data[at] not in _SEQUENCE_OR_SET:
            raise BerError("no SEQUENCE or SET where an element of the list is expected", at)
        length = data[at + 1]
        stop = after = at + 2 + length
        content = at + 2
        if length >= _LONG or stop > end:
            _, _, content, stop, after = element(data, at, end)
        items.append(_fields(data, content, stop, table))
        at = after
    return items


def _choices(data: bytes, found: Element, table: Table) -> list[dict[str, Any]]:
    return [_fields(data, part.offset, part.after, table) for part in elements(data, found.start, found.end)]


def _primitives(data: bytes, found: Element, code: int) -> list[Any]:
    items = []
    for part in elements(data, found.start, found.end):
        if part.tag > 0xFF or part.tag & 0xC0 != UNIVERSAL:
            raise BerError(f"{tag_name(part.tag)} where an element of the list is expected", part.offset)
        items.append(_READ[code](data, part, None))
    return items


def _boolean(data: bytes, found: Element, _: None) -> bool:
    if found.end - found.start != 1:
        raise BerError(f"a boolean of {found.end - found.start} bytes", found.offset)
    return data[found.start] != 0


def _null(data: bytes, found: Element, _: None) -> None:
    if found.end != found.start:
        raise BerError("a NULL with content", found.offset)


def _bits(data: bytes, found: Element, _: None) -> tuple[bytes, int]:
    unused = data[found.start] if found.end > found.start else 8
    if unused > 7 or (unused and found.end - found.start == 1):
        raise BerError("a bit string without a valid number of unused bits", found.offset)
    return data[found.start + 1 : found.end], 8 * (found.end - found.start - 1) - unused


def _any(data: bytes, found: Element, _: None) -> bytes:
    return data[found.start : found.end]


_READ: dict[int, Callable[[bytes, Element, Any], Any]] = {  # by plain numbers, which are found faster
    int(INTEGER): lambda data, found, _: integer(data, found),
    int(OCTETS): lambda data, found, _: octets(data, found),
    int(TEXT): lambda data, found, _: text(data, found),
    int(BOOLEAN): _boolean,
    int(NULL): _null,
    int(BITS): _bits,
    int(OBJECT_IDENTIFIER): lambda data, found, _: object_identifier(data, found),
    int(ANY): _any,
    _CHOICES: _choices,
    _PRIMITIVES: _primitives,
    _SEGMENTS: lambda data, found, code: _READ[code](data, found, None),
}


def _unexpected(data: bytes, found: Element, table: Table) -> tuple[str, int, Any]:
    """How an element is taken whose tag the table does not have."""
    if not found.tag:
        raise BerError("end-of-contents where an element is expected", found.offset)
    octets_of_tag = (found.tag.bit_length() + 7) // 8
    other_form = table.get(found.tag ^ CONSTRUCTED << 8 * (octets_of_tag - 1))
    if other_form is None:
        return tag_name(found.tag), Primitive.ANY, None
    name, code, _ = other_form
    if code not in (Primitive.OCTETS, Primitive.TEXT):  # only strings may come in segments
        raise BerError("primitive where a constructed element is expected, or the reverse", found.offset, name)
    return name, _SEGMENTS, code


def _repeated(data: bytes, start: int, end: int) -> BerError:
    seen: set[int] = set()
    for found in elements(data, start, end):
        if found.tag in seen:
            return BerError(f"{tag_name(found.tag)} a second time", found.offset)
        seen.add(found.tag)
    return BerError("a field a second time", start)
