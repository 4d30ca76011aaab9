"""The hub: listeners are registered, hear of what changes, and are unregistered."""

from __future__ import annotations

from trunkline.tmf.conformance.check import FILE, GUIDE_1, Check, Failed, NotOffered, check, expect
from trunkline.tmf.conformance.made import identity
from trunkline.tmf.conformance.story import Story, event_type, same_type
from trunkline.tmf.conformance.subject import Subject
from trunkline.tmf.conformance.values import instant
from trunkline.tmf.declaration import V4, Operation

_LIFE = (Operation.CREATE, Operation.DELETE)


@check("hub.register", "POST /hub answers 201 Created with the id and the callback of the listener", FILE, *_LIFE)
def register(subject: Subject) -> None:
    story = subject.story
    expect(story.registered.status == 201, story.registered, "201")
    expect(identity(story.registered), story.registered, "an id, by which the listener can be unregistered")
    told = story.registered.record.get("callback")
    expect(told == story.callback, story.registered, f"callback: {story.callback}")


@check("hub.malformed", "POST /hub without a callback is refused with 400 Bad Request", FILE, *_LIFE)
def malformed(subject: Subject) -> None:
    _heard(subject)
    body = {"query": ""} if subject.version is V4 else {"@type": "Hub", "query": ""}
    answer = subject.made.post(f"{subject.base}/hub", body)
    expect(answer.status == 400, answer, "400, for callback is mandatory")


@check("hub.unregister", "DELETE /hub/{id} answers 204 No Content", FILE, *_LIFE)
def unregister(subject: Subject) -> None:
    story = _heard(subject)
    expect(story.unregistered.status == 204, story.unregistered, "204")


@check("hub.unknown", "DELETE /hub/{id} of a listener that is not there answers 404 Not Found", FILE, *_LIFE)
def unknown(subject: Subject) -> None:
    _heard(subject)
    answer = subject.client.ask("DELETE", f"{subject.base}/hub/{subject.nobody()}")
    expect(answer.status == 404, answer, "404")


def _event(number: int, what: str) -> Check:
    @check(f"event.{what}", f"A listener hears of a record that is {what}, with the record", FILE, *_LIFE)
    def hold(subject: Subject) -> None:
        story = _heard(subject)
        name = subject.resource.events[number]
        if what == "changed" and not subject.resource.changed:
            raise NotOffered("the resource has no text that a PATCH may change")
        if story.events[name] is None:
            raise Failed(
                story.registered,
                f"{event_type(subject, name)} at {story.callback} within {subject.patience:g} s, with the record in "
                f"event.{subject.resource.name}",
                "no such event",
            )

    return hold


created, changed, deleted = _event(0, "created"), _event(1, "changed"), _event(2, "deleted")


@check("event.form", "An event has eventId, eventTime, eventType and event; no two have the same eventId", FILE, *_LIFE)
def form(subject: Subject) -> None:
    story = _heard(subject)
    events = [event for event in story.events.values() if event is not None]
    if not events:
        raise NotOffered("no event came: see event.created")
    for event in events:
        for name in ("eventId", "eventTime", "eventType"):
            expect(isinstance(event.get(name), str) and event[name], story.registered, f"`{name}`", str(event)[:300])
        time = event["eventTime"]
        expect(instant(time), story.registered, "an eventTime that is a date-time with a zone (RFC 3339)", time)
    ids = [event["eventId"] for event in events]
    expect(len({*ids}) == len(ids), story.registered, "an eventId for each event", ", ".join(ids))


@check(
    "event.query", "A listener with a query hears of the events that it asked for, and of no others", GUIDE_1, *_LIFE
)
def query(subject: Subject) -> None:
    story = _heard(subject)
    if not story.registered_query.good:
        raise NotOffered(f"a listener with a query is refused with {story.registered_query.status}")
    wanted = event_type(subject, subject.resource.events[2])
    others = [event.get("eventType") for event in story.by_query if not same_type(event, wanted)]
    expect(not others, story.registered_query, f"{wanted} only", ", ".join(map(str, others)))
    if story.events[subject.resource.events[2]] is not None:
        expect(story.by_query, story.registered_query, wanted, "nothing")


@check("event.silence", "A listener that was unregistered hears nothing any more", FILE, *_LIFE)
def silence(subject: Subject) -> None:
    story = _heard(subject)
    if not story.unregistered.good:
        raise NotOffered("the listener could not be unregistered: see hub.unregister")
    expect(not story.later, story.unregistered, "no event after the listener was unregistered", str(story.later)[:300])


CHECKS = (register, malformed, unregister, unknown, created, changed, deleted, form, query, silence)


def _heard(subject: Subject) -> Story:
    story = subject.story
    if not story.registered.good:
        raise NotOffered("no listener could be registered: see hub.register")
    return story
