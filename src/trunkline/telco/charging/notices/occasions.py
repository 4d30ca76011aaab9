"""Occasions: what there is to tell. Each has a text of its own in every language, with places for what is known then.

A kind of notice has several where what is known differs: a threshold is one of an allowance, or of what may be owed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from trunkline.streams import Rejection


class Occasion(NamedTuple):
    """`places` are what a text may name; `needs` the values of a notice that they are made of."""

    name: str
    kind: str
    places: frozenset[str]
    needs: frozenset[str]


def _occasion(name: str, kind: str, places: str, further: str = "") -> Occasion:
    named = frozenset(places.split())
    return Occasion(name, kind, named, named | frozenset(further.split()))


OCCASIONS: Final = (
    _occasion("threshold", "threshold", "name percent left end", "unit"),
    _occasion("threshold-of-limit", "threshold", "percent limit spent end", "currency"),
    _occasion("forecast", "forecast", "name left end forecast", "unit"),
    _occasion("fair-use", "fair-use", "name zone"),
    _occasion("limit", "limit", "limit spent end", "currency"),
    _occasion("overdrawn", "limit", "left", "currency"),
    _occasion("cut-off-at-limit", "cut-off", "limit spent", "currency"),
    _occasion("cut-off", "cut-off", "spent", "currency"),
    _occasion("roaming", "roaming", "country", "network"),
    _occasion("expiry", "expiry", "name left end", "unit"),
    _occasion("expired", "expiry", "name lost end", "unit"),
)
"""Of one kind, that which needs more stands first."""


def occasion(kind: str, values: Mapping[str, str]) -> Occasion:
    """What a notice of this kind and with these values is about. Raises `Rejection`: `notice.values`."""
    for each in OCCASIONS:
        if each.kind == kind and each.needs <= values.keys():
            return each
    known = ", ".join(sorted(values)) or "nothing"
    raise Rejection("notice.values", f"no text tells of `{kind}` by what is known here ({known}): see docs/notices.md")
