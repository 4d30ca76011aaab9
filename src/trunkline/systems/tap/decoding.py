"""TAP decoded by the table of its items: everything that a file holds, by name."""

from __future__ import annotations

from typing import Any

from trunkline.systems.cdr.ber import DEPTH, BerError, Element, element, elements, integer, octets, tag_name
from trunkline.systems.tap.tags import CALL_EVENT_DETAILS, ITEMS, NOTIFICATION, TRANSFER_BATCH, Kind


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
    name, value = decode_item(data, found)
    return {name: value}


def decode_item(data: bytes, found: Element, depth: int = DEPTH) -> tuple[str, Any]:
    """Name and value of one item. Raises `BerError` with the offset and the names of the groups around the place."""
    if found.tag not in ITEMS:
        return tag_name(found.tag), data[found.start : found.end]
    name, kind = ITEMS[found.tag]
    if depth == 0:
        raise BerError(f"more than {DEPTH} elements within one another", found.offset)
    try:
        match kind:
            case Kind.INTEGER:
                return name, integer(data, found)
            case Kind.TEXT:
                return name, octets(data, found).decode("latin-1")  # ISO 646; nothing else is lost
            case Kind.DIGITS:
                return name, octets(data, found).hex().removesuffix("f")
            case Kind.OCTETS:
                return name, octets(data, found)
            case Kind.GROUP:
                return name, _group(data, found, depth - 1)
            case Kind.LIST:
                return name, _list(data, found, depth - 1)
    except BerError as fault:
        raise fault.inside(name) from None


def _group(data: bytes, found: Element, depth: int) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for part in elements(data, found.start, found.end):
        name, value = decode_item(data, part, depth)
        if name in values:
            raise BerError(f"{name} a second time", part.offset)
        values[name] = value
    return values


def _list(data: bytes, found: Element, depth: int) -> list[Any]:
    items = []
    for part in elements(data, found.start, found.end):
        name, value = decode_item(data, part, depth)
        chosen = found.tag == CALL_EVENT_DETAILS or part.tag not in ITEMS
        items.append({name: value} if chosen else value)
    return items
