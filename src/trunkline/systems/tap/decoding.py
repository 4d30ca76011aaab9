"""TAP decoded by the table of its items: everything that a file holds, by name."""

from __future__ import annotations

from typing import Any

from trunkline.systems.cdr.ber import (
    CONSTRUCTED,
    DEPTH,
    BerError,
    Element,
    Truncated,
    element,
    elements,
    integer,
    octets,
    tag_name,
)
from trunkline.systems.tap.tags import CALL_EVENT_DETAILS, ITEMS, NOTIFICATION, TRANSFER_BATCH, Kind

_INTEGER, _TEXT, _DIGITS, _OCTETS, _GROUP, _LIST = range(6)
_CODES = {
    Kind.INTEGER: _INTEGER, Kind.TEXT: _TEXT, Kind.DIGITS: _DIGITS, Kind.OCTETS: _OCTETS, Kind.GROUP: _GROUP,
    Kind.LIST: _LIST,
}  # fmt: skip
_ITEMS = {tag: (name, _CODES[kind]) for tag, (name, kind) in ITEMS.items()}
_INTEGER_OCTETS = 16  # as many as `integer` takes


def decode(data: bytes) -> dict[str, Any]:
    """A whole file: `{"transferBatch": {…}}` or `{"notification": {…}}`.

    A group is a dict, a choice a dict of its one alternative; call event details are a list of such. Digits and text
    are str, octets bytes. What the table does not know stands under the name of its tag (`[APPLICATION 999]`),
    undecoded. Raises `BerError` with the offset.
    """
    found = element(data, 0, len(data))
    if found.tag not in (TRANSFER_BATCH, NOTIFICATION):
        raise BerError(f"{tag_name(found.tag)} where a TransferBatch or Notification is expected", 0)
    if data[found.after :].strip(b"\x00"):
        raise BerError("more behind the end of the file's one element", found.after)
    name, value = decode_item(data)
    return {name: value}


def decode_item(data: bytes) -> tuple[str, Any]:
    """Name and value of the one item that the data begin with.

    Raises `BerError` with the offset and the names of the groups around the place.
    """
    [item] = _group(data, 0, element(data, 0, len(data)).after, DEPTH).items()
    return item


def _group(data: bytes, at: int, end: int, depth: int) -> dict[str, Any]:
    """The items that lie from `at` to exactly `end`, by name."""
    # Nearly all of the time goes by here: what is commonest (tags of up to three octets, short lengths, integers, text)
    # is read in place, all else by the functions below and in ber.py.
    if depth == 0:
        raise BerError(f"more than {DEPTH} elements within one another", at)
    values: dict[str, Any] = {}
    count, offset, name = 0, at, ""
    try:
        while at < end:
            offset, name = at, ""
            tag = data[at]
            at += 1
            if tag & 0x1F == 0x1F:
                octet = data[at]
                at += 1
                tag = tag << 8 | octet
                if octet >= 0x80:
                    tag = tag << 8 | data[at]
                    at += 1
            length = data[at]
            at += 1
            stop = after = at + length
            if length >= 0x80 or stop > end or tag not in _ITEMS:
                tag, _, at, stop, after = element(data, offset, end)
            count += 1
            if tag not in _ITEMS:
                name, values[name] = _unexpected(data, Element(tag, offset, at, stop, after))
                at = after
                continue
            name, code = _ITEMS[tag]
            if code == _GROUP:
                values[name] = _group(data, at, stop, depth - 1)
            elif code == _INTEGER and 0 < stop - at <= _INTEGER_OCTETS:
                values[name] = int.from_bytes(data[at:stop], "big", signed=True)
            elif code == _TEXT:
                values[name] = data[at:stop].decode("latin-1")
            elif code == _LIST:
                values[name] = _list(data, at, stop, depth - 1, chosen=tag == CALL_EVENT_DETAILS)
            else:
                values[name] = _primitive(data, Element(tag, offset, at, stop, after), code)
            at = after
    except IndexError:
        raise Truncated("the data ends within the element's tag or length", offset) from None
    except BerError as fault:
        raise (fault.inside(name) if name else fault) from None
    if count > len(values):
        raise BerError("an item a second time", offset)
    return values


def _list(data: bytes, at: int, end: int, depth: int, *, chosen: bool) -> list[Any]:
    """The items of a list in order; each by its name where it is one of several kinds (`chosen`), or not known."""
    items: list[Any] = []
    for part in elements(data, at, end):
        item = _group(data, part.offset, part.after, depth)
        items += [item] if chosen or part.tag not in _ITEMS else item.values()
    return items


def _primitive(data: bytes, found: Element, code: int) -> Any:
    if code == _INTEGER:
        return integer(data, found)
    content = octets(data, found)
    if code == _TEXT:
        return content.decode("latin-1")  # ISO 646; of others nothing is lost
    return content.hex().removesuffix("f") if code == _DIGITS else content


def _unexpected(data: bytes, found: Element) -> tuple[str, Any]:
    """Name and value of an item whose tag the table does not have."""
    other_form = _ITEMS.get(found.tag ^ CONSTRUCTED << 8 * ((found.tag.bit_length() - 1) // 8))
    if other_form is None:
        return tag_name(found.tag), data[found.start : found.end]
    name, code = other_form
    if code not in (_TEXT, _DIGITS, _OCTETS):  # only strings may come in segments
        raise BerError("primitive where a constructed element is expected, or the reverse", found.offset, name)
    return name, _primitive(data, found, code)
