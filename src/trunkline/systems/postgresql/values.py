"""PostgreSQL's values as JSON has them: from the text of each, by its type. The README has the table."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from trunkline.systems.changes import times
from trunkline.systems.postgresql.arrays import read_array

Converter = Callable[[str], Any]
OPTIONS = "-c TimeZone=UTC -c DateStyle=ISO,YMD -c IntervalStyle=iso_8601 -c bytea_output=hex -c extra_float_digits=1"
"""The session's settings under which a value's text is what is read here."""
VECTORS = (22, 30)  # int2vector and oidvector: arrays by the catalogue, but `1 2 3` by their text


class TypeEntry(NamedTuple):
    """What pg_type says: `kind` is its typtype, `base` a domain's type, `element` an array's, 0 where it is none."""

    kind: str
    base: int
    element: int
    delimiter: str


class Converters:
    """The converter of each type. `types` are those that the database knows, by their number."""

    def __init__(self, types: Mapping[int, TypeEntry], zone: ZoneInfo | None) -> None:
        self._types = types
        self._scalars: dict[int, Converter] = {
            **_SCALARS,
            1114: partial(times.local, zone=zone),
        }
        self._found: dict[int, Converter] = {}

    def knows(self, type: int) -> bool:
        return type in self._types

    def learn(self, types: Mapping[int, TypeEntry]) -> None:
        """Take what the database knows by now."""
        self._types = types
        self._found.clear()

    def of(self, type: int) -> Converter:
        """What turns a value's text into what JSON has; one of an unknown type stays text."""
        if type not in self._found:
            self._found[type] = self._make(type)
        return self._found[type]

    def _make(self, type: int) -> Converter:
        if type in self._scalars:
            return self._scalars[type]
        entry = self._types.get(type)
        if entry is None or type in VECTORS:
            return str
        if entry.kind == "d":
            return self.of(entry.base)
        if entry.element:
            return partial(read_array, element=self.of(entry.element), delimiter=entry.delimiter)
        return str


def _truth(text: str) -> bool:
    if text not in ("t", "f"):
        raise ValueError("neither t nor f")
    return text == "t"


def _float(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


def _bytes(text: str) -> str:
    if not text.startswith("\\x"):
        raise ValueError("bytes not in hexadecimal")
    return b64encode(bytes.fromhex(text[2:])).decode()


def _moment(text: str) -> str:
    return times.utc(text.removesuffix("+00")) if text.endswith("+00") else text


def _zoned_time(text: str) -> str:
    """`12:00:00+02` as `12:00:00+02:00`."""
    return f"{text}:00" if len(text) > 3 and text[-3] in "+-" else text


def _json(text: str) -> msgspec.Raw:
    """As it stands, so that no number loses a digit; a line break in it is only ever space between tokens."""
    return msgspec.Raw(text.replace("\n", " ").replace("\r", " ").encode())


# By the numbers of pg_type.dat, which never change.
_SCALARS: dict[int, Converter] = {
    16: _truth, 17: _bytes, 20: int, 21: int, 23: int, 26: int, 700: _float, 701: _float,
    114: _json, 3802: _json, 1184: _moment, 1266: _zoned_time,
}  # fmt: skip
