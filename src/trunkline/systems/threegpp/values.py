"""Values, times and periods as 3GPP's measurement files write them (TS 32.435 clause 4.1, XML Schema part 2)."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from math import isfinite

from trunkline.telco.model import Value

_NUMBER = re.compile(r"[+-]?(?:\d+|(?P<real>(?:\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE][+-]?\d+)?))", re.ASCII)
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?", re.ASCII)
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1  # what a counter of 64 bits can hold, signed or not
_NOTHING = ("", "NIL", "NULL")
_REMEMBERED = 2_000_000  # characters


class Values(dict[str, Value]):
    """What each text stands for, remembered, because a file holds few distinct values and most of them are zero.

    A number is int or float; one that was not counted (empty or NIL) is None; a list with commas is a vector.
    Looking up what is none of these raises `ValueError` with the reason. Vectors are shared: do not change them.
    """

    def __init__(self) -> None:
        self._characters = 0

    def __missing__(self, text: str) -> Value:
        if "," in text:
            value: Value = list(map(self.__getitem__, text.split(",")))  # type: ignore[arg-type]  # items have no comma
        else:
            value = _number(text.strip())
        self._characters += len(text)
        if self._characters > _REMEMBERED:
            self.clear()
            self._characters = len(text)
        self[text] = value
        return value


def _number(text: str) -> int | float | None:
    if text in _NOTHING:
        return None
    match = _NUMBER.fullmatch(text) if len(text) <= 400 else None
    if match is None:
        raise ValueError(f"{text[:40]!r} is not a number")
    if match["real"]:
        real = float(text)
        if isfinite(real):
            return real
    elif _SMALLEST <= (whole := int(text)) <= _LARGEST:
        return whole
    raise ValueError(f"{text[:40]!r} is too large: a counter has 64 bits")


@lru_cache(maxsize=1_000)
def moment(text: str) -> datetime:
    """A time with its zone (`+02:00`, `+0200` or `Z`) in UTC. Raises `ValueError` with the reason."""
    try:
        time = datetime.fromisoformat(text.strip() if len(text) < 60 else "")
        if time.tzinfo is not None:
            return time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text[:40]!r} is not a time like 2026-03-09T15:15:00+01:00") from None
    raise ValueError(f"{text[:40]!r} has no time zone, so that its time is not known")


@lru_cache(maxsize=1_000)
def seconds(text: str) -> int:
    """A period like `PT900S` or `PT15M` in whole seconds. Raises `ValueError` with the reason."""
    match = _DURATION.fullmatch(text.strip()) if len(text) < 40 else None
    days, hours, minutes, rest = (int(part or 0) for part in match.groups()) if match else (0, 0, 0, 0)
    total = ((days * 24 + hours) * 60 + minutes) * 60 + rest
    if not 0 < total <= 31 * 86_400:
        raise ValueError(f"{text[:40]!r} is not a period like PT900S")
    return total
