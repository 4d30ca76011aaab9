"""Documents made, changed and removed, each with its events in one unit of work."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from trunkline.store import Conflict, Stored, StoreError, Unavailable, Unit
from trunkline.tmf import events, lifecycle
from trunkline.tmf.declaration import V5, Document
from trunkline.tmf.errors import bad, conflict
from trunkline.tmf.href import href
from trunkline.tmf.patching import patched
from trunkline.tmf.selection import selection
from trunkline.tmf.serving.body import check_depth, document_of, encoded
from trunkline.tmf.serving.message import Answer, Request, media_type
from trunkline.tmf.serving.served import Served, document_in, etag
from trunkline.tmf.validation import check
from trunkline.tmf.versions import read, write

MOST_ID = 255
"""Characters of an id that a client gives."""
UNCHANGEABLE = ("id", "href", "@type")


def created(served: Served, request: Request) -> Answer:
    """A new document, or a task, which its owner performs: 201.

    Raises `Refusal`: 400 on what no such document can be, 404 where it has nothing to stand within, 409 where there is
    one of its id, and what the owner raises.
    """
    selected = selection(request.only("fields").get("fields", ()))
    told = document_of(request.body)
    check(told, served.what, served.version, creating=True, strict=served.strict)
    told.pop("href", None)
    document = _begun(served, read(told, served.what, served.version))
    if served.of.parent:
        document[served.of.parent] = request.within

    def work(unit: Unit) -> Stored:
        served.check_parent(unit, request)
        if unit.get(served.of.name, document["id"]) is not None:
            raise conflict("exists", f"there is a {served.of.type} {document['id']} already")
        made = served.made(unit, document)
        with _kept_by_the_store():
            stored = unit.add(served.of.name, made["id"], encoded(made))
        events.tell(unit, served.api, served.of, None, made)
        return stored

    stored = served.in_unit(work)
    headers = (("Location", href(request.base, served.name, stored.id)), ("ETag", etag(stored)))
    return Answer(201, served.told(request.base, selected)(stored), headers)


def _begun(served: Served, document: Document) -> Document:
    """A new document with its id, type, first state and time."""
    id = document.pop("id", None)
    if id is None:
        id = str(uuid.uuid4())
    elif not isinstance(id, str) or not 0 < len(id) <= MOST_ID or not id.isprintable() or id in (".", ".."):
        raise bad("badId", f"id is not a text of 1 to {MOST_ID} printable characters", "leave it out to be given one")
    begun = {"id": id, "@type": document.pop("@type", None) or served.of.type, **document}
    if served.task is not None:
        begun.setdefault("state", "acknowledged")
    lifecycle.begin(served.of, begun)
    if served.of.updated:
        begun.setdefault(served.of.updated, events.now())
    return begun


def changed(served: Served, request: Request) -> Answer:
    """A document changed as a patch says: 200; where that changes nothing, nothing is told to anybody.

    Raises `Refusal`: 400 on a patch that is none or leads to what no such document can be, 404, 409 on a state that may
    not follow, 412 by `If-Match`, and what the owner raises.
    """
    selected = selection(request.only("fields").get("fields", ()))

    def work(unit: Unit) -> Stored:
        stored = served.present(unit, request)
        before = document_in(stored)
        after = _after(served, request, before)
        if events.same(before, after):
            return stored
        lifecycle.follow(served.of, before, after)
        if served.of.updated:
            after[served.of.updated] = events.now()
        if served.owner is not None:
            after = served.owner.change(unit, before, after)
        with _kept_by_the_store():
            replaced = unit.replace(served.of.name, stored.id, encoded(after), stored.version)
        events.tell(unit, served.api, served.of, before, after)
        return replaced

    stored = served.in_unit(work)
    return Answer(200, served.told(request.base, selected)(stored), (("ETag", etag(stored)),))


@contextmanager
def _kept_by_the_store() -> Iterator[None]:
    """Raises `Refusal` (400) where the store cannot keep such a document: one with a million values to index, say."""
    try:
        yield
    except (Conflict, Unavailable):
        raise
    except StoreError as error:
        raise bad("notKept", "such a document cannot be kept", str(error)) from None


def _after(served: Served, request: Request, before: Document) -> Document:
    """What a patch makes of a document. It is of the document as this version tells of it; what the version does not
    tell of, or the patch leaves alone, stays as it is kept."""
    view = {"href": href(request.base, served.name, request.id), **write(before, served.of, served.version)}
    wanted = patched(view, request.body, media_type(request.headers))
    _refuse_changes(view, wanted, UNCHANGEABLE)
    check_depth(wanted)
    check(wanted, served.of, served.version, creating=False, strict=served.strict)
    after = _kept(served, wanted)
    if served.version is not V5:
        unchanged = _kept(served, view)
        for name in before:
            if events.same(unchanged.get(name), after.get(name)):
                after[name] = before[name]
    _refuse_changes(before, after, (*served.of.immutable, served.of.parent))
    if served.of.updated in before:
        after[served.of.updated] = before[served.of.updated]
    return after


def _refuse_changes(before: Document, after: Document, names: tuple[str, ...]) -> None:
    for name in names:
        if not events.same(before.get(name), after.get(name)):
            raise bad(
                "immutable", f"{name} cannot be changed", f"leave it out, or as it is: {str(before.get(name))[:200]!r}"
            )


def _kept(served: Served, view: Document) -> Document:
    return read({name: value for name, value in view.items() if name != "href"}, served.of, served.version)


def deleted(served: Served, request: Request) -> Answer:
    """A document removed: 204. Raises `Refusal`: 404, 412 by `If-Match`, and what the owner raises."""
    request.only()

    def work(unit: Unit) -> None:
        stored = served.present(unit, request)
        document = document_in(stored)
        if served.owner is not None:
            served.owner.delete(unit, document)
        unit.remove(served.of.name, stored.id, stored.version)
        events.tell(unit, served.api, served.of, document, None)

    served.in_unit(work)
    return Answer(204)
