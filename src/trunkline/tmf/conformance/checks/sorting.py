"""Sorting: sort=attribute, sort=-attribute."""

from __future__ import annotations

from itertools import pairwise

from trunkline.tmf.conformance.check import GUIDE_1, NotOffered, check, expect
from trunkline.tmf.conformance.client import Answer
from trunkline.tmf.conformance.subject import Subject
from trunkline.tmf.conformance.values import Scalar, at, compare
from trunkline.tmf.declaration import Operation


@check(
    "sort.ascending",
    "sort=attribute gives the records in the ascending order of the attribute",
    GUIDE_1,
    Operation.LIST,
)
def ascending(subject: Subject) -> None:
    answer, _ = _both(subject)
    _ordered(answer, subject.resource.ordered, 1)


@check(
    "sort.descending",
    "sort=-attribute gives the records in the descending order of the attribute",
    GUIDE_1,
    Operation.LIST,
)
def descending(subject: Subject) -> None:
    _, answer = _both(subject)
    _ordered(answer, subject.resource.ordered, -1)


CHECKS = (ascending, descending)


def _both(subject: Subject) -> tuple[Answer, Answer]:
    """The list in both orders. Raises `NotOffered` where they are refused, or are the same: sort= is ignored."""
    attribute = subject.resource.ordered
    if not attribute or not any(True for record in subject.known for _ in at(record, attribute)):
        raise NotOffered(f"no record at hand has {attribute or 'an attribute with an order'}")
    up, down = (subject.find([("sort", sign + attribute), *subject.scope, ("limit", "100")]) for sign in ("", "-"))
    for answer in (up, down):
        if answer.status in (400, 501):
            raise NotOffered(f"refused with {answer.status}")
        expect(answer.status in (200, 206), answer, "200 with the records in an order")
    values = _values(up, attribute)
    if values and values == _values(down, attribute) and len({*values}) > 1:
        raise NotOffered("sort= changes nothing: both orders are the same")
    return up, down


def _values(answer: Answer, attribute: str) -> list[Scalar]:
    return [value for record in answer.records for value in list(at(record, attribute))[:1]]


def _ordered(answer: Answer, attribute: str, sign: int) -> None:
    values = _values(answer, attribute)
    for one, other in pairwise(values):
        order = compare(one, other)
        words = "before" if sign > 0 else "behind"
        expect(order is None or order * sign <= 0, answer, f"{other!r} {words} {one!r}", f"{one!r}, then {other!r}")
