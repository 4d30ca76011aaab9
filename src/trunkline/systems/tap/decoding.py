"""TAP decoded by the table of its items: everything that a file holds, by name."""

from __future__ import annotations

from typing import Any

from trunkline.systems.cdr.ber import (
    CONSTRUCTED,
    DEPTH,
    INTEGER_OCTETS,
    BerError,
    Element,
    element,
    elements,
    integer,
    octets,
    tag_name,
)
from trunkline.systems.tap.tags import CALL_EVENT_DETAILS, ITEMS, NOTIFICATION, TRANSFER_BATCH, Kind

# What is done with an element: by the kind of its item, and by its length.
_INTEGER, _TEXT, _DIGITS, _OCTETS, _GROUP, _LIST, _EVENTS, _OCTET = range(8)
_CODES = {
    Kind.INTEGER: _INTEGER, Kind.TEXT: _TEXT, Kind.DIGITS: _DIGITS, Kind.OCTETS: _OCTETS, Kind.GROUP: _GROUP,
    Kind.LIST: _LIST,
}  # fmt: skip
_ITEMS = {tag: (name, _CODES[kind]) for tag, (name, kind) in ITEMS.items()}
_ITEMS[CALL_EVENT_DETAILS] = ITEMS[CALL_EVENT_DETAILS][0], _EVENTS

_Header = tuple[str, int, int, int]
_OTHER: _Header = "", -1, 1 << 62, 0
_MOST_HEADERS = 1 << 14
_SIGNED = (*range(0x80), *range(-0x80, 0))  # what one octet is worth
_whole_number = int.from_bytes


class _Headers(dict[bytes, _Header]):
    """What the first four octets of an element say: its item's name and code, its size in all and that of its content.

    Four hold a tag of three and a short length, or a tag of two and a length of two. Files repeat the same few tags
    with the same few lengths, so each is taken apart once, and looked up from then on. What the octets do not say, or
    not rightly, is `_OTHER`, which is larger than all data.
    """

    def __missing__(self, first: bytes) -> _Header:
        if len(self) >= _MOST_HEADERS:
            self.clear()
        header = self[first] = _header(first)
        return header


_HEADERS = _Headers()


def _header(first: bytes) -> _Header:
    size = 1
    if first[0] & 0x1F == 0x1F:
        size = 2 if first[1:2] < b"\x80" else 3
    start = size + 1
    item = _ITEMS.get(int.from_bytes(first[:size], "big"))
    if item is None or len(first) < start:
        return _OTHER
    name, code = item
    length = first[size]
    if length >= 0x80:
        size, start = start, start + (length & 0x7F)
        if start == size or len(first) < start:
            return _OTHER
        length = int.from_bytes(first[size:start], "big")
    if code == _INTEGER:
        if not 0 < length <= INTEGER_OCTETS:
            return _OTHER
        code = _OCTET if length == 1 else _INTEGER
    return name, code, start + length, length


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
    return _group(data, data.decode("latin-1"), 0, found.after, DEPTH)


def decode_item(data: bytes) -> tuple[str, Any]:
    """Name and value of the one item that the data are.

    Raises `BerError` with the offset and the names of the groups around the place.
    """
    [item] = _group(data, data.decode("latin-1"), 0, len(data), DEPTH).items()
    return item


