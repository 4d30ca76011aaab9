"""What somebody wants to be so, instead of what to do about it (TMF921)."""

from __future__ import annotations

from typing import Any

from trunkline.tmf.model.attachment import Attachment, AttachmentRef
from trunkline.tmf.model.characteristic import Characteristic
from trunkline.tmf.model.entity import UNSET, Entity, EntityRef, Extensible, Maybe, datetime
from trunkline.tmf.model.party import RelatedPartyRefOrPartyRoleRef
from trunkline.tmf.model.value import TimePeriod


class Expression(Extensible):
    """The intent in a language of ontologies: Turtle, JSON-LD, RDF-XML; `iri` identifies it."""

    expression_value: Maybe[Any] = UNSET
    expression_language: Maybe[str] = UNSET
    iri: Maybe[str] = UNSET


class IntentRelationship(EntityRef):
    """An intent that this one has to do with."""

    relationship_type: Maybe[str] = UNSET
    role: Maybe[str] = UNSET
    association_spec: Maybe[EntityRef] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET


class Intent(Entity):
    """All expectations that are given to a system: requirements, goals, constraints."""

    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    version: Maybe[str] = UNSET
    priority: Maybe[str] = UNSET
    context: Maybe[str] = UNSET
    expression: Maybe[Expression] = UNSET
    intent_specification: Maybe[EntityRef] = UNSET
    intent_relationship: Maybe[list[IntentRelationship]] = UNSET
    is_bundle: Maybe[bool] = UNSET
    lifecycle_status: Maybe[str] = UNSET
    status_change_date: Maybe[datetime] = UNSET
    creation_date: Maybe[datetime] = UNSET
    last_update: Maybe[datetime] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET
    characteristic: Maybe[list[Characteristic]] = UNSET
    related_party: Maybe[list[RelatedPartyRefOrPartyRoleRef]] = UNSET
    attachment: Maybe[list[AttachmentRef | Attachment]] = UNSET
