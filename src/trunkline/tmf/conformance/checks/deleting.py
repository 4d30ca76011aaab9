"""DELETE."""

from __future__ import annotations

from trunkline.tmf.conformance.check import FILE, NotOffered, check, expect
from trunkline.tmf.conformance.subject import Subject, Trial
from trunkline.tmf.declaration import V5, Operation


def _died(subject: Subject) -> Trial:
    trial = subject.trial
    if not trial.made.good:
        raise NotOffered("no record could be made: see create.status")
    return trial


@check("delete.status", "A DELETE answers 204 No Content (v5: or 202 Accepted)", FILE, Operation.DELETE)
def status(subject: Subject) -> None:
    deleted = _died(subject).deleted
    allowed = (204, 202) if subject.version is V5 else (204,)
    expect(deleted.status in allowed, deleted, " or ".join(map(str, allowed)))


@check(
    "delete.gone",
    "A record that was deleted is not there any more: GET answers 404 Not Found",
    FILE,
    Operation.DELETE,
    Operation.GET,
)
def gone(subject: Subject) -> None:
    trial = _died(subject)
    if not trial.deleted.good:
        raise NotOffered("the record could not be deleted: see delete.status")
    expect(trial.gone.status == 404, trial.gone, "404, for the record was deleted just before")


@check("delete.unknown", "A DELETE of a record that is not there answers 404 Not Found", FILE, Operation.DELETE)
def unknown(subject: Subject) -> None:
    subject.need_writing()
    answer = subject.probe(Operation.DELETE)
    expect(answer.status == 404, answer, "404")


CHECKS = (status, gone, unknown)
