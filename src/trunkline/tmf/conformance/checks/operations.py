"""The operations that an API must have."""

from __future__ import annotations

from trunkline.tmf.conformance.check import PROFILE, Check, Failed, NotOffered, check
from trunkline.tmf.conformance.subject import ABSENT, Subject
from trunkline.tmf.declaration import READ_ONLY, Operation

_WORDS = {
    Operation.LIST: "GET on the collection lists the records",
    Operation.GET: "GET on a record's path retrieves it",
    Operation.CREATE: "POST on the collection creates a record",
    Operation.PATCH: "PATCH on a record's path updates it partially",
    Operation.DELETE: "DELETE on a record's path deletes it",
}


def _operation(operation: Operation) -> Check:
    @check(f"operation.{operation.value}", _WORDS[operation], PROFILE, operation, probes=True)
    def hold(subject: Subject) -> None:
        if subject.read_only and operation not in READ_ONLY:
            raise NotOffered("not asked: the run only reads")
        mandatory = operation in subject.resource.mandatory
        why = subject.absent or subject.lack(operation)
        answer = subject.probe(operation)
        if not why and operation is Operation.GET:
            listed = [record for record in subject.find([("limit", "1")]).records if isinstance(record.get("id"), str)]
            if listed and (answer := subject.get(listed[0]["id"])).status in ABSENT - {404}:
                why = f"a record that the list has is not retrieved: {answer.status}"
        if why and mandatory:
            raise Failed(answer, f"the operation, which is mandatory: {_WORDS[operation]}", f"{why} ({answer})")
        if why:
            raise NotOffered(why)

    return hold


CHECKS = tuple(_operation(operation) for operation in Operation)
