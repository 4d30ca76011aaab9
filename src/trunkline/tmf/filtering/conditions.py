"""Conditions put together: the simplest that says the same, so that indexes of a store fit."""

from __future__ import annotations

from collections.abc import Iterable

from trunkline.store.query import And, Compare, Condition, Element, Not, Or, Path, Present


def all_of(conditions: Iterable[Condition]) -> Condition:
    """Each of them holds."""
    found = tuple(part for each in conditions for part in (each.conditions if isinstance(each, And) else (each,)))
    return found[0] if len(found) == 1 else And(found)


def any_of(conditions: Iterable[Condition]) -> Condition:
    """One of them holds."""
    found = tuple(part for each in conditions for part in (each.conditions if isinstance(each, Or) else (each,)))
    return found[0] if len(found) == 1 else Or(found)


def element(path: Path, where: Condition) -> Condition:
    """One element at `path` meets `where`, whose paths begin there."""
    if not path:
        return where
    match where:
        case Compare(further, how, value):
            return Compare((*path, *further), how, value)
        case Present(further):
            return Present((*path, *further))
        case Element(further, within):
            return Element((*path, *further), within)
        case Or(conditions):
            return any_of(element(path, each) for each in conditions)
        case _:
            return Element(path, where)


def size(condition: Condition) -> int:
    """How many conditions it is, all that lie in it among them."""
    match condition:
        case And(conditions) | Or(conditions):
            return 1 + sum(map(size, conditions))
        case Not(inner) | Element(_, inner):
            return 1 + size(inner)
        case _:
            return 1


def depth(condition: Condition) -> int:
    """How many conditions lie in each other."""
    match condition:
        case And(conditions) | Or(conditions):
            return 1 + max(map(depth, conditions), default=0)
        case Not(inner) | Element(_, inner):
            return 1 + depth(inner)
        case _:
            return 1
