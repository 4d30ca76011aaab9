"""@type and its kin: what v5 requires of every object."""

from __future__ import annotations

from trunkline.tmf.conformance.check import FILE, GUIDE_2, NotOffered, check, expect
from trunkline.tmf.conformance.subject import Subject
from trunkline.tmf.conformance.values import tells
from trunkline.tmf.declaration import V5, Operation


@check("type.told", "Every record has its @type", FILE, Operation.LIST, Operation.GET, versions=(V5,))
def told(subject: Subject) -> None:
    id = str(subject.known[0]["id"])
    for answer in (subject.find([*subject.scope, ("limit", "100")]), subject.get(id)):
        for record in answer.records or [answer.record]:
            type = record.get("@type")
            expect(isinstance(type, str) and type, answer, f"@type in the record {record.get('id')}", f"{type!r}")


@check("type.required", "A POST without @type is refused with 400 Bad Request", FILE, Operation.CREATE, versions=(V5,))
def required(subject: Subject) -> None:
    subject.need_writing()
    body = {name: value for name, value in subject.next_record().items() if name != "@type"}
    answer = subject.post(body)
    expect(answer.status == 400, answer, "400, for @type is mandatory and was not sent")


@check(
    "type.extended",
    "A type that extends the standard's, said by @baseType and @schemaLocation, is kept whole",
    GUIDE_2,
    Operation.CREATE,
    Operation.GET,
    versions=(V5,),
)
def extended(subject: Subject) -> None:
    if not subject.trial.made.good or not subject.trial.deleted.good:
        raise NotOffered("no record could be made and deleted: see create.status and delete.status")
    more = {
        "@type": f"TrunklineConformance{subject.resource.type}",
        "@baseType": subject.resource.type,
        "@schemaLocation": "https://example.com/trunkline-conformance.schema.json",
        "trunklineConformance": {"note": "kept", "numbers": [1, 2.5], "@type": "Note"},
    }
    made = subject.post({**subject.next_record(), **more})
    if made.status in (400, 501):
        raise NotOffered(f"types that extend the standard's are refused with {made.status}")
    expect(made.good, made, "the record to be created")
    read = subject.get(str(made.record.get("id", "")))
    for name, value in more.items():
        expect(tells(read.record.get(name), value), read, f"`{name}` as it was sent: {value!r}", read.shown(name))


CHECKS = (told, required, extended)