def _group(data: bytes, text: str, at: int, end: int, depth: int) -> dict[str, Any]:
    """The items that lie from `at` to exactly `end`, by name. `text` are the same data as characters: ISO 646 in a
    valid file; of others nothing is lost."""
    # Nearly all of the time goes by in this loop. So what is commonest is read in place, with the codes written out.
    if depth == 0:
        raise BerError(f"more than {DEPTH} elements within one another", at)
    values: dict[str, Any] = {}
    begin, count, name = at, 0, ""
    try:
        while at < end:
            count += 1
            name, code, size, length = _HEADERS[data[at : at + 4]]
            at += size
            if at > end:
                name = ""
                name, values[name], at = _other(data, text, at - size, end, depth)
            elif code == 4:  # a group
                values[name] = _group(data, text, at - length, at, depth - 1)
            elif code == 1:  # text
                values[name] = text[at - length : at]
            elif code == 7:  # an integer of one octet
                values[name] = _SIGNED[data[at - 1]]
            elif code == 5:  # a list
                values[name] = _list(data, text, at - length, at, depth - 1, False)
            elif code == 0:  # a longer one
                values[name] = _whole_number(data[at - length : at], "big", signed=True)
            elif code == 2:  # digits
                values[name] = data[at - length : at].hex().removesuffix("f")
            elif code == 3:  # octets
                values[name] = data[at - length : at]
            else:
                values[name] = _list(data, text, at - length, at, depth - 1, True)
    except BerError as fault:
        raise (fault.inside(name) if name else fault) from None
    if count > len(values):
        raise _repeated(data, begin, end)
    return values


def _list(data: bytes, text: str, at: int, end: int, depth: int, chosen: bool) -> list[Any]:
    """The items of a list in order; each by its name where it is one of several kinds (`chosen`), or not known."""
    if depth == 0:
        raise BerError(f"more than {DEPTH} elements within one another", at)
    items: list[Any] = []
    name, value = "", None  # type: str, Any
    try:
        while at < end:
            name, code, size, length = _HEADERS[data[at : at + 4]]
            at += size
            if code == 4 and at <= end:  # a group
                value = _group(data, text, at - length, at, depth - 1)
            elif code == 1 and at <= end:  # text
                value = text[at - length : at]
            elif code == 7 and at <= end:  # an integer of one octet
                value = _SIGNED[data[at - 1]]
            else:
                name = ""
                name, value, at = _other(data, text, at - size, end, depth)
                if name.startswith("[") and not chosen:
                    value = {name: value}
            items.append({name: value} if chosen else value)
    except BerError as fault:
        raise (fault.inside(name) if name else fault) from None
    return items


def _other(data: bytes, text: str, at: int, end: int, depth: int) -> tuple[str, Any, int]:
    """Name and value of the item at `at` that its first octets do not say all of, and where the next one begins."""
    found = element(data, at, end)
    if found.tag not in _ITEMS:
        return *_unexpected(data, found), found.after
    name, code = _ITEMS[found.tag]
    value: Any
    try:
        if code == _GROUP:
            value = _group(data, text, found.start, found.end, depth - 1)
        elif code in (_LIST, _EVENTS):
            value = _list(data, text, found.start, found.end, depth - 1, code == _EVENTS)
        elif code == _INTEGER:
            value = integer(data, found)
        else:
            value = _string(data[found.start : found.end], code)
    except BerError as fault:
        raise fault.inside(name) from None
    return name, value, found.after


def _string(content: bytes, code: int) -> str | bytes:
    if code == _TEXT:
        return content.decode("latin-1")
    return content.hex().removesuffix("f") if code == _DIGITS else content


def _unexpected(data: bytes, found: Element) -> tuple[str, Any]:
    """Name and value of an item whose tag the table does not have."""
    other_form = _ITEMS.get(found.tag ^ CONSTRUCTED << 8 * ((found.tag.bit_length() - 1) // 8))
    if other_form is None:
        return tag_name(found.tag), data[found.start : found.end]
    name, code = other_form
    if code not in (_TEXT, _DIGITS, _OCTETS):  # only strings may come in segments
        raise BerError("primitive where a constructed element is expected, or the reverse", found.offset, name)
    try:
        return name, _string(octets(data, found), code)
    except BerError as fault:
        raise fault.inside(name) from None


def _repeated(data: bytes, at: int, end: int) -> BerError:
    seen: set[int] = set()
    for found in elements(data, at, end):
        at = found.offset
        if found.tag in seen:
            break
        seen.add(found.tag)
    return BerError("an item a second time", at)
