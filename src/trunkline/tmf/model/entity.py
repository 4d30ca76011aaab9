"""What all records of TM Forum's model have in common (TMF630, "Extensible", "Addressable", "Entity").

A record type describes an object in v5's shape: an attribute without a default must be there, an array is a `list`, an
enumeration a `Literal`, a time a `datetime`. Where an attribute may hold objects of several types, the type is a union,
the smallest first; a subclass of a record type is a more special type of it, known by its name in `@type`. Documents
are plain JSON (`declaration.Document`) and are never decoded into records, so they may have more than the types say.
A record may be made, all the same: `msgspec.to_builtins(AlarmRef(id="7"))` is a document.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, UnsetType, field

from trunkline.tmf.declaration import Projection

T = TypeVar("T")
Maybe: TypeAlias = T | UnsetType
"""An attribute that may be left out: `name: Maybe[str] = UNSET`."""

__all__ = ["UNSET", "Entity", "EntityRef", "Extensible", "Maybe", "Record", "datetime", "field"]


class Record(msgspec.Struct, kw_only=True, rename="camel"):
    """An object that has no `@type` (`TimePeriod`, `Money`)."""

    v4: ClassVar[Projection] = Projection()
    """How v4 tells of it, wherever it stands."""


class Extensible(Record, kw_only=True, rename="camel"):
    """An object that says of which type it is, which v5 requires, and that may have attributes beyond that type's."""

    v4_type: ClassVar[str] = ""
    """What v4 calls the type, where that is another name."""
    identified_by: ClassVar[tuple[str, ...]] = ()
    """Where v5 requires an id and v4 does not: what serves as one, the first path that leads to a text."""

    type_: Maybe[str] = field(name="@type", default=UNSET)
    base_type: Maybe[str] = field(name="@baseType", default=UNSET)
    schema_location: Maybe[str] = field(name="@schemaLocation", default=UNSET)

    def __post_init__(self) -> None:
        if self.type_ is UNSET:
            self.type_ = type(self).__name__

    @classmethod
    def type_of(cls, document: Mapping[str, Any]) -> str:
        """The `@type` of an object of this record type that says none."""
        return cls.__name__

    @classmethod
    def fits(cls, document: Mapping[str, Any]) -> bool:
        """Whether an object that may be of several types, and says none, is of this one: it has no attribute that only
        another of them has. `document` is without those that none has."""
        return document.keys() <= set(cls.__struct_encode_fields__)


class Entity(Extensible, kw_only=True, rename="camel"):
    """What has an id and an address of its own."""

    id: Maybe[str] = UNSET
    href: Maybe[str] = UNSET


class EntityRef(Extensible, kw_only=True, rename="camel"):
    """A reference to an entity."""

    identified_by: ClassVar[tuple[str, ...]] = ("href", "name")

    id: str
    href: Maybe[str] = UNSET
    name: Maybe[str] = UNSET
    referred_type: Maybe[str] = field(name="@referredType", default=UNSET)

    @classmethod
    def fits(cls, document: Mapping[str, Any]) -> bool:
        """A reference leads somewhere."""
        return not document.keys().isdisjoint(("id", "href")) and super().fits(document)
