"""PATCH of v5: JSON Patch (RFC 6902)."""

from __future__ import annotations

from typing import Any

from trunkline.tmf.conformance.check import GUIDE_5, NotOffered, check, expect
from trunkline.tmf.conformance.checks.patching import CHANGING, changeable, unharmed_but
from trunkline.tmf.conformance.client import Answer
from trunkline.tmf.conformance.subject import Record, Subject
from trunkline.tmf.declaration import V5

_SOURCE = f"RFC 6902 (JSON Patch); {GUIDE_5}"
_MEDIA_TYPE = "application/json-patch+json"


@check("jsonpatch.replace", "A JSON Patch replaces a value, and no others", _SOURCE, *CHANGING, versions=(V5,))
def replace(subject: Subject) -> None:
    record, name = changeable(subject)
    answer = _patch(subject, record, {"op": "replace", "path": f"/{name}", "value": "trunkline-conformance changed"})
    expect(answer.good, answer, "200")
    after = subject.after(str(record["id"]), answer, lambda told: told.get(name) == "trunkline-conformance changed")
    expect(
        after.record.get(name) == "trunkline-conformance changed", after, f"`{name}` as it was sent", after.shown(name)
    )
    unharmed_but(subject, after, record, name)


@check("jsonpatch.remove", "A JSON Patch removes one element of an array", _SOURCE, *CHANGING, versions=(V5,))
def remove(subject: Subject) -> None:
    name = subject.resource.array
    record, _ = changeable(subject)
    if not name or not isinstance(record.get(name), list) or len(record[name]) < 2:
        raise NotOffered("no record at hand has an array of two elements")
    answer = _patch(subject, record, {"op": "remove", "path": f"/{name}/0"})
    expect(answer.good, answer, "200")
    left = record[name][1:]
    after = subject.after(str(record["id"]), answer, lambda told: told.get(name) == left)
    expect(after.record.get(name) == left, after, f"`{name}` without its first element: {left}", after.shown(name))


@check(
    "jsonpatch.test",
    "A JSON Patch whose test fails changes nothing, and is refused",
    _SOURCE,
    *CHANGING,
    versions=(V5,),
)
def test(subject: Subject) -> None:
    record, name = changeable(subject)
    answer = _patch(
        subject, record,
        {"op": "replace", "path": f"/{name}", "value": "trunkline-conformance changed"},
        {"op": "test", "path": f"/{name}", "value": "trunkline-conformance something else"},
    )  # fmt: skip
    expect(answer.status in (400, 409), answer, "400 or 409")
    after = subject.get(str(record["id"]))
    expect(
        after.record.get(name) == record.get(name),
        after,
        f"`{name}` as it was: {record.get(name)!r}",
        after.shown(name),
    )


@check(
    "jsonpatch.malformed",
    "A JSON Patch with a path that is not there is refused, and nothing changes",
    _SOURCE,
    *CHANGING,
    versions=(V5,),
)
def malformed(subject: Subject) -> None:
    record, _ = changeable(subject)
    answer = _patch(subject, record, {"op": "remove", "path": "/trunklineConformanceNoSuchAttribute"})
    expect(answer.status in (400, 409), answer, "400")


CHECKS = (replace, remove, test, malformed)


def _patch(subject: Subject, record: Record, *operations: dict[str, Any]) -> Answer:
    answer = subject.patch(str(record["id"]), operations, _MEDIA_TYPE)
    if answer.status in (405, 415, 501):
        raise NotOffered(f"refused with {answer.status}")
    return answer
