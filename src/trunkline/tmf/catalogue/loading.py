"""The catalogue into the store: what is new is added, what differs is changed, and told of; the rest is left alone."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from trunkline.document import Invalid, Problem
from trunkline.store import Store, Unit
from trunkline.tmf import events, lifecycle
from trunkline.tmf.apis.product_catalog import API
from trunkline.tmf.catalogue.documents import Entry, documents
from trunkline.tmf.catalogue.reading import Catalogue
from trunkline.tmf.declaration import Document
from trunkline.tmf.errors import Refusal


class Loaded(NamedTuple):
    """How many documents were added, changed, and found as they were."""

    added: int
    changed: int
    unchanged: int


def load(store: Store, catalogue: Catalogue) -> Loaded:
    """Bring the store up to what the files say, all of it or nothing.

    The files have the last word on what they name: what was changed in it by the API is set back. What they do not name
    stays; what is not sold any more is to be `Retired`, since products of it may live on. Raises `Invalid` where a
    `lifecycleStatus` cannot follow the one that is in the store.
    """
    store.declare([resource.kind for resource in API.resources])
    with store.unit() as unit:
        problems: list[Problem] = []
        done = [_put(unit, entry, problems) for entry in documents(catalogue)]
        if problems:
            raise Invalid(problems)
    return Loaded(done.count("added"), done.count("changed"), done.count("unchanged"))


def _put(unit: Unit, entry: Entry, problems: list[Problem]) -> str:
    of, after = entry.of, {**entry.document, entry.of.updated: events.now()}
    stored = unit.get(of.name, after["id"])
    before: Document | None = msgspec.json.decode(stored.document) if stored else None
    if before is not None:
        if events.same({**before, of.updated: ""}, {**after, of.updated: ""}):
            return "unchanged"
        try:
            lifecycle.follow(of, before, after)
        except Refusal as refused:
            problems.append(entry.file.problem((*entry.place, "lifecycleStatus"), str(refused)))
    unit.put(of.name, after["id"], msgspec.json.encode(after))
    events.tell(unit, API, of, before, after)
    return "added" if before is None else "changed"
