"""TM Forum's information model (SID), in v5's shape: record types that many APIs share, and those of single ones."""

from trunkline.tmf.model.attachment import Attachment, AttachmentRef
from trunkline.tmf.model.characteristic import Characteristic, CharacteristicRelationship
from trunkline.tmf.model.entity import UNSET, Entity, EntityRef, Extensible, Maybe, Record
from trunkline.tmf.model.identifier import ExternalIdentifier
from trunkline.tmf.model.note import Note
from trunkline.tmf.model.party import PartyRef, PartyRoleRef, RelatedPartyRefOrPartyRoleRef
from trunkline.tmf.model.place import Place, PlaceRef, RelatedPlace, RelatedPlaceRef, RelatedPlaceRefOrValue
from trunkline.tmf.model.value import Duration, Money, Quantity, TimePeriod

__all__ = [
    "UNSET",
    "Attachment",
    "AttachmentRef",
    "Characteristic",
    "CharacteristicRelationship",
    "Duration",
    "Entity",
    "EntityRef",
    "Extensible",
    "ExternalIdentifier",
    "Maybe",
    "Money",
    "Note",
    "PartyRef",
    "PartyRoleRef",
    "Place",
    "PlaceRef",
    "Quantity",
    "Record",
    "RelatedPartyRefOrPartyRoleRef",
    "RelatedPlace",
    "RelatedPlaceRef",
    "RelatedPlaceRefOrValue",
    "TimePeriod",
]
