"""PostgreSQL's text of an array, `{1,NULL,{"a b","c\\"d"}}`, as nested lists.

Source: PostgreSQL 15 documentation, clause 8.15.6 "Array Input and Output Syntax".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

DEEPEST = 6  # dimensions, as the server has it (MAXDIM)
_BOUNDS = re.compile(r"(\[-?\d+:-?\d+\])+=")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def read_array(text: str, element: Callable[[str], Any], delimiter: str = ",") -> list[Any]:
    """The array in `text`, each value through `element`. Bounds (`[0:1]={…}`) are left out.

    Raises `ValueError` where it is none.
    """
    bounds = _BOUNDS.match(text)
    start = bounds.end() if bounds else 0
    if text[start : start + 1] != "{":
        raise ValueError(f"an array begins with {{, not with {text[start : start + 1]!r}")
    separator = re.escape(delimiter)
    token = re.compile(rf'(\{{)|(\}})|({separator})|"((?:[^"\\]|\\.)*)"|((?:[^{{}}"\\{separator}]|\\.)+)', re.DOTALL)
    top: list[Any] = []
    open_: list[list[Any]] = []
    at, expects_value = start, True
    while at < len(text):
        found = token.match(text, at)
        if found is None or (at > start and not open_):
            raise ValueError(f"character {at} of the array is out of place: {text[at : at + 20]!r}")
        begins, ends, comma, quoted, plain = found.groups()
        if begins:
            if not expects_value or len(open_) >= DEEPEST:
                raise ValueError(f"character {at} of the array begins a list out of place")
            inner: list[Any] = top if not open_ else []
            if open_:
                open_[-1].append(inner)
            open_.append(inner)
            expects_value = True
        elif ends:
            if expects_value and open_[-1]:
                raise ValueError(f"character {at} of the array ends a list after a {delimiter}")
            open_.pop()
            expects_value = False
        elif comma:
            if expects_value:
                raise ValueError(f"a value is missing before character {at} of the array")
            expects_value = True
        else:
            if not expects_value:
                raise ValueError(f"a {delimiter} is missing before character {at} of the array")
            if plain is not None and plain.upper() == "NULL":
                open_[-1].append(None)
            else:
                open_[-1].append(element(_ESCAPED.sub(r"\1", quoted if plain is None else plain)))
            expects_value = False
        at = found.end()
    if open_:
        raise ValueError("the array has no end")
    return top
