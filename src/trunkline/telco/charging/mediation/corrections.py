"""Which records of a session take the place of which; the same rule as charging has for usages (docs/charging.md)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec


class Correction(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The record `right`, which began then, takes the place of the record `wrong`, whichever of them came first."""

    wrong: str
    right: str
    started: datetime


def leading(corrections: Iterable[Correction], id: str) -> str:
    """The record that counts of those that are connected with one by corrections: that to which, from the one that
    corrects nothing on, always the last correction leads. Empty where they correct each other in a circle."""
    corrects: dict[str, str] = {}
    last: dict[str, str] = {}
    for each in sorted(corrections, key=lambda each: (each.started, each.right)):
        corrects[each.right] = each.wrong
        last[each.wrong] = each.right
    passed = {id}
    while id in corrects:
        id = corrects[id]
        if id in passed:
            return ""
        passed.add(id)
    while id in last:
        id = last[id]
    return id
