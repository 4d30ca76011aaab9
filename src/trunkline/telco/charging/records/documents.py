"""Documents of the store in a unit of work: each is read once and written once, however often it changes meanwhile, and
each change is told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
_TYPES: Final[Mapping[type, tuple[str, str]]] = {
    type: (f"{name}Characteristic", name.lower())
    for type, name in ((str, "String"), (int, "Integer"), (bool, "Boolean"), (dict, "Object"))
}


def get(unit: Unit, of: Resource, id: str) -> Document | None:
    """The document of an id."""
    stored = unit.get(of.name, id)
    document: Document | None = msgspec.json.decode(stored.document) if stored is not None else None
    return document


class Documents:
    """The documents that a unit of work is about. They are in the store with `write`."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self._known: dict[str, dict[str, Document | None]] = {}
        self._changed: dict[str, dict[str, None]] = {}

    def read(self, of: Resource, ids: Collection[str]) -> None:
        """Read all of these at once, that `get` need not read each."""
        known = self._known.setdefault(of.name, {})
        unknown = {id: None for id in ids if id not in known}
        if unknown:
            stored = self.unit.get_many(of.name, unknown)
            known |= unknown | {id: msgspec.json.decode(each.document) for id, each in stored.items()}

    def get(self, of: Resource, id: str) -> Document | None:
        """The document of an id, as it is by now."""
        self.read(of, (id,))
        return self._known[of.name][id]

    def keep(self, of: Resource, before: Document | None, after: Document) -> None:
        """Keep a document in the place of what was there; what is said again unchanged is told to nobody."""
        if after != before:
            self._change(of, after["id"], before, after)

    def remove(self, of: Resource, document: Document) -> None:
        """Let a document go."""
        self._change(of, document["id"], document, None)

    def write(self) -> None:
        """Bring what has changed into the store."""
        for kind, changed in self._changed.items():
            now = self._known[kind]
            there = {id: document for id in changed if (document := now[id]) is not None}
            self.unit.put_many(kind, {id: msgspec.json.encode(document) for id, document in there.items()})
            gone = changed.keys() - there.keys()
            for id in self.unit.get_many(kind, gone):
                self.unit.remove(kind, id)
        self._changed = {}

    def _change(self, of: Resource, id: str, before: Document | None, after: Document | None) -> None:
        self._known.setdefault(of.name, {})[id] = after
        self._changed.setdefault(of.name, {})[id] = None
        if of.events:
            events.tell(self.unit, _API_OF[of.name], of, before, after)


def plain(document: dict[str, Any]) -> Document:
    """As JSON has it, without what is not known: TM Forum's clients take no null for an absent value."""
    told: Document = msgspec.to_builtins(known(document))
    return told


def known(document: dict[str, Any]) -> dict[str, Any]:
    """Without what is not known."""
    return {name: value for name, value in document.items() if value is not None and value != "" and value != []}


def characteristic(name: str, value: str | int | bool | dict[str, Any]) -> Document:
    """A name and a value that no type has as an attribute."""
    characteristic, type = _TYPES[value.__class__]
    return {"@type": characteristic, "name": name, "valueType": type, "value": value}


def reference(type: str, id: str, **more: str) -> Document:
    """What refers to a record of another API, or of this one."""
    return {"@type": f"{type}Ref", "id": id, "@referredType": type, **more}
