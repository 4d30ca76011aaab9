"""What an open API of TM Forum is: its resources and tasks, as a declaration that says what the standard says of them.

    party_role = OpenApi(
        number=669, name="partyRoleManagement", versions=(V4,),
        resources=(Resource("partyRole", PartyRole, required=("name",), attributes=(text("name"), text("status"))),),
    )

All that TMF630 says (filters, paging, PATCH, events, errors) is the engine's. A document is kept once, in the shape of
v5, as the `record` describes it; another version is a projection of that (`versions`). What the operator does with a
resource is its `Owner`'s, which is given where the API is served.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from trunkline.store import Attribute, Kind, Unit

Document = dict[str, Any]
"""A record as JSON has it, in the canonical shape."""


class Version(StrEnum):
    """The major version of an API; both may be served at once, over the same records."""

    V4 = "v4"
    V5 = "v5"


V4, V5 = Version.V4, Version.V5


class Operation(StrEnum):
    """What may be done with a resource over HTTP."""

    LIST = "list"
    GET = "get"
    CREATE = "create"
    PATCH = "patch"
    DELETE = "delete"


ALL = frozenset(Operation)
READ_ONLY = frozenset({Operation.LIST, Operation.GET})


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The states of a resource, and which may follow which; anything else is refused with 409.

    `attribute` holds the state; `initial` is that of a new one where it names none. `after` gives for each state those
    that may follow it; a state that is not a key there is a last one. Where `after` is empty the standard names no
    states: any text is one, and may follow any.
    """

    attribute: str
    initial: str
    after: Mapping[str, tuple[str, ...]]

    @property
    def states(self) -> frozenset[str]:
        """All states."""
        return frozenset(self.after).union(*self.after.values())

    def meant(self, text: str) -> str:
        """The state that a text means, "" where it is none. TM Forum's files and examples are not at one about capitals
        (`In design`, `In Design`), nor about a space at the end (`aborted `), so neither counts."""
        folded = text.strip().casefold()
        return next((state for state in self.states if state.strip().casefold() == folded), "")


@dataclass(frozen=True, slots=True, eq=False)  # a key of caches, as the one that it is
class Projection:
    """How v4 tells of a record whose canonical shape is v5's.

    `renamed` maps a canonical attribute to what v4 calls it (`{"timeOccurred": "timeOcurred"}`). `flat` are the
    attributes whose objects v5 nests one level deeper, `{role, partyOrPartyRole: {…}}`, which v4 has flat, `{id, href,
    name, role, @referredType}`. `single` are arrays of which v4 has the first alone. `words` are the values of an
    enumeration that v4 knows: another is not told. `left_out` are attributes that v4 does not have. `moved` maps paths
    (with dots) of what v4 has one level further out or in: `{"parent.id": "parentId"}`, `{"id": "product.id"}`.
    `required` are attributes that v4 requires and v5 does not; of a resource, when one is made.

    All else names attributes of the record itself: what holds further in is said by the record type there (its `v4`),
    which also goes beside what a resource says.
    """

    renamed: Mapping[str, str] = field(default_factory=dict)
    flat: tuple[str, ...] = ("relatedParty",)
    left_out: tuple[str, ...] = ()
    single: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    moved: Mapping[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource of an API: `alarm`, of type `Alarm`.

    `record` describes the attributes in v5's shape; documents may have more (see `validation`). `required` must be
    there when one is made, `immutable` are never patched beside id, href and @type. `attributes` and `elements` are
    what the store answers by an index. `events` name what is told, each `<Type><name>Event`. `v4_name` is its name in
    the paths of v4, where that is another (`catalog`, which v5 calls `productCatalog`).
    """

    name: str
    record: type[msgspec.Struct]
    operations: frozenset[Operation] = ALL
    required: tuple[str, ...] = ()
    immutable: tuple[str, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    elements: tuple[tuple[tuple[str, ...], tuple[tuple[str, ...], ...]], ...] = ()
    lifecycle: Lifecycle | None = None
    v4: Projection = Projection()
    events: tuple[str, ...] = ("Create", "AttributeValueChange", "StateChange", "Delete")
    updated: str = ""
    """The attribute that holds when the document was changed last (`lastUpdate`), where there is one."""
    examples: Mapping[Version, Document] = field(default_factory=dict)
    v4_name: str = ""
    within: str = ""
    """The resource in whose paths it stands: `/topic/{topicId}/event` where that is `topic`."""

    @property
    def type(self) -> str:
        """The @type of a document that does not say a more special one."""
        return self.name[:1].upper() + self.name[1:]

    @property
    def kind(self) -> Kind:
        """How its documents are kept."""
        return Kind(self.name, (*self.attributes, *((text(self.parent),) if self.parent else ())), self.elements)

    @property
    def parent(self) -> str:
        """The attribute of its documents that holds the id of the one that they stand within: `topicId`."""
        return f"{self.within}Id" if self.within else ""

    def called(self, version: Version) -> str:
        """Its name in the paths of a version."""
        return self.v4_name if version is V4 and self.v4_name else self.name


@dataclass(frozen=True, slots=True)
class Task:
    """A task resource: what is asked for is done by the owner, and told of in the task itself.

    `name` is its path in v5 (`ackAlarm`), `v4_name` in v4 (`ackAlarms`). `record` describes it.
    """

    name: str
    v4_name: str
    record: type[msgspec.Struct]
    required: tuple[str, ...] = ()
    v4: Projection = Projection()
    examples: Mapping[Version, Document] = field(default_factory=dict)

    @property
    def resource(self) -> Resource:
        """The task as the resource that it is too: it is made, never changed, and read again."""
        return Resource(
            self.name,
            self.record,
            operations=frozenset({Operation.LIST, Operation.GET, Operation.CREATE}),
            required=self.required,
            events=("Create", "StateChange"),
            v4=self.v4,
            examples=self.examples,
            v4_name=self.v4_name,
        )


@dataclass(frozen=True, slots=True)
class OpenApi:
    """An open API: its number, the name in its path (`/tmf-api/<name>/v4`), and what it offers."""

    number: int
    name: str
    title: str
    versions: tuple[Version, ...]
    resources: tuple[Resource, ...]
    tasks: tuple[Task, ...] = ()
    paths: Mapping[Version, str] = field(default_factory=dict)
    """Where a version's official path is another than `/tmf-api/<name>/<version>`."""

    def path(self, version: Version) -> str:
        """Where the version is served."""
        return self.paths.get(version, f"/tmf-api/{self.name}/{version}")


class Owner(Protocol):
    """What a room does when its records are asked to change, in the unit of work of the change.

    Each raises `tmf.errors.Refusal` where that cannot be. Documents are canonical.
    """

    def create(self, unit: Unit, document: Document) -> Document:
        """A new record, as it is to be kept."""

    def change(self, unit: Unit, before: Document, after: Document) -> Document:
        """A changed record, as it is to be kept."""

    def delete(self, unit: Unit, document: Document) -> None:
        """A record that goes."""

    def perform(self, unit: Unit, task: Task, document: Document) -> Document:
        """Do what a task asks for; the task as it is to be kept, with its state."""


def text(path: str) -> Attribute:
    """A text that is looked for often; the path has dots."""
    return Attribute(tuple(path.split(".")), "text")


def time(path: str) -> Attribute:
    """A time that is looked for often."""
    return Attribute(tuple(path.split(".")), "time")


def number(path: str) -> Attribute:
    """A number that is looked for often."""
    return Attribute(tuple(path.split(".")), "number")


def boolean(path: str) -> Attribute:
    """A bool that is looked for often."""
    return Attribute(tuple(path.split(".")), "boolean")
