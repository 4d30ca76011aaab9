"""POST: what it makes, what it tells, what it refuses."""

from __future__ import annotations

from trunkline.tmf.conformance.check import FILE, GUIDE_1, PROFILE, NotOffered, check, expect
from trunkline.tmf.conformance.client import path_of
from trunkline.tmf.conformance.made import id_in, identity
from trunkline.tmf.conformance.subject import Subject, Trial
from trunkline.tmf.conformance.values import tells
from trunkline.tmf.declaration import V5, Operation


def _born(subject: Subject) -> Trial:
    trial = subject.trial
    if not trial.made.good:
        raise NotOffered("no record could be made: see create.status")
    return trial


@check(
    "create.status", "A POST that creates a record answers 201 Created (v5: or 202 Accepted)", FILE, Operation.CREATE
)
def status(subject: Subject) -> None:
    made = subject.trial.made
    allowed = (201, 202) if subject.version is V5 else (201,)
    expect(made.status in allowed, made, " or ".join(map(str, allowed)))


@check("create.location", "The Location header of a created record is its href", PROFILE, Operation.CREATE)
def location(subject: Subject) -> None:
    made = _born(subject).made
    told = made.headers.get("location", "")
    expect(told, made, "a Location header", "none")
    id = made.record.get("id")
    expect(not id or id_in(told) == id, made, f"a Location that ends with the id {id}", told)
    href = made.record.get("href")
    if isinstance(href, str) and href:
        expect(path_of(told) == path_of(href), made, f"Location to be the href {href}", told)


@check("create.id", "The server gives each record an id of its own", GUIDE_1, Operation.CREATE)
def id_(subject: Subject) -> None:
    trial = _born(subject)
    id = trial.made.record.get("id")
    expect(isinstance(id, str) and id, trial.made, "a body with an id, which is a text that is not empty")
    if not trial.deleted.good:
        return
    other = subject.post(subject.next_record())
    expect(identity(other) not in ("", id), other, f"another id than {id}, which the record before had")


@check("create.href", "The server gives each record its href", GUIDE_1, Operation.CREATE)
def href(subject: Subject) -> None:
    made = _born(subject).made
    told = made.record.get("href")
    expect(isinstance(told, str) and told, made, "a body with a href")
    expect(id_in(str(told)) == identity(made), made, f"a href that ends with the id {identity(made)}", str(told))


@check(
    "create.told",
    "The answer to a POST has all attributes that were sent, with their values",
    GUIDE_1,
    Operation.CREATE,
)
def told(subject: Subject) -> None:
    trial = _born(subject)
    if trial.made.status == 202 and not trial.made.record:
        raise NotOffered("answered 202 without a body")
    for name, value in trial.sent.items():
        if name in subject.resource.server_set:
            continue
        expect(
            tells(trial.made.record.get(name), value),
            trial.made,
            f"`{name}` as it was sent: {value!r}",
            trial.made.shown(name),
        )


@check(
    "create.kept",
    "A record that was created is retrieved with the attributes that were sent",
    GUIDE_1,
    Operation.CREATE,
    Operation.GET,
)
def kept(subject: Subject) -> None:
    trial = _born(subject)
    expect(trial.read.status == 200, trial.read, "200 with the record that was created just before")
    for name, value in trial.sent.items():
        # What the server made of a value when it was created is create.told's.
        if tells(trial.made.record.get(name), value):
            expect(
                tells(trial.read.record.get(name), value),
                trial.read,
                f"`{name}` as it was sent: {value!r}",
                trial.read.shown(name),
            )


@check(
    "create.required", "A POST without a mandatory attribute is refused with 400 Bad Request", FILE, Operation.CREATE
)
def required(subject: Subject) -> None:
    if not subject.resource.required:
        raise NotOffered("the official file names no mandatory attribute")
    for name in subject.resource.required:
        record = subject.next_record() or ({"@type": subject.resource.type} if subject.version is V5 else {})
        body = {key: value for key, value in record.items() if key != name}
        answer = subject.post(body)
        expect(answer.status == 400, answer, f"400, for `{name}` is mandatory and was not sent")


@check("create.malformed", "A POST whose body is no JSON is refused with 400 Bad Request", FILE, Operation.CREATE)
def malformed(subject: Subject) -> None:
    subject.need_writing()
    answer = subject.probe(Operation.CREATE)
    expect(answer.status == 400, answer, "400")


@check("create.media", "A POST of application/json with a charset is taken", FILE, Operation.CREATE)
def media(subject: Subject) -> None:
    _born(subject)
    if not subject.trial.deleted.good:
        raise NotOffered("no record is made, for the first could not be deleted: see delete.status")
    answer = subject.made.note(
        subject.collection,
        subject.client.ask(
            "POST", subject.collection, json=subject.next_record(), media_type="application/json;charset=utf-8"
        ),
    )
    expect(answer.good, answer, "the record to be created, as without the charset")


CHECKS = (status, location, id_, href, told, kept, required, malformed, media)
