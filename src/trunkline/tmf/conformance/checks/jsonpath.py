"""Deep filters of v5: filter=, a JSONPath."""

from __future__ import annotations

from trunkline.tmf.conformance.check import GUIDE_6, NotOffered, check, expect
from trunkline.tmf.conformance.client import Answer
from trunkline.tmf.conformance.subject import Record, Subject
from trunkline.tmf.declaration import V5, Operation


@check(
    "jsonpath.element", "filter=array[?(@.a=='x' && @.b=='y')] finds the records of which one element has both",
    GUIDE_6, Operation.LIST, versions=(V5,),
)  # fmt: skip
def element(subject: Subject) -> None:
    record, elements = _elements(subject)
    found = _ask(subject, elements[0], elements[0])
    alone = [told.get("id") for told in found.records] == [record["id"]]
    expect(
        alone, found, f"the record {record['id']} alone, of which one element has both", f"{len(found.records)} records"
    )
    crossed = _ask(subject, elements[0], elements[1])
    expect(crossed.json == [], crossed, "an empty array, for there are such elements, but no one has both")


@check(
    "jsonpath.malformed", "A filter= that is no JSONPath is refused with 400 Bad Request", GUIDE_6, Operation.LIST,
    versions=(V5,),
)  # fmt: skip
def malformed(subject: Subject) -> None:
    _, elements = _elements(subject)
    _ask(subject, elements[0], elements[0])
    answer = subject.find([("filter", f"{subject.resource.pair[0]}[?(")])
    expect(answer.status == 400, answer, "400, for the expression ends too early")


CHECKS = (element, malformed)


def _elements(subject: Subject) -> tuple[Record, list[Record]]:
    """A record of the kit's own, and two elements of the array that is asked for a pair."""
    if not subject.own or len(subject.resource.pair) != 3:
        raise NotOffered("the kit has no records of its own with an array of objects to ask by")
    array, *pair = subject.resource.pair
    record = subject.own[0]
    kept = record.get(array)
    elements = [one for one in kept if isinstance(one, dict) and all(name in one for name in pair)] if kept else []
    if len(elements) < 2:
        raise NotOffered(f"the server did not keep two elements in `{array}`")
    return record, elements


def _ask(subject: Subject, one: Record, other: Record) -> Answer:
    """The list of what has the first of the pair from `one`, the second from `other`."""
    array, first, second = subject.resource.pair
    path = f"{array}[?(@.{first}=={_word(one[first])} && @.{second}=={_word(other[second])})]"
    answer = subject.find([("filter", path), ("limit", "100")])
    if answer.status in (400, 501):
        raise NotOffered(f"refused with {answer.status}")
    expect(answer.status in (200, 206), answer, "200 with the records that match")
    return answer


def _word(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)
