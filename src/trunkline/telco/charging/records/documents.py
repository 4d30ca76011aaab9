"""Documents of the store in a unit of work: read, kept, and each change told once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from trunkline.store import Unit
from trunkline.tmf import events
from trunkline.tmf.apis import communication, customer_bill, prepay_balance, usage
from trunkline.tmf.declaration import Document, OpenApi, Resource

_API_OF: Final[Mapping[str, OpenApi]] = {
    resource.name: api
    for api in (usage.API, prepay_balance.API, customer_bill.API, communication.API)
    for resource in api.resources
}


def get(unit: Unit, of: Resource, id: str) -> Document | None:
    """The document of an id."""
    stored = unit.get(of.name, id)
    document: Document | None = msgspec.json.decode(stored.document) if stored is not None else None
    return document


def keep(unit: Unit, of: Resource, before: Document | None, after: Document) -> None:
    """Keep a document in the place of what was there; what is said again unchanged is told to nobody."""
    if after != before:
        unit.put(of.name, after["id"], msgspec.json.encode(after))
        events.tell(unit, _API_OF[of.name], of, before, after)


def remove(unit: Unit, of: Resource, document: Document) -> None:
    """Let a document go."""
    unit.remove(of.name, document["id"])
    events.tell(unit, _API_OF[of.name], of, document, None)


def plain(document: dict[str, Any]) -> Document:
    """As JSON has it, without what is not known: TM Forum's clients take no null for an absent value."""
    known = {name: value for name, value in document.items() if value not in (None, "", [])}
    told: Document = msgspec.to_builtins(known)
    return told


def characteristic(name: str, value: str | int | bool | dict[str, Any]) -> Document:
    """A name and a value that no type has as an attribute."""
    type = {str: "String", int: "Integer", bool: "Boolean", dict: "Object"}[value.__class__]
    return {"@type": f"{type}Characteristic", "name": name, "valueType": type.lower(), "value": value}


def reference(type: str, id: str, **more: str) -> Document:
    """What refers to a record of another API, or of this one."""
    return {"@type": f"{type}Ref", "id": id, "@referredType": type, **more}
