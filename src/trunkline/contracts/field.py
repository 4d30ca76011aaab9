"""A contract's fields, ready to use: ODCS properties with maps, unions, valid values and classification worked in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal

import msgspec

from trunkline.contracts.odcs import LogicalType, Quality
from trunkline.faults import Place

Classification = Literal["public", "internal", "confidential", "personal", "sensitive"]
"""Who may see a field, from everybody on. `personal` is personal data (GDPR art. 4); `sensitive` is a special category
(art. 9) or traffic and location data of a subscriber (directive 2002/58/EC)."""

PERSONAL: Final = ("personal", "sensitive")


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field of an event; also the items of an array, the keys and values of a map, and an arm of a union.

    `required` says that the field is always there, `nullable` that it may be null. `limits` are the options of the
    type by their ODCS (and JSON Schema) names. `values` are the only ones allowed, where there are any.
    """

    name: str
    type: LogicalType | Literal["map", "union"]
    place: Place
    """Where it stands in the contract's file."""
    required: bool = False
    nullable: bool = False
    description: str = ""
    classification: Classification
    key_position: int = 0
    """Its position in the event's key, from 1; 0 where it is no part of it."""
    limits: dict[str, Any] = {}
    values: tuple[str | int, ...] = ()
    examples: tuple[Any, ...] = ()
    quality: tuple[Quality, ...] = ()
    """Every quality rule, those too that no single event can be held against."""
    fields: tuple[Field, ...] = ()
    """Of an object."""
    items: Field | None = None
    """Of an array; the values of a map."""
    keys: Field | None = None
    """Of a map."""
    arms: tuple[Field, ...] = ()
    """Of a union."""

    def descendants(self) -> Iterator[Field]:
        """This field and all fields below it."""
        yield self
        for below in (*self.fields, *self.arms, *(part for part in (self.items, self.keys) if part)):
            yield from below.descendants()

    @property
    def json_kind(self) -> str:
        """What JSON calls the value, which is all that tells the arms of a union apart."""
        match self.type:
            case "integer" | "number":
                return "number"
            case "object" | "map":
                return "object"
            case "boolean" | "array" | "union":
                return self.type
            case _:
                return "string"
