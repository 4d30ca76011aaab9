"""The filter that the parameters of a list, or a subscription's query, are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from trunkline.store.query import Condition, Not, Operator, Path
from trunkline.tmf.declaration import Resource, Version
from trunkline.tmf.errors import bad
from trunkline.tmf.filtering import jsonpath
from trunkline.tmf.filtering.attributes import Attributes
from trunkline.tmf.filtering.conditions import all_of, any_of, depth, element, size
from trunkline.tmf.filtering.faults import malformed
from trunkline.tmf.filtering.grammar import Term, terms
from trunkline.tmf.filtering.values import Unreadable

RESERVED: Final = frozenset({"offset", "limit", "fields", "sort", "filter", "before", "after"})
"""Parameters that are no attributes."""
MAX_PARAMETERS: Final = 100
MAX_SIZE: Final = 300
"""Conditions that a filter may be made of; a value that may be a text or a number is three."""
MAX_DEPTH: Final = 24
"""How deep they may lie in each other."""


def condition(parameters: Sequence[tuple[str, str]], of: Resource, version: Version) -> Condition | None:
    """What a document must meet, None where nothing is asked for.

    `parameters` are the names and values of a query, decoded. All of them must hold; of one that is repeated, any (of
    `filter`, all). Several attributes of an element that the resource declares are asked for in one element:
    `productCharacteristic.name=speed` and `productCharacteristic.value=100` mean the same as
    `filter=productCharacteristic[?(@.name=='speed' && @.value==100)]`.

    Raises `Refusal` (400), which says where, on what cannot be read, on attributes that the resource does not have, and
    on too much.
    """
    if len(parameters) > MAX_PARAMETERS:
        raise bad("badFilter", f"there are {len(parameters)} parameters", f"at most {MAX_PARAMETERS} are taken")
    attributes = Attributes(of, version)
    said = _Said(attributes)
    found: list[Condition] = []
    for name, value in parameters:
        if name == "filter":
            found.append(jsonpath.read(value, attributes))
        elif name not in RESERVED:
            alternatives = terms(name, value)
            if len(alternatives) == 1:
                said.add(name, alternatives[0])
            else:
                found.append(any_of(_alone(name, term, attributes) for term in alternatives))
    found += said.conditions()
    if not found:
        return None
    whole = all_of(found)
    if size(whole) > MAX_SIZE or depth(whole) > MAX_DEPTH:
        limits = f"at most {MAX_SIZE} conditions are taken, and {MAX_DEPTH} that lie in each other"
        raise bad("badFilter", "the filter asks for too much", limits)
    return whole


class _Said:
    """The parameters of one term each, as what they say of the same attribute by the same operator."""

    def __init__(self, attributes: Attributes) -> None:
        self._attributes = attributes
        self._terms: dict[tuple[Path, Operator, bool], list[tuple[str, Term]]] = {}

    def add(self, parameter: str, term: Term) -> None:
        """One more."""
        path = self._attributes.path(term.names, parameter, term.position)
        self._terms.setdefault((path, term.how, term.negated), []).append((parameter, term))

    def conditions(self) -> Iterator[Condition]:
        """All of them; what is said of an element by several is one condition."""
        by_element: dict[Path, list[tuple[Path, list[tuple[str, Term]]]]] = {}
        for (path, _, _), said in self._terms.items():
            by_element.setdefault(self._attributes.element(path), []).append((path, said))
        for place, several in by_element.items():
            if place and len(several) > 1:
                yield element(place, all_of(_read(*each, self._attributes, len(place)) for each in several))
            else:
                yield from (_read(*each, self._attributes) for each in several)


def _alone(parameter: str, term: Term, attributes: Attributes) -> Condition:
    path = attributes.path(term.names, parameter, term.position)
    return _read(path, [(parameter, term)], attributes)


def _read(path: Path, said: Sequence[tuple[str, Term]], attributes: Attributes, within: int = 0) -> Condition:
    """What terms of one attribute and one operator say: any of their values, or where they negate it, none."""
    found: list[Condition] = []
    for parameter, term in said:
        for value in term.values:
            try:
                found.append(attributes.compared(path, term.how, value.text, within))
            except Unreadable as error:
                raise malformed(parameter, value.position + error.at, str(error)) from None
    condition = any_of(found)
    return Not(condition) if said[0][1].negated else condition
