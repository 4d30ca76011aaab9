"""One record: its kind and all its fields, from its octets."""

from __future__ import annotations

from typing import Any, NamedTuple

from trunkline.systems.cdr import structure
from trunkline.systems.cdr.ber import BerError, Element, context, element, tag_name
from trunkline.systems.cdr.structure import Structure
from trunkline.systems.cdr.tables import NOT_USAGE, RECORDS

_KINDS = {context(number, constructed=True): kind for number, kind in RECORDS.items()}
_NOT_USAGE = {context(number, constructed=True): name for number, name in NOT_USAGE.items()}


class UnknownKind(BerError):
    """A record of a kind for which there is no table."""


class Record(NamedTuple):
    """A record's kind (`pGWRecord`), its fields by name, and its outermost element."""

    kind: str
    fields: dict[str, Any]
    outer: Element


def decode(data: bytes) -> dict[str, dict[str, Any]]:
    """All fields of a record: `{"pGWRecord": {"recordType": 85, "servedIMSI": b"…", …}}`.

    Octets stay octets (`values.py` says what they mean); what has no name stands under its tag, `[99]`. Raises
    `BerError` with the offset and the names of the fields around what is wrong, `UnknownKind` for other records.
    """
    record = read(data)
    return {record.kind: record.fields}


def read(data: bytes) -> Record:
    """As `decode`. The record must be all of `data`."""
    outer = element(data, 0, len(data))
    kind, table = table_of(outer)
    if outer.after != len(data):
        raise BerError(f"{len(data) - outer.after} bytes behind the record", outer.after, kind)
    try:
        return Record(kind, structure.decode(table, data, outer.start, outer.end), outer)
    except BerError as fault:
        raise fault.inside(kind) from None


def table_of(outer: Element) -> tuple[str, Structure]:
    """The kind of record that an element is, and its table. Raises `UnknownKind`."""
    found = _KINDS.get(outer.tag)
    if found is None:
        name = _NOT_USAGE.get(outer.tag)
        told = f"{name} is no usage that a subscriber pays for" if name else f"{tag_name(outer.tag)} is no known record"
        raise UnknownKind(told, outer.offset)
    return found


def place(data: bytes, record: Record, path: tuple[str | int, ...]) -> int:
    """The offset of a field of the record, or of what should have it; see `structure.locate`."""
    _, table = table_of(record.outer)
    found = structure.locate(table, data, record.outer.start, record.outer.end, path)
    return record.outer.offset if found == record.outer.start else found
