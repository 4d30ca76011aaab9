"""GET: lists, records, and parts of them."""

from __future__ import annotations

from trunkline.tmf.conformance.check import FILE, GUIDE_1, PROFILE, NotOffered, check, expect
from trunkline.tmf.conformance.client import Answer
from trunkline.tmf.conformance.subject import Record, Subject
from trunkline.tmf.declaration import Operation


@check(
    "list.array", "GET on the collection answers 200 (206 for a part) with an array of records", FILE, Operation.LIST
)
def array(subject: Subject) -> None:
    answer = subject.find()
    expect(answer.status in (200, 206), answer, "200 or 206")
    well = isinstance(answer.json, list) and len(answer.records) == len(answer.json)
    expect(well, answer, "an array of objects")


@check("get.found", "GET on a record's path answers 200 with that record", FILE, Operation.GET)
def found(subject: Subject) -> None:
    id = str(subject.known[0]["id"])
    answer = subject.get(id)
    expect(answer.status == 200, answer, "200")
    expect(answer.record.get("id") == id, answer, f"the record whose id is {id}")


@check("get.unknown", "GET on the path of a record that is not there answers 404 Not Found", FILE, Operation.GET)
def unknown(subject: Subject) -> None:
    answer = subject.probe(Operation.GET)
    expect(answer.status == 404, answer, "404")


@check(
    "fields.list", "fields= selects the first-level attributes that the records of a list have", PROFILE, Operation.LIST
)
def fields_list(subject: Subject) -> None:
    record = subject.known[0]
    name, other = _two(record)
    answer = subject.find([("fields", name), *subject.scope, ("limit", "100")])
    expect(answer.good, answer, "the list, with some of the attributes")
    for told in answer.records:
        _only(answer, told, name)
    mine = {str(own["id"]) for own in subject.own}
    for told in answer.records:
        if told.get("id") in mine:
            expect(name in told, answer, f"records with `{name}`, which was asked for", f"none in {told}")
    expect(answer.records, answer, f"records, as there are without fields=; `{other}` left out")


@check("fields.get", "fields= selects the first-level attributes that a record has", PROFILE, Operation.GET)
def fields_get(subject: Subject) -> None:
    record = subject.known[0]
    name, _ = _two(record)
    answer = subject.get(str(record["id"]), [("fields", name)])
    expect(answer.good, answer, "the record, with some of its attributes")
    _only(answer, answer.record, name)
    expect(name in answer.record, answer, f"`{name}`, which was asked for")


@check("fields.several", "fields= takes several attributes with commas between them", GUIDE_1, Operation.GET)
def fields_several(subject: Subject) -> None:
    record = subject.known[0]
    names = _two(record)
    answer = subject.get(str(record["id"]), [("fields", ",".join(names))])
    expect(answer.good, answer, "the record, with two of its attributes")
    missing = [name for name in names if name not in answer.record]
    expect(not missing, answer, f"`{'` and `'.join(names)}`, which were asked for")


def _two(record: Record) -> tuple[str, str]:
    """Two attributes that a record has; one is asked for, the other is not."""
    names = [name for name in record if name not in ("id", "href") and not name.startswith("@")]
    if len(names) < 2:
        raise NotOffered("no record at hand has two attributes beside id and href")
    return names[0], names[1]


def _only(answer: Answer, told: Record, name: str) -> None:
    extra = [key for key in told if key not in ("id", "href", name) and not key.startswith("@")]
    expect(not extra, answer, f"`{name}`, id and href only", f"also {', '.join(extra)}")


CHECKS = (array, found, unknown, fields_list, fields_get, fields_several)
