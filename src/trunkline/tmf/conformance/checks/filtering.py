"""Filters: equality on first-level attributes, AND, OR; what matches nothing, and what is no attribute."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from urllib.parse import quote

from trunkline.tmf.conformance.check import FILE, GUIDE_1, PROFILE, Check, NotOffered, check, expect
from trunkline.tmf.conformance.client import Answer
from trunkline.tmf.conformance.subject import Record, Subject
from trunkline.tmf.conformance.values import Scalar, at, same, written
from trunkline.tmf.declaration import Operation

Keep = Callable[[Record], bool]
"""Whether a record matches a filter."""
PLAIN = re.compile(r"[A-Za-z0-9 _.:+/-]{1,100}")
"""Values that are asked for: those with no sign that a filter might read otherwise."""
_LIMIT = 100


@check("filter.equal", "A list is filtered by each first-level attribute: attribute=value", PROFILE, Operation.LIST)
def equal(subject: Subject) -> None:
    record = subject.known[0]
    resource = subject.resource
    standard = {"id", resource.marked, resource.ordered, *(resource.body or ())}
    for name, value in scalars(record):
        # An attribute that the kit did not send may be the operator's own; it may be refused, but not answered wrongly.
        with suppress(*() if name in standard else (NotOffered,)):
            found(subject, [(name, written(value))], equals(name, value), record, optional=name not in standard)


@check("filter.and", "Several filters must all hold", GUIDE_1, Operation.LIST)
def both(subject: Subject) -> None:
    record = subject.known[0]
    values = dict(scalars(record))
    mine = (subject.resource.marked, subject.resource.shared)
    names = [name for name in mine if name in values] if subject.own else list(values)[:2]
    if len(names) < 2:
        raise NotOffered("no record at hand has two attributes to filter by")

    def keep(told: Record) -> bool:
        return all(equals(name, values[name])(told) for name in names)

    for order in (names, names[::-1]):
        found(subject, [(name, written(values[name])) for name in order], keep, record)


def _either(name: str, form: str) -> Check:
    @check(name, f"{form.format('attribute', 'a', 'b')} finds the records with either value", GUIDE_1, Operation.LIST)
    def hold(subject: Subject) -> None:
        attribute, values = two_values(subject)
        query = form.format(quote(attribute), *(quote(written(value), safe="") for value in values))
        answer = found(subject, query, lambda told: any(equals(attribute, value)(told) for value in values), None)
        for value in values:
            some = any(equals(attribute, value)(told) for told in answer.records)
            expect(some, answer, f"records with `{attribute}` {value!r}, which is one of the two", "none with it")

    return hold


comma = _either("filter.or.comma", "{0}={1},{2}")
repeated = _either("filter.or.repeated", "{0}={1}&{0}={2}")
semicolon = _either("filter.or.semicolon", "{0}={1};{0}={2}")


@check("filter.nothing", "A filter that nothing matches answers 200 with an empty array", FILE, Operation.LIST)
def nothing(subject: Subject) -> None:
    subject.need_known()
    attribute = subject.resource.marked if subject.own else "id"
    answer = subject.find([(attribute, subject.nobody())])
    expect(answer.status == 200, answer, "200")
    expect(answer.json == [], answer, "an empty array")


@check(
    "filter.unknown", "A filter by an attribute that no record has is not ignored: it finds nothing, or is refused",
    GUIDE_1, Operation.LIST,
)  # fmt: skip
def unknown(subject: Subject) -> None:
    subject.need_known()
    answer = subject.find([("trunklineConformanceNoSuchAttribute", "1"), ("limit", "5")])
    expect(answer.status == 400 or answer.json == [], answer, "400, or 200 with an empty array")


CHECKS = (equal, both, comma, repeated, semicolon, nothing, unknown)


def found(
    subject: Subject, query: str | Sequence[tuple[str, str]], keep: Keep, record: Record | None, optional: bool = False
) -> Answer:
    """Ask for a list, and hold it against what the filter must `keep`: nothing else comes, and all of it.

    All of it can be told of the kit's own records; of others' of the one `record` that the value was taken from, where
    the answer is not cut. Raises `NotOffered` where the filter is `optional` and is refused.
    """
    text = query if isinstance(query, str) else "&".join(f"{quote(n)}={quote(v, safe='')}" for n, v in query)
    named = {parameter.partition("=")[0] for parameter in text.split("&")}
    # What is asked for already is not asked for twice: that would be an OR.
    rest = [(name, value) for name, value in (*subject.scope, ("limit", str(_LIMIT))) if quote(name) not in named]
    answer = subject.find("&".join([text, *(f"{quote(name)}={quote(value, safe='')}" for name, value in rest)]))
    if optional and answer.status in (400, 501):
        raise NotOffered(f"refused with {answer.status}")
    expect(answer.status in (200, 206), answer, "200 with the records that match")
    for told in answer.records:
        expect(keep(told), answer, f"only records that match {text}", f"also {told.get('id')}, which does not")
    ids = [told.get("id") for told in answer.records]
    wanted = [own for own in subject.own if keep(own)]
    if record is not None and not subject.own and len(ids) < _LIMIT and "next" not in answer.headers.get("link", ""):
        wanted = [record]
    missing = [str(one["id"]) for one in wanted if one["id"] not in ids]
    expect(not missing, answer, f"{', '.join(missing)}, which matches {text}", f"{len(ids)} records without it")
    return answer


def equals(name: str, value: Scalar) -> Keep:
    """Matches what has the value at a first-level attribute, or in an array there."""
    return lambda told: any(same(other, value) for other in at(told.get(name), ""))


def scalars(record: Record) -> list[tuple[str, Scalar]]:
    """The first-level attributes of a record that can be asked for."""
    return [
        (name, value)
        for name, value in record.items()
        if name != "href" and not name.startswith("@")
        if isinstance(value, Scalar) and PLAIN.fullmatch(written(value))
    ]


def two_values(subject: Subject) -> tuple[str, list[Scalar]]:
    """An attribute, and two values of it that records have. Raises `NotOffered` where there are none."""
    attribute = subject.resource.marked if subject.own else "id"
    values = [value for record in subject.known for name, value in scalars(record) if name == attribute]
    if len(values) < 2:
        raise NotOffered(f"no two records at hand have a `{attribute}`")
    return attribute, values[:2]
