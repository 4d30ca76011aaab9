"""What indexes hold of a document.

`indexed` maps the number of each attribute that its kind declares to the document's values there, as they are
compared: texts cut to their first characters, times as microseconds, booleans as 0 and 1, the parts of an element as
one text. It lies in the record as JSON, and each value of it is a row of `text_entry` or `number_entry`. There, texts
stand behind a `=`, and a document without a value has "" or minus infinity, so that it comes first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import islice, product
from typing import Any, Final, Literal, TypeAlias

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


@dataclass(frozen=True)
class Indexing:
    """An attribute that is indexed, or an array's elements by several `parts`; `number` says which in the tables."""

    number: int
    path: Path
    parts: tuple[Path, ...]
    type: Type

    @cached_property
    def name(self) -> str:
        """The attribute in what is indexed of a document."""
        return str(self.number)

    @cached_property
    def table(self) -> Literal["text_entry", "number_entry"]:
        return "text_entry" if self.type == "text" else "number_entry"


Entry: TypeAlias = tuple[Any, int, bool]
"""A row of `text_entry` or `number_entry`: the value, the document's number, and whether the value leads."""


def indexed(document: Any, indexings: Sequence[Indexing]) -> Indexed:
    """What indexes hold of the document. Raises `StoreError` where that is too much."""
    found: Indexed = {}
    left = MOST
    for indexing in indexings:
        # Of what parts with several values make, no more than what is too much.
        here = [*islice(_elements(document, indexing), left + 1)] if indexing.parts else _values(document, indexing)
        left -= len(here)
        if left < 0:
            raise StoreError(f"the document has more than {MOST:,} values that are indexed: shorten its arrays")
        found[indexing.name] = list(dict.fromkeys(here)) if len(here) > 1 else here
    return found


def entries(seq: int, there: Sequence[Any] | None, indexing: Indexing) -> list[Entry]:
    """The rows that a document's values of an attribute make; None where the document came before the attribute."""
    if there is None:
        return []
    text = indexing.type == "text"
    if not there and not indexing.parts:
        return [(ABSENT_TEXT if text else ABSENT_NUMBER, seq, True)]
    return [(f"={value}" if text else value, seq, place == 0) for place, value in enumerate(there)]


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


def _values(document: Any, indexing: Indexing) -> list[int | float | str]:
    value, type = document, indexing.type
    for name in indexing.path:  # as most are: one text, or none
        if not isinstance(value, dict):
            break
        value = value.get(name)
    else:
        if type == "text" and isinstance(value, str):
            return [value[:CUT]]
    if value is None:
        return []
    found = values(document, indexing.path)
    if type == "text":
        return [each[:CUT] for each in found if isinstance(each, str)]
    if type == "time":
        times = (read_time(each) for each in found if isinstance(each, str))
        return [micros(time) for time in times if time is not None]
    known = (comparable(each, type) for each in found if isinstance(each, int | float))
    return [each for each in known if each is not None]


def _elements(document: Any, indexing: Indexing) -> Iterator[str]:
    for element in values(document, indexing.path):
        if not isinstance(element, list):
            for tokens in product(*(_tokens(element, path) for path in indexing.parts)):
                yield joined(tokens)[:CUT]


def _tokens(element: Any, path: Path) -> list[str]:
    """The tokens of a part, "" where there is none: so the element is found by the parts before it."""
    found = [token(value) for value in values(element, path) if isinstance(value, str | int | float)]
    return found or [""]
