"""Who can see this field? Asked of the engine itself, for every role and every purpose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from trunkline.security.access.decisions import Decisions, Who
from trunkline.security.access.kinds import Kind, Kinds
from trunkline.security.access.purpose import NONE


class Sight(NamedTuple):
    """A role that sees a field for a purpose, in whole or by its ends, and the rules that say so."""

    role: str
    purpose: str
    sees: str
    rules: tuple[str, ...]


class UnknownField(Exception):
    """There is no such kind of records."""


def field_of(text: str, kinds: Kinds) -> tuple[Kind, tuple[str, ...]]:
    """What `customerBill.amountDue` names: a kind, and an attribute of it. Raises `UnknownField`."""
    steps = text.split(".")
    for length in range(len(steps) - 1, 0, -1):
        if (kind := kinds.get(".".join(steps[:length]))) is not None:
            return kind, tuple(steps[length:])
    known = ", ".join(sorted(kind.name for kind in kinds))
    raise UnknownField(f"{text} is no field: write KIND.ATTRIBUTE, where a kind is one of {known}")


def who_sees(kind: Kind, path: tuple[str, ...], decisions: Decisions) -> Iterator[Sight]:
    """Every role and purpose by which it is seen."""
    classification, has_ends, _ = kind.find(path, None)
    for role in sorted(decisions.roles):
        one = Who("somebody", "", frozenset({role}))
        for purpose in (NONE, *decisions.purposes.purposes):
            reading = decisions.decide(one, "read", kind, purpose)
            seen, rules = decisions.sees(one, kind, purpose, classification)
            if reading.allowed and seen and decisions.mask(one, kind, purpose).shows(".".join(path)) == "seen":
                yield Sight(role, purpose, "all", rules)
                continue
            seen, rules = decisions.sees(one, kind, purpose, classification, ends=True)
            if reading.allowed and seen and has_ends:
                yield Sight(role, purpose, "ends", rules)
