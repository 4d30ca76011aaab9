"""What the text of a value means, by the type of the attribute that it is compared with."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Final

from trunkline.store.pattern import PatternError, read_pattern
from trunkline.store.port import Type
from trunkline.store.query import And, Compare, Condition, Element, Operator, Or, Path
from trunkline.store.times import read_time

_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_TIME: Final = re.compile(
    r"(?P<year>[0-9]{4})(-(?P<month>[0-9]{2})(-(?P<day>[0-9]{2})"
    r"(T(?P<hour>[0-9]{2})(:(?P<minute>[0-9]{2})(?P<second>:[0-9]{2}(\.[0-9]+)?)?)?"
    r"(?P<zone>Z|[+ -][0-9]{2}:[0-9]{2})?)?)?)?"
)
_LAST: Final = datetime.max.replace(tzinfo=UTC)


class Unreadable(ValueError):
    """A value is none of the type that is expected; `at` is the place in it, from 0 on."""

    def __init__(self, reason: str, at: int = 0) -> None:
        super().__init__(reason)
        self.at = at


def compared(path: Path, how: Operator, text: str, type: Type | None, many: bool = True) -> Condition:
    """The value at `path` stands so to what `text` means.

    An attribute of type None is held against the text, and against the number or the bool that it reads as. `many`:
    there may be several values at `path`. Raises `Unreadable` where the text is none of the type.
    """
    if how is Operator.REGEX:
        if type in ("number", "boolean"):
            raise Unreadable(f"a pattern is for texts, and this is a {type}")
        try:
            read_pattern(text)
        except PatternError as error:
            raise Unreadable(f"in the pattern: {error.reason}", error.position) from None
        return Compare(path, how, text)
    match type:
        case "text":
            return Compare(path, how, text)
        case "number":
            return Compare(path, how, read_number(text))
        case "boolean":
            if how is not Operator.EQ:
                raise Unreadable("true and false are equal or not, and nothing else")
            return Compare(path, how, _read_bool(text))
        case "time":
            return _compared_time(path, how, text, many)
        case None:
            return _compared_any(path, how, text)


def read_number(text: str) -> int | float:
    """The number that `text` is in JSON. Raises `Unreadable` where it is none, or too large."""
    found = _NUMBER.fullmatch(text)
    if not found:
        raise Unreadable("a number is expected, such as 12 or -0.5")
    if found[2] is None and found[3] is None and -(2**63) <= int(text) < 2**63:  # more is no integer of a database
        return int(text)
    number = float(text)
    if math.isinf(number):
        raise Unreadable("the number is too large")
    return number


def _read_bool(text: str) -> bool:
    if text not in ("true", "false"):
        raise Unreadable("true or false is expected")
    return text == "true"


def _compared_any(path: Path, how: Operator, text: str) -> Condition:
    as_text = Compare(path, how, text)
    if text in ("true", "false"):
        return Or((as_text, Compare(path, how, text == "true"))) if how is Operator.EQ else as_text
    try:
        return Or((as_text, Compare(path, how, read_number(text))))
    except Unreadable:
        return as_text


def _compared_time(path: Path, how: Operator, text: str, many: bool) -> Condition:
    begin, end = _read_span(text)
    if begin == end:
        return Compare(path, how, begin)
    match how:
        case Operator.GT:
            return Compare(path, Operator.GTE, end)
        case Operator.LTE:
            return Compare(path, Operator.LT, end)
        case Operator.GTE | Operator.LT:
            return Compare(path, how, begin)
        case _:
            # One and the same of several times lies within.
            inside = () if many else path
            within = And((Compare(inside, Operator.GTE, begin), Compare(inside, Operator.LT, end)))
            return Element(path, within) if many else within


def _read_span(text: str) -> tuple[datetime, datetime]:
    """The time, twice, or where a shorter one (`2026`, `2026-03`, `2026-03-01T12`) begins and where the next does.

    UTC where there is no zone. A blank is the `+` of a zone, which a URL had not encoded.
    """
    found = _TIME.fullmatch(text)
    if not found:
        raise Unreadable("a time is expected, such as 2026-03-01T12:00:00Z, or the beginning of one, such as 2026-03")
    year, month, day, hour, minute, second, zone = found.group(
        "year", "month", "day", "hour", "minute", "second", "zone"
    )
    begin = read_time(
        f"{year}-{month or '01'}-{day or '01'}T{hour or '00'}:{minute or '00'}{second or ':00'}"
        f"{(zone or 'Z').replace(' ', '+')}"
    )
    if begin is None:
        raise Unreadable("there is no such time")
    if second:
        return begin, begin
    try:
        if minute:
            return begin, begin + timedelta(minutes=1)
        if hour:
            return begin, begin + timedelta(hours=1)
        if day:
            return begin, begin + timedelta(days=1)
        if month:
            return begin, (begin + timedelta(days=31)).replace(day=1)
        return begin, begin.replace(year=begin.year + 1)
    except (ValueError, OverflowError):
        return begin, _LAST
