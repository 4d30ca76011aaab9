"""Values as records have them: read by a path, compared as the standard compares them, written into a query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

Scalar = str | int | float | bool


def at(record: Any, path: str) -> Iterator[Scalar]:
    """The scalars at a path with dots; where the way leads through an array, those of each element."""
    if isinstance(record, list):
        for item in record:
            yield from at(item, path)
    elif not path:
        if isinstance(record, Scalar):
            yield record
    elif isinstance(record, dict):
        name, _, rest = path.partition(".")
        yield from at(record.get(name), rest)


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same; times are so where they are the same instant."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, str) and isinstance(other, str):
        return one == other or (instant(one) is not None and instant(one) == instant(other))
    return bool(one == other)


def tells(told: Any, sent: Any) -> bool:
    """Whether what a server tells has all that was sent; it may add to objects, not to arrays."""
    if isinstance(sent, Mapping):
        return isinstance(told, dict) and all(name in told and tells(told[name], sent[name]) for name in sent)
    if isinstance(sent, list):
        return isinstance(told, list) and len(told) == len(sent) and all(map(tells, told, sent))
    return same(told, sent)


def compare(one: Scalar, other: Scalar) -> int | None:
    """Below, above or equal to 0 as `one` stands before, behind or beside `other`; None where they have no order."""
    if isinstance(one, str) and isinstance(other, str):
        first, second = instant(one), instant(other)
        if first is not None and second is not None:
            return (first > second) - (first < second)
        return (one > other) - (one < other)
    if isinstance(one, str | bool) or isinstance(other, str | bool):
        return None
    return (one > other) - (one < other)


def instant(text: str) -> datetime | None:
    """The time that a text with a zone is; None where it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def written(value: Scalar) -> str:
    """A value as a query has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
