"""A record's life as a listener hears of it: registered at the hub, the record made, changed, deleted; then silence."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from trunkline.tmf.conformance.check import NotOffered
from trunkline.tmf.conformance.client import Answer
from trunkline.tmf.conformance.made import identity

if TYPE_CHECKING:
    from trunkline.tmf.conformance.listener import Listener
    from trunkline.tmf.conformance.subject import Subject

SILENCE: Final = 1.0
"""Seconds, at most, in which a listener that is not registered any more must hear nothing."""
GRACE: Final = 2.0
"""Seconds, at most, that a server has until whoever delivers its events knows that a listener is gone."""


@dataclass(frozen=True)
class Story:
    """What was registered and what came of it. `events` are by the name of what was done, None where none came."""

    callback: str
    registered: Answer
    registered_query: Answer
    unregistered: Answer
    events: dict[str, dict[str, Any] | None]
    by_query: list[dict[str, Any]]
    """What came to the listener that asked for events of deletion only."""
    later: list[dict[str, Any]]
    """What came of a record that was made after both listeners were unregistered."""


def event_type(subject: Subject, name: str) -> str:
    """`ProductCreateEvent`."""
    return f"{subject.resource.type}{name}Event"


def tell(subject: Subject) -> Story:
    """Live through it. Raises `NotOffered` where there is no listener, no hub, or no record can be made."""
    listener = subject.listener
    if listener is None:
        raise NotOffered("not asked: give --listen HOST:PORT, at which the server reaches this machine")
    subject.need_writing()
    if not subject.resource.events:
        raise NotOffered("the official file has no events of this resource")
    if not subject.trial.deleted.good:
        raise NotOffered("no record can be made and deleted: see create.status and delete.status")
    hub = f"{subject.base}/hub"
    created, changed, deleted = subject.resource.events
    everything, one_type = listener.callback(), listener.callback()
    body = {"callback": everything} if subject.version == "v4" else {"@type": "Hub", "callback": everything}
    registered = subject.made.post(hub, body)
    if registered.status in (404, 405, 501):
        raise NotOffered(f"the server has no hub: {registered.status}")
    by_type = subject.made.post(
        hub, {**body, "callback": one_type, "query": f"eventType={event_type(subject, deleted)}"}
    )
    events: dict[str, dict[str, Any] | None] = {created: None, changed: None, deleted: None}

    def hear(name: str, id: str) -> None:
        events[name] = listener.wait(
            everything,
            lambda event: same_type(event, event_type(subject, name)) and about(subject, event).get("id") == id,
            subject.patience if registered.good else 0,
        )

    id = str(subject.make()["id"])
    hear(created, id)
    if subject.resource.changed:
        subject.patch(id, {subject.resource.changed: f"{subject.run} changed"})
        hear(changed, id)
    subject.delete(id)
    hear(deleted, id)
    if by_type.good:
        listener.wait(one_type, lambda event: about(subject, event).get("id") == id, subject.patience)
    unregistered = (
        subject.made.delete(f"{hub}/{quote(identity(registered), safe='')}") if registered.good else registered
    )
    if by_type.good:
        subject.made.delete(f"{hub}/{quote(identity(by_type), safe='')}")
    later = _later(subject, listener, everything)
    return Story(
        everything, registered, by_type, unregistered, events, listener.events(one_type),
        later,
    )  # fmt: skip


def _later(subject: Subject, listener: Listener, callback: str) -> list[dict[str, Any]]:
    """What a mailbox hears after it was unregistered. What comes at once is forgiven, and asked for again after a
    while: whoever delivers may not have known yet."""
    heard: list[dict[str, Any]] = []
    for pause in (0.0, min(GRACE, subject.patience)):
        time.sleep(pause)
        before = len(listener.events(callback))
        subject.delete(str(subject.make()["id"]))
        heard = listener.after(callback, before, min(SILENCE, subject.patience))
        if not heard:
            break
    return heard


def same_type(event: dict[str, Any], wanted: str) -> bool:
    """Whether an event is of a type. Its first letter may be small, as in the listeners' paths of the files."""
    told = event.get("eventType")
    return isinstance(told, str) and (told[:1].upper() + told[1:]) == wanted


def about(subject: Subject, event: dict[str, Any]) -> dict[str, Any]:
    """The record that an event tells of; empty where it tells of none."""
    inner = event.get("event")
    record = inner.get(subject.resource.name) if isinstance(inner, dict) else None
    return record if isinstance(record, dict) else {}
