"""An event as a subscriber is sent it: the words of its version around, and in, the resource that it tells of.

v4 has `timeOcurred` (so written there) and its own names of resources, v5 `timeOccurred` and the event's @type.
"""

from __future__ import annotations

from trunkline.tmf.declaration import V4, Document, OpenApi, Resource, Version
from trunkline.tmf.href import href
from trunkline.tmf.selection import Selection, select
from trunkline.tmf.versions import write


def resources_of(api: OpenApi) -> tuple[Resource, ...]:
    """All that events of an API may tell of: its resources, and its tasks."""
    return (*api.resources, *(task.resource for task in api.tasks))


def type_told(type: str, of: Resource, version: Version) -> str:
    """What a version calls an event of the canonical `type` that tells of such a resource."""
    name = of.called(version)
    return f"{name[:1].upper()}{name[1:]}{type.removeprefix(of.type)}"


def told(event: Document, of: Resource, version: Version, base: str, fields: Selection | None) -> Document:
    """A canonical event, as the version that is served at `base` tells it, with the `fields` of its resource."""
    document = event["event"][of.name]
    name = of.called(version)
    its = {"href": _href(document, of, base, name), **write(document, of, version)}
    body = {attribute: value for attribute, value in event.items() if attribute not in ("event", "timeOccurred")}
    body["eventType"] = type_told(event["eventType"], of, version)
    occurred = event.get("timeOccurred", event["eventTime"])
    if version is V4:
        body["timeOcurred"] = occurred
    else:
        body |= {"@type": body["eventType"], "timeOccurred": occurred}
    body["event"] = {name: its if fields is None else select(its, fields)}
    return body


def _href(document: Document, of: Resource, base: str, name: str) -> str:
    """Where a document is; one that stands within another, at a path of that."""
    if of.parent:
        base = href(base, of.within, document[of.parent])
    return href(base, name, document["id"])
