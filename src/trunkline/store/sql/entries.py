"""What indexes hold of a document.

`indexed` maps the number of each attribute that its kind declares to the document's values there, as they are
compared: texts cut to their first characters, times as microseconds, booleans as 0 and 1, the parts of an element as
one text. It lies in the record as JSON, and each value of it is a row of `text_entry` or `number_entry`. There, texts
stand behind a `=`, and a document without a value has "" or minus infinity, so that it comes first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import product
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from trunkline.log.envelope import micros
from trunkline.store.matching import values
from trunkline.store.port import StoreError, Type
from trunkline.store.query import Path, Value
from trunkline.store.times import read_time

CUT: Final = 200  # characters of a text that are indexed; PostgreSQL takes 2,700 bytes a row
MOST: Final = 10_000  # values of one document
ABSENT_TEXT: Final = ""
ABSENT_NUMBER: Final = float("-inf")

Indexed: TypeAlias = dict[str, list[Any]]


class Indexing(NamedTuple):
    """An attribute that is indexed, or an array's elements by several `parts`; `number` says which in the tables."""

    number: int
    path: Path
    parts: tuple[Path, ...]
    type: Type

    @property
    def table(self) -> Literal["text_entry", "number_entry"]:
        return "text_entry" if self.type == "text" else "number_entry"


class Entry(NamedTuple):
    """A row of `text_entry` or `number_entry`."""

    attribute: int
    value: Any
    seq: int
    leads: bool


def indexed(document: Any, indexings: Sequence[Indexing]) -> Indexed:
    """What indexes hold of the document. Raises `StoreError` where that is too much."""
    found: Indexed = {}
    left = MOST
    for indexing in indexings:
        here = _elements(document, indexing) if indexing.parts else _values(document, indexing)
        kept: dict[Any, None] = {}
        for value in here:
            left -= 1
            if left < 0:
                raise StoreError(f"the document has more than {MOST:,} values that are indexed: shorten its arrays")
            kept[value] = None
        found[str(indexing.number)] = list(kept)
    return found


def entries(seq: int, of: Mapping[str, Sequence[Any]], indexing: Indexing) -> Iterator[Entry]:
    """The rows that a document's values of an attribute make."""
    text = indexing.table == "text_entry"
    there = of.get(str(indexing.number))
    if there is None:
        return  # the document came before the attribute
    for place, value in enumerate(there):
        yield Entry(indexing.number, f"={value}" if text else value, seq, place == 0)
    if not there and not indexing.parts:
        yield Entry(indexing.number, ABSENT_TEXT if text else ABSENT_NUMBER, seq, True)


def comparable(value: Value, type: Type) -> int | float | str | None:
    """What a value is compared as with those of attributes of this type; None where it never is."""
    match type:
        case "text":
            return value[:CUT] if isinstance(value, str) else None
        case "time":
            return micros(value) if isinstance(value, datetime) else None
        case "boolean":
            return int(value) if isinstance(value, bool) else None
        case "number":
            return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def token(value: Any) -> str:
    """A part of an element as a text that is equal where the values are. Raises `ValueError` for arrays and objects,
    which are equal to nothing."""
    if isinstance(value, bool):
        return "b1" if value else "b0"
    if isinstance(value, str):
        return "s" + value.replace("\x02", "\x02\x02").replace("\x01", "\x02\x03")
    if isinstance(value, float) and not value.is_integer():
        return f"n{value!r}"
    if isinstance(value, int | float):
        return f"n{int(value)}"
    raise ValueError(f"{value!r} is no scalar")


def joined(tokens: Sequence[str]) -> str:
    """The text of an element, from its parts; one that begins with some of the parts begins with their text."""
    return "".join(f"{token}\x01" for token in tokens)


def _values(document: Any, indexing: Indexing) -> Iterator[int | float | str]:
    for value in values(document, indexing.path):
        if indexing.type == "time":
            time = read_time(value) if isinstance(value, str) else None
            if time is not None:
                yield micros(time)
        elif isinstance(value, str | int | float):
            known = comparable(value, indexing.type)
            if known is not None:
                yield known


def _elements(document: Any, indexing: Indexing) -> Iterator[str]:
    for element in values(document, indexing.path):
        if isinstance(element, list):
            continue
        parts = [_tokens(element, path) for path in indexing.parts]
        for tokens in product(*parts):
            yield joined(tokens)[:CUT]


def _tokens(element: Any, path: Path) -> list[str]:
    """The tokens of a part, "" where there is none: so the element is found by the parts before it."""
    found = [token(value) for value in values(element, path) if isinstance(value, str | int | float)]
    return found or [""]
