"""What is told of a change: the events that TMF630 has of every resource, on their way to the log's topic `tmf.event`.

They are sent in the unit of work of the change, so none is told of what was not kept, and none is lost. Each is told
in the canonical shape; the hub tells it in the version that a subscriber asked for.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from trunkline.log.envelope import cloud_event
from trunkline.store import Unit
from trunkline.tmf.declaration import Document, OpenApi, Resource

TOPIC = "tmf.event"
API = "tmf_api"
"""The header that holds the number of the API that the event is of."""

_OF_STATES = frozenset({"StateChange", "StatusChange", "ExecutionStateChange"})


def tell(unit: Unit, api: OpenApi, of: Resource, before: Document | None, after: Document | None) -> None:
    """Send what is told of a resource that was made (no `before`), changed, or went (no `after`)."""
    document = after if after is not None else before
    if document is None:
        raise ValueError("a change has a document before it, or one after it")
    at = now()
    for name in changes(of, before, after):
        id, type = str(uuid.uuid4()), f"{of.type}{name}Event"
        value = {"eventId": id, "eventTime": at, "eventType": type, "timeOccurred": at, "event": {of.name: document}}
        event = cloud_event(
            type=type,
            source=f"/tmf-api/{api.name}",
            id=id,
            value=msgspec.json.encode(value),
            key=f"{of.name}/{document['id']}",
        )
        unit.send(TOPIC, msgspec.structs.replace(event, headers=(*event.headers, (API, str(api.number).encode()))))


def changes(of: Resource, before: Document | None, after: Document | None) -> Iterator[str]:
    """The names of the events that tell of a change, of those that the resource has.

    A change of the state alone is no change of attributes; nor is that of the time of the last change.
    """
    if before is None:
        told = ["Create"]
    elif after is None:
        told = ["Delete"]
    else:
        state = of.lifecycle.attribute if of.lifecycle else ""
        changed = {name for name in before.keys() | after.keys() if not same(before.get(name), after.get(name))}
        states = _OF_STATES.intersection(of.events) if state in changed else frozenset()
        rest = changed - {of.updated} - ({state} if states else set())
        told = [*states, *(["AttributeValueChange"] if rest else [])]
    return (name for name in told if name in of.events)


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: 1 is not true there, as it is in Python."""
    return msgspec.json.encode(one, order="deterministic") == msgspec.json.encode(other, order="deterministic")


def now() -> str:
    """The time as documents and events have it: RFC 3339 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
