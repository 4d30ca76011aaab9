"""Whether a document meets a condition: what `query` says, word for word and slowly.

Stores answer in SQL and must agree with this; the hub holds single events against it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Final

from trunkline.store.pattern import read_pattern
from trunkline.store.query import And, Compare, Condition, Element, Not, Operator, Or, Path, Present, Value
from trunkline.store.times import read_time

_HOLDS: Final[Mapping[Operator, Callable[[Any, Any], bool]]] = {
    Operator.EQ: operator.eq,
    Operator.GT: operator.gt,
    Operator.GTE: operator.ge,
    Operator.LT: operator.lt,
    Operator.LTE: operator.le,
    Operator.REGEX: lambda text, pattern: read_pattern(pattern).search(text),
}


def matches(condition: Condition, document: Any, times: Collection[Path] = ()) -> bool:
    """Whether `document`, as JSON is read, meets `condition`.

    `times` are the paths, from the document's root on, that its kind declares as times. Raises `PatternError` on a
    pattern that is none.
    """
    return _meets(condition, document, (), times)


def _meets(condition: Condition, value: Any, place: Path, times: Collection[Path]) -> bool:
    """`place` is where `value` stands in its document."""
    match condition:
        case Compare(path, how, other):
            is_time = (*place, *path) in times
            return any(_stands(found, how, other, is_time) for found in values(value, path))
        case Present(path):
            return bool(values(value, path))
        case Element(path, where):
            found = (each for each in values(value, path) if not isinstance(each, list))
            return any(_meets(where, each, (*place, *path), times) for each in found)
        case And(conditions):
            return all(_meets(each, value, place, times) for each in conditions)
        case Or(conditions):
            return any(_meets(each, value, place, times) for each in conditions)
        case Not(negated):
            return not _meets(negated, value, place, times)


def values(value: Any, path: Path) -> list[Any]:
    """What there is at `path`, without nulls. The elements of an array go for it; an array in an array is a value."""
    for place, name in enumerate(path):
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list):
            inner = path[place:]
            return [found for each in value if isinstance(each, dict) for found in values(each, inner)]
        else:
            return []
    if isinstance(value, list):
        return [each for each in value if each is not None]
    return [value] if value is not None else []


def _stands(found: Any, how: Operator, other: Value, is_time: bool) -> bool:
    if isinstance(other, datetime):
        time = read_time(found) if is_time and isinstance(found, str) else None
        return time is not None and how is not Operator.REGEX and _HOLDS[how](time, other)
    if isinstance(other, bool):  # before numbers: to Python, True is 1
        return isinstance(found, bool) and how is Operator.EQ and found is other
    if isinstance(other, str):
        return isinstance(found, str) and _HOLDS[how](found, other)
    return (
        isinstance(found, int | float)
        and not isinstance(found, bool)
        and how is not Operator.REGEX
        and _HOLDS[how](found, other)
    )
