"""Where something is. In v5 the place lies one level deeper than in v4, and not in all APIs by the same name."""

from __future__ import annotations

from typing import ClassVar

from trunkline.tmf.model.entity import UNSET, Entity, EntityRef, Extensible, Maybe
from trunkline.tmf.model.identifier import ExternalIdentifier


class PlaceRef(EntityRef):
    """A reference to a place: an address (TMF673), a site (TMF674), a location (TMF675)."""


class Place(Entity):
    """A place itself. A more special type of it has the attributes that say where (`GeographicAddress`)."""

    external_identifier: Maybe[list[ExternalIdentifier]] = UNSET


class RelatedPlaceRef(Extensible):
    """A reference to a place, and what it is to the record (TMF639)."""

    v4_type: ClassVar[str] = "RelatedPlaceRefOrValue"

    role: str
    place: PlaceRef


class RelatedPlaceRefOrValue(Extensible):
    """A place or a reference to one, and what it is to the record (TMF637)."""

    role: str
    place: PlaceRef | Place


class RelatedPlace(Extensible):
    """A place, and what it is to the record (TMF642)."""

    v4_type: ClassVar[str] = "RelatedPlaceRefOrValue"

    role: str
    related_place: Place
