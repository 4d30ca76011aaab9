"""One resource of one version of an API, with all that its operations need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from zlib import crc32

import msgspec

from trunkline.store import Conflict, Store, Stored, Unit
from trunkline.tmf.declaration import V5, Document, OpenApi, Owner, Resource, Task, Version
from trunkline.tmf.errors import Refusal, conflict, not_found
from trunkline.tmf.href import href, quoted
from trunkline.tmf.selection import Selection, select
from trunkline.tmf.serving.message import Request
from trunkline.tmf.versions import write

ATTEMPTS = 5
"""How often a change is tried where others get in its way."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Served:
    """`of` is the resource, or the `task` as one; `owner` is who keeps it, if it is not the store alone."""

    api: OpenApi
    version: Version
    of: Resource
    store: Store
    owner: Owner | None = None
    task: Task | None = None
    strict: bool = False

    @property
    def name(self) -> str:
        """Its name in the path."""
        return self.of.called(self.version)

    @property
    def parent(self) -> str:
        """The name in the path of the resource that it stands within, where there is one."""
        parent = next((other for other in self.api.resources if other.name == self.of.within), None)
        return parent.called(self.version) if parent else ""

    @property
    def what(self) -> Resource | Task:
        """What the declaration calls it."""
        return self.task or self.of

    def told(self, base: str, selected: Selection | None = None) -> Callable[[Stored], bytes]:
        """How documents are told as this version has them, with their hrefs, which are under `base`.

        What v5 tells is what is kept, so where all of it is asked for its bytes are passed on as they are.
        """
        if self.version is V5 and selected is None:
            begin = b'{"href":' + msgspec.json.encode(href(base, self.name, ""))[:-1]
            return lambda stored: begin + quoted(stored.id).encode() + b'",' + stored.document[1:]

        def projected(stored: Stored) -> bytes:
            document = write(msgspec.json.decode(stored.document), self.what, self.version)
            document.setdefault("href", href(base, self.name, stored.id))
            return msgspec.json.encode(document if selected is None else select(document, selected))

        return projected

    def made(self, unit: Unit, document: Document) -> Document:
        """A new document as its owner keeps it, or a task as its owner has performed it."""
        if self.owner is None:
            return document
        return self.owner.create(unit, document) if self.task is None else self.owner.perform(unit, self.task, document)

    def in_unit(self, work: Callable[[Unit], Result]) -> Result:
        """Do a change in one unit of work, again where another one got in its way. Raises `Refusal` (409) where that
        goes on."""
        for _ in range(ATTEMPTS):
            try:
                with self.store.unit() as unit:
                    return work(unit)
            except Conflict:
                continue
        raise conflict("changedMeanwhile", f"others change this {self.of.type} at the same time", "try again")

    def present(self, unit: Unit, request: Request) -> Stored:
        """The document that a change is of. Raises `Refusal`: 404 where there is none, 412 where it is not any of those
        that `If-Match` names."""
        stored = self.found(unit, request)
        wanted = request.headers.get("if-match")
        if wanted is not None and not named(stored, wanted, weak=False):
            reason = f"the {self.of.type} {request.id} has been changed: its ETag is {etag(stored)}"
            raise Refusal(412, "preconditionFailed", reason, "get it again, and say what is to be changed in that")
        return stored

    def found(self, source: Store | Unit, request: Request) -> Stored:
        """The document that a request names. Raises `Refusal` (404)."""
        stored = source.get(self.of.name, request.id)
        if stored is None or (self.of.parent and document_in(stored).get(self.of.parent) != request.within):
            raise not_found(self.of.type, request.id)
        return stored

    def check_parent(self, source: Store | Unit, request: Request) -> None:
        """Raises `Refusal` (404) where the document is not there that these stand within."""
        if self.of.within and source.get(self.of.within, request.within) is None:
            raise not_found(self.of.within, request.within)


def etag(stored: Stored) -> str:
    """The entity tag (RFC 9110, 8.8.3); the sum tells a document from one that went, of the same id."""
    return f'"{stored.version}-{crc32(stored.document):08x}"'


def named(stored: Stored, tags: str, *, weak: bool) -> bool:
    """Whether a list of entity tags, or `*`, names a document as it is now (RFC 9110, 13.1); `weak` counts those too
    that are marked as weak."""
    now = etag(stored)
    listed = [tag.strip() for tag in tags.split(",")]
    return "*" in listed or now in listed or (weak and f"W/{now}" in listed)


def document_in(stored: Stored) -> Document:
    """What is kept, decoded."""
    document: Document = msgspec.json.decode(stored.document)
    return document
