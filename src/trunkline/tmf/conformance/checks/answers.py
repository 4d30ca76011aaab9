"""What holds of every answer that came while the other rules were checked: errors and media types. These come last."""

from __future__ import annotations

from trunkline.tmf.conformance.check import FILE, NotOffered, check, expect
from trunkline.tmf.conformance.client import Answer
from trunkline.tmf.conformance.subject import Subject
from trunkline.tmf.declaration import V5


@check("error.body", "A refusal has a body of type Error, with code and reason", FILE)
def body(subject: Subject) -> None:
    for answer in _refusals(subject):
        expect(isinstance(answer.json, dict), answer, "a JSON object of type Error")
        for name in ("code", "reason"):
            value = answer.record.get(name)
            expect(
                isinstance(value, str) and value, answer, f"an Error with a `{name}`, which is a text that is not empty"
            )


@check("error.status", "The status in an Error is the status of the answer", FILE)
def status(subject: Subject) -> None:
    told = [answer for answer in _refusals(subject) if answer.record.get("status") is not None]
    if not told:
        raise NotOffered("no Error has a status")
    for answer in told:
        expect(str(answer.record["status"]) == str(answer.status), answer, f"status: {answer.status}")


@check("error.type", "An Error has its @type", FILE, versions=(V5,))
def type_(subject: Subject) -> None:
    for answer in _refusals(subject):
        if isinstance(answer.json, dict):
            type = answer.record.get("@type")
            expect(isinstance(type, str) and type, answer, '"@type": "Error"')


@check("answer.media", "What has a body is application/json", FILE)
def media(subject: Subject) -> None:
    for answer in subject.client.answers:
        if answer.body and answer.status < 500:
            expect(answer.media_type == "application/json", answer, "Content-Type: application/json", answer.media_type)


@check("answer.server", "No request makes the server fail: none is answered with 500 Internal Server Error", FILE)
def server(subject: Subject) -> None:
    for answer in subject.client.answers:
        expect(answer.status < 500 or answer.status in (501, 503), answer, "an answer below 500")


CHECKS = (body, status, type_, media, server)


def _refusals(subject: Subject) -> list[Answer]:
    """What was refused in words that the official files have for it."""
    found = [answer for answer in subject.client.answers if answer.status in (400, 404, 409)]
    if not found:
        raise NotOffered("nothing was refused")
    return found
