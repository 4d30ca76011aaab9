"""What is asked of a store: conditions on JSON documents, their order, and which part of the answer is wanted.

A path names attributes from the document's root on. Where a value on the way, or at its end, is an array, each of its
elements is meant: a condition holds where it holds for any of them. What a value is compared with decides which values
it is held against, so that no store guesses:

- `str` with strings, by code point; `regex` finds its pattern anywhere in one;
- `int` and `float` with numbers, by their value; `bool` with true and false (equality only);
- `datetime` (with a zone) with strings that are RFC 3339 times, of attributes that the kind declares as times.

Where there is nothing of the kind at the path, the condition does not hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias

Path: TypeAlias = tuple[str, ...]
Value: TypeAlias = str | int | float | bool | datetime


class Operator(StrEnum):
    EQ = "eq"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    REGEX = "regex"


class Compare(NamedTuple):
    """Some value at `path` stands so to `value`."""

    path: Path
    operator: Operator
    value: Value


class Present(NamedTuple):
    """There is anything at `path` but null."""

    path: Path


class Element(NamedTuple):
    """One element of the array (or the one object) at `path` meets the condition, whose paths begin at that element.

    So a characteristic's name and value are asked for in one and the same characteristic.
    """

    path: Path
    where: Condition


class And(NamedTuple):
    conditions: tuple[Condition, ...]


class Or(NamedTuple):
    conditions: tuple[Condition, ...]


class Not(NamedTuple):
    condition: Condition


Condition: TypeAlias = Compare | Present | Element | And | Or | Not


class Sort(NamedTuple):
    """By the first value at `path`, which the kind must declare; documents without one come first, last where
    `descending`. What is equal stands in the order in which it was made, in its reverse where the last sort is
    `descending`: so one index is walked in either direction."""

    path: Path
    descending: bool = False


class Query(NamedTuple):
    """Which documents of a kind, in which order, which of them.

    `after` and `before` are cursors that an earlier answer gave; they go instead of `offset`.
    """

    kind: str
    where: Condition | None = None
    sort: Sequence[Sort] = ()
    offset: int = 0
    limit: int = 100
    after: str = ""
    before: str = ""


class Stored(NamedTuple):
    """A document as it lies in the store. `version` grows by one with every change."""

    id: str
    version: int
    document: bytes
    """JSON."""


class Found(NamedTuple):
    """A part of an answer."""

    records: list[Stored]
    total: int
    """How many there are in all; at least so many where not `complete`."""
    complete: bool
    """False: no index answers the condition, and only so many of the documents were looked at as the store is set to
    (see `Store.find`)."""
    first: str = ""
    """The cursor of the first record, for `before`."""
    last: str = ""
    """The cursor of the last record, for `after`."""
