"""What the operator declares of access beside its rules: purposes, regions, and of each kind of records its fields.

`access/fields.yaml` says of every kind that the APIs serve which area it belongs to, and from which field of which data
contract each attribute comes, so that the contract's classification is its own. Only what no contract tells of is
classified there itself. What neither says is taken for `sensitive`: nobody sees by mistake what nobody classified.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from trunkline.contracts.field import Classification
from trunkline.document import Document

FOLDER: Final = "access"
FIELDS: Final = f"{FOLDER}/fields.yaml"
PURPOSES: Final = f"{FOLDER}/purposes.yaml"
REGIONS: Final = f"{FOLDER}/regions.yaml"

_Word = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$")]
_Path = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\s.]+(\.[^\s.]+)*$")]


class KindDeclared(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A kind of records, by its name in the paths.

    `contract` is the topic whose records it tells of. `fields` says of attributes (in TM Forum's canonical shape, with
    dots) from which of the contract's fields each comes; `classes` classifies those of which no contract tells, and
    `otherwise` all that is not named. Without `otherwise`, an attribute is the contract's field of the same name.
    """

    area: _Word
    contract: str = ""
    fields: dict[_Path, _Path] = {}
    classes: dict[_Path, Classification] = {}
    otherwise: Classification | None = None
    extensions: tuple[_Word, ...] = ()
    """Attributes that its records have beside TM Forum's."""
    ends: tuple[_Path, ...] = ()
    """Attributes of which who may not see them may be told the ends: `+32470***001`."""
    region: dict[Literal["v1", "v4", "v5"], _Path] = {}
    """By the API's version (`v1` of those that are ours, and of topics): where a record says in which region it lies.
    What stands there and is no region counts for nothing."""
    object: dict[Literal["v1", "v4", "v5"], _Path] = {}
    """Likewise: where it names the managed object that it is about, by its DN; it lies where that stands, if it does
    not say itself where."""
    whole: dict[_Path, tuple[str, ...]] = {}
    """Attributes, and the values of them by which a record tells of the whole network: it lies in no region."""
    lists: Literal["", "keep", "leaveOut"] = ""
    """How lists are kept to some regions: by the parameter of that name, which `keep`s those that it names; by its
    negation, which leaves out the others; or record by record, where the API has neither."""
    about: tuple[_Word, ...] = ()
    """In a task resource: the attributes that say which records it is done to. Who may not act everywhere must name
    each by its id."""
    acts: tuple[_Word, ...] = ()
    """What may be done to it by a POST behind it (`alarms/{id}/acknowledge`), or by a task resource (`ackAlarm`)."""
    events: dict[_Word, _Word] = {}
    """Of a stream of events: of which kind the record in each event is, by the event's name."""


class Application(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A client of the platform's own provider. Of its `purposes` the first one holds where a request says none, and
    another than these is refused. `roles` are its own, where it calls for itself and for no person."""

    purposes: Annotated[tuple[_Word, ...], msgspec.Meta(min_length=1)]
    roles: tuple[_Word, ...] = ()


class Purposes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For what data are used, in words of the operator, and the applications that are registered for some."""

    purposes: dict[_Word, Annotated[str, msgspec.Meta(min_length=1)]] = {}
    clients: dict[str, Application] = {}


class Declared(msgspec.Struct, frozen=True):
    """All of it. `regions` says which regions of the network the region of a caller is made of."""

    kinds: dict[str, KindDeclared]
    purposes: Purposes
    regions: dict[str, tuple[str, ...]]


def documents(folder: Path) -> tuple[Document, Document, Document]:
    """The files of fields, purposes and regions. Raises `Invalid` where one cannot be read."""
    return Document.load(folder / FIELDS), Document.load(folder / PURPOSES), Document.load(folder / REGIONS)


def read(folder: Path) -> Declared:
    """What a project folder declares. Raises `Invalid`."""
    fields, purposes, regions = documents(folder)
    return Declared(
        fields.into(dict[_Word, KindDeclared]), purposes.into(Purposes), regions.into(dict[_Word, tuple[str, ...]])
    )
