"""PATCH: JSON Merge Patch (RFC 7396)."""

from __future__ import annotations

from trunkline.tmf.conformance.check import FILE, PROFILE, NotOffered, check, expect
from trunkline.tmf.conformance.client import Answer
from trunkline.tmf.conformance.subject import ABSENT, MERGE, Record, Subject
from trunkline.tmf.conformance.values import tells
from trunkline.tmf.declaration import V5, Operation

MERGED = "RFC 7396 (JSON Merge Patch)"
CHANGING = (Operation.GET, Operation.PATCH)


@check("patch.status", "A PATCH answers 200 OK (v5: or 202 Accepted)", FILE, *CHANGING)
def status(subject: Subject) -> None:
    record, name = changeable(subject)
    answer = subject.patch(str(record["id"]), {name: "trunkline-conformance changed"})
    allowed = (200, 202) if subject.version is V5 else (200,)
    expect(answer.status in allowed, answer, " or ".join(map(str, allowed)))


@check("patch.merge", "A merge patch changes the attributes that it names, and no others", MERGED, *CHANGING)
def merge(subject: Subject) -> None:
    _changes(subject, MERGE)


@check("patch.json", "A merge patch may come as application/json", FILE, *CHANGING)
def as_json(subject: Subject) -> None:
    _changes(subject, "application/json")


@check("patch.told", "The answer to a PATCH has the record as it is after it", FILE, *CHANGING)
def told(subject: Subject) -> None:
    record, name = changeable(subject)
    answer = subject.patch(str(record["id"]), {name: "trunkline-conformance told"})
    if answer.status != 200:
        raise NotOffered(f"answered {answer.status}")
    expect(answer.record.get("id") == record["id"], answer, f"the record {record['id']}")
    expect(
        answer.record.get(name) == "trunkline-conformance told", answer, f"`{name}` as it was sent", answer.shown(name)
    )


@check("patch.array", "A merge patch replaces an array as a whole", MERGED, *CHANGING)
def array(subject: Subject) -> None:
    name = subject.resource.array
    record = _record(subject)
    if not name or not isinstance(record.get(name), list) or len(record[name]) < 2:
        raise NotOffered("no record at hand has an array of two elements")
    change = [record[name][1]]
    answer = subject.patch(str(record["id"]), {name: change})
    _done(answer)
    after = subject.after(str(record["id"]), answer, lambda told: tells(told.get(name), change))
    expect(
        tells(after.record.get(name), change),
        after,
        f"`{name}` with the one element that was sent: {change}",
        after.shown(name),
    )


@check("patch.null", "null in a merge patch removes an attribute", MERGED, *CHANGING)
def null(subject: Subject) -> None:
    name = subject.resource.removed
    record = _record(subject)
    if not name or name not in record:
        raise NotOffered("no record at hand has an attribute that may be removed")
    answer = subject.patch(str(record["id"]), {name: None})
    _done(answer)
    after = subject.after(str(record["id"]), answer, lambda told: name not in told)
    expect(after.record.get(name) is None, after, f"no `{name}`, which was removed", after.shown(name))


@check(
    "patch.id",
    "The id of a record is not patchable: 400 Bad Request (or 403, 409), and nothing changes",
    PROFILE,
    *CHANGING,
)
def id_(subject: Subject) -> None:
    record = _record(subject)
    before = subject.get(str(record["id"]))
    answer = subject.patch(str(record["id"]), {"id": subject.nobody()})
    expect(answer.status in (400, 403, 409), answer, "400")
    after = subject.get(str(record["id"]))
    told = before.record.get("id")
    expect(after.record.get("id") == told, after, f"the record as it was, with the id {told}")


@check("patch.unknown", "A PATCH of a record that is not there answers 404 Not Found", FILE, *CHANGING)
def unknown(subject: Subject) -> None:
    _, name = changeable(subject)
    answer = subject.patch(subject.nobody(), {name: "trunkline-conformance changed"})
    expect(answer.status == 404, answer, "404")


@check("patch.malformed", "A PATCH whose body is no JSON is refused with 400 Bad Request", FILE, *CHANGING)
def malformed(subject: Subject) -> None:
    record = _record(subject)
    answer = subject.client.ask("PATCH", subject.at(str(record["id"])), body=b"{", media_type=MERGE)
    expect(answer.status == 400, answer, "400")


CHECKS = (status, merge, as_json, told, array, null, id_, unknown, malformed)


def _record(subject: Subject) -> Record:
    """A record to change. Raises `NotOffered` where there is none, or no PATCH."""
    return subject.make()


def changeable(subject: Subject) -> tuple[Record, str]:
    """A record to change, and an attribute of it that is a text. Raises `NotOffered` where there is none."""
    if not subject.resource.changed:
        raise NotOffered("the resource has no text that a PATCH may change")
    return _record(subject), subject.resource.changed


def _changes(subject: Subject, media_type: str) -> None:
    record, name = changeable(subject)
    id = str(record["id"])
    before = subject.get(id).record
    answer = subject.patch(id, {name: "trunkline-conformance changed"}, media_type)
    if media_type != MERGE and answer.status in (400, 415, 501):
        raise NotOffered(f"refused with {answer.status}")
    _done(answer)
    after = subject.after(id, answer, lambda told: told.get(name) == "trunkline-conformance changed")
    expect(
        after.record.get(name) == "trunkline-conformance changed", after, f"`{name}` as it was sent", after.shown(name)
    )
    unharmed_but(subject, after, before, name)


def unharmed_but(subject: Subject, after: Answer, before: Record, name: str) -> None:
    """What was sent when the record was made is as it was, but for `name`. What the server sets, it may set anew."""
    for other in subject.resource.body or {}:
        if other in before and other != name and other not in subject.resource.server_set:
            expect(
                tells(after.record.get(other), before[other]),
                after,
                f"`{other}` as it was before: {before[other]!r}",
                after.shown(other),
            )


def _done(answer: Answer) -> None:
    if answer.status in ABSENT:
        raise NotOffered(f"patch is not offered: {answer.status}")
    expect(answer.good, answer, "200")
