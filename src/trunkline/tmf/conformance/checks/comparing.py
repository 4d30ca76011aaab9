"""Filters by operators, by regular expressions, and by what lies further in a record."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

from trunkline.tmf.conformance.check import FILE, GUIDE_1, Check, NotOffered, check, expect
from trunkline.tmf.conformance.checks.filtering import PLAIN, found, two_values
from trunkline.tmf.conformance.subject import Record, Subject
from trunkline.tmf.conformance.values import Scalar, at, compare, same, written
from trunkline.tmf.declaration import Operation

_OPERATORS: dict[str, tuple[str, Callable[[int], bool]]] = {
    "eq": ("equal to", lambda order: order == 0),
    "ne": ("other than", lambda order: order != 0),
    "gt": ("greater than", lambda order: order > 0),
    "gte": ("greater than or equal to", lambda order: order >= 0),
    "lt": ("less than", lambda order: order < 0),
    "lte": ("less than or equal to", lambda order: order <= 0),
}
_SIGNS = {"gt": "%3E", "gte": "%3E%3D", "lt": "%3C", "lte": "%3C%3D"}


def _operator(operator: str, name: str, form: str) -> Check:
    words, holds = _OPERATORS[operator]

    @check(name, f"{form.format('attribute', 'value')} finds what is {words} the value", GUIDE_1, Operation.LIST)
    def hold(subject: Subject) -> None:
        attribute, value = _middle(subject)

        def keep(told: Record) -> bool:
            orders = [compare(other, value) for other in at(told, attribute)]
            return any(order is not None and holds(order) for order in orders)

        query = form.format(quote(attribute), quote(written(value), safe=""))
        found(subject, query, keep, None, optional=True)

    return hold


named = tuple(_operator(name, f"filter.{name}", f"{{0}}.{name}={{1}}") for name in _OPERATORS)
signed = tuple(_operator(name, f"filter.{name}.sign", f"{{0}}{sign}{{1}}") for name, sign in _SIGNS.items())


@check("filter.regex", "attribute.regex=pattern finds what the pattern is found in", GUIDE_1, Operation.LIST)
def regex(subject: Subject) -> None:
    _by_pattern(subject, ".regex=")


@check("filter.regex.sign", "attribute*%3Dpattern finds what the pattern is found in", GUIDE_1, Operation.LIST)
def regex_sign(subject: Subject) -> None:
    _by_pattern(subject, "*%3D")


@check("filter.regex.malformed", "A pattern that is none is refused with 400 Bad Request", FILE, Operation.LIST)
def regex_malformed(subject: Subject) -> None:
    attribute, _ = two_values(subject)
    answer = subject.find(f"{quote(attribute)}.regex=%5Ea")
    if answer.status in (400, 501):
        raise NotOffered(f"refused with {answer.status}")
    answer = subject.find(f"{quote(attribute)}.regex=%28")
    expect(answer.status == 400, answer, "400, for ( is no pattern")


@check(
    "filter.deep", "A path with dots filters by what lies further in; any element of an array may match", GUIDE_1,
    Operation.LIST,
)  # fmt: skip
def deep(subject: Subject) -> None:
    path = subject.resource.deep
    for record in subject.known:
        value = next((value for value in at(record, path) if PLAIN.fullmatch(written(value))), None) if path else None
        if value is not None:
            found(subject, [(path, written(value))], _has(path, value), record, optional=True)
            return
    raise NotOffered(f"no record at hand has {path or 'a value further in'}")


CHECKS = (*named, *signed, regex, regex_sign, regex_malformed, deep)


def _has(path: str, value: Scalar) -> Callable[[Record], bool]:
    return lambda told: any(same(other, value) for other in at(told, path))


def _middle(subject: Subject) -> tuple[str, Scalar]:
    """The attribute that is compared, and the value in the middle of those that records have."""
    attribute = subject.resource.ordered
    values = [value for record in subject.known for value in at(record, attribute) if attribute]
    if not values:
        raise NotOffered(f"no record at hand has {attribute or 'an attribute with an order'}")
    return attribute, values[len(values) // 2]


def _by_pattern(subject: Subject, sign: str) -> None:
    attribute, values = two_values(subject)
    pattern = "^(" + "|".join(re.escape(written(value)) for value in values) + ")$"

    def keep(told: Record) -> bool:
        return any(isinstance(value, str) and re.search(pattern, value) for value in at(told, attribute))

    found(subject, f"{quote(attribute)}{sign}{quote(pattern, safe='')}", keep, None, optional=True)
