"""The store: JSON documents by kind and id, found by conditions, changed together with the events that tell of it.

Opened by `open_store` from a URL. Any number of processes may work on one store at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Literal, NamedTuple, Protocol, TypeAlias

from trunkline.log.port import Event, TopicPartition
from trunkline.store.query import Found, Path, Query, Stored

Type: TypeAlias = Literal["text", "number", "boolean", "time"]


class StoreError(Exception):
    """The store cannot do it; the message says what to do."""


class Conflict(StoreError):
    """The document is there already, is gone, or was changed since its `version` was read."""


class Unavailable(StoreError):
    """The database cannot be reached, or cannot write: it may be tried again when that is mended."""


class Attribute(NamedTuple):
    """What documents of a kind are often looked for or sorted by: an index answers it. Its path may lead through
    arrays (`relatedParty.id`); it is sorted by only where it does not."""

    path: Path
    type: Type = "text"


class Kind(NamedTuple):
    """A kind of documents. `elements` are arrays of which one element is asked for by several of its attributes
    together (a characteristic's name and value): path of the array, and the paths in its elements."""

    name: str
    attributes: tuple[Attribute, ...] = ()
    elements: tuple[tuple[Path, tuple[Path, ...]], ...] = ()


class Outgoing(NamedTuple):
    """An event in the outbox, on its way to `topic` of the log; `id` is its place in the order of commits."""

    id: int
    topic: str
    event: Event


class Unit(Protocol):
    """A unit of work: all of it is committed when its block ends, or none of it where that raises."""

    def get(self, kind: str, id: str) -> Stored | None:
        """The document as this unit sees it; nobody else changes it before the unit ends."""

    def get_many(self, kind: str, ids: Collection[str]) -> Mapping[str, Stored]:
        """Those of these documents that are there, as `get` gives each."""

    def add(self, kind: str, id: str, document: bytes) -> Stored:
        """Add a document. Raises `Conflict` where there is one of this id."""

    def replace(self, kind: str, id: str, document: bytes, version: int | None = None) -> Stored:
        """Put a document in the place of the one that is there. Raises `Conflict` where there is none, or where
        `version` is given and is not its version any more."""

    def put(self, kind: str, id: str, document: bytes) -> Stored:
        """Add or replace."""

    def put_many(self, kind: str, documents: Mapping[str, bytes]) -> None:
        """Add or replace all of these. Raises `Conflict` where another unit has added one of them meanwhile."""

    def remove(self, kind: str, id: str, version: int | None = None) -> None:
        """Remove a document. Raises `Conflict` as `replace` does."""

    def send(self, topic: str, event: Event) -> None:
        """Put an event into the outbox, from which it goes to the log after the commit, in order."""

    def positions(self, reader: str) -> Mapping[TopicPartition, int]:
        """How far `reader` has brought the log's events into the store."""

    def set_positions(self, reader: str, offsets: Mapping[TopicPartition, int]) -> None:
        """The events before these offsets are in the store with this unit. Each is there exactly once so."""


class Store(Protocol):
    """Documents, an outbox, and the positions of who follows the log into it."""

    def declare(self, kinds: Sequence[Kind]) -> None:
        """These kinds are used. Indexes that are missing are built, which takes a while on many documents; those of
        attributes that are not declared any more are dropped."""

    def get(self, kind: str, id: str) -> Stored | None:
        """A document, as last committed."""

    def find(self, query: Query) -> Found:
        """Documents as last committed.

        A condition that no index answers is held against a bounded number of documents, in their order; the answer
        says so by `complete`. Raises `StoreError` for a kind that is not declared, a sort by what is not, a cursor that
        is none of this query's.
        """

    def unit(self) -> AbstractContextManager[Unit]:
        """A unit of work. Raises `Conflict` where another one got in its way: it may be tried again."""

    def outbox(self, limit: int = 1000) -> Sequence[Outgoing]:
        """The first events that wait, in the order of their commits."""

    def sent(self, last: int) -> None:
        """The events of the outbox up to this id are in the log."""

    def close(self) -> None:
        """Let go of all connections."""
