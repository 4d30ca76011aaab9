"""Resources: what a network is made of, physical and logical (TMF639 v5.0, SID Resource)."""

from __future__ import annotations

from typing import ClassVar, Literal

from trunkline.tmf.declaration import Projection
from trunkline.tmf.model.characteristic import Characteristic
from trunkline.tmf.model.entity import UNSET, Entity, EntityRef, Extensible, Maybe, datetime, field
from trunkline.tmf.model.identifier import ExternalIdentifier
from trunkline.tmf.model.note import Note
from trunkline.tmf.model.party import RelatedPartyRefOrPartyRoleRef
from trunkline.tmf.model.place import RelatedPlaceRef
from trunkline.tmf.model.value import Quantity, TimePeriod

STATUSES_OF_V4 = ("standby", "alarm", "available", "reserved", "unknown", "suspended")


class ResourceSpecificationRef(EntityRef):
    """Of which kind a resource is (TMF634)."""

    version: Maybe[str] = UNSET


class IntentRef(EntityRef):
    """The intent that a resource serves (TMF921)."""


class PolicyRef(EntityRef):
    """A policy that binds a feature."""

    v4_type: ClassVar[str] = "ConstraintRef"

    version: Maybe[str] = UNSET


class AttachmentRef(EntityRef):
    """A reference to an attachment; in v4 also the attachment itself."""

    v4_type: ClassVar[str] = "AttachmentRefOrValue"
    identified_by: ClassVar[tuple[str, ...]] = ("href", "url", "name")

    description: Maybe[str] = UNSET
    url: Maybe[str] = UNSET
    attachment_type: Maybe[str] = UNSET
    content: Maybe[str] = UNSET
    mime_type: Maybe[str] = UNSET
    size: Maybe[Quantity] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET


class FeatureRelationship(EntityRef):
    """Another feature that this one includes, requires or excludes."""

    relationship_type: Maybe[str] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET


class Feature(Extensible):
    """What can be switched on in a resource, with its configuration."""

    v4: ClassVar[Projection] = Projection(renamed={"policyConstraint": "constraint"})

    name: str
    id: Maybe[str] = UNSET
    is_bundle: Maybe[bool] = UNSET
    is_enabled: Maybe[bool] = UNSET
    feature_characteristic: Maybe[list[Characteristic]] = UNSET
    feature_relationship: Maybe[list[FeatureRelationship]] = UNSET
    policy_constraint: Maybe[list[PolicyRef]] = UNSET


class RelatedResourceOrderItem(Extensible):
    """The item of a resource order (TMF652) that made, changed or ended the resource."""

    referred_type: Maybe[str] = field(name="@referredType", default=UNSET)
    resource_order_href: Maybe[str] = UNSET
    resource_order_id: Maybe[str] = UNSET
    item_action: Maybe[Literal["add", "modify", "delete", "noChange"]] = UNSET
    item_id: Maybe[str] = UNSET
    role: Maybe[str] = UNSET


class ResourceRef(EntityRef):
    """A reference to a resource."""


class ResourceRelationship(EntityRef):
    """Another resource, and what it is to this one: `contains`, `reliesOn`. v5 wants an id of it, which is that of the
    other resource where it says none."""

    identified_by: ClassVar[tuple[str, ...]] = ("resource.id", "href", "name")

    relationship_type: Maybe[str] = UNSET
    resource: Maybe[ResourceRef | Resource] = UNSET
    resource_relationship_characteristic: Maybe[list[Characteristic]] = UNSET


class Resource(Entity):
    """A resource; its states are those of ITU-T X.731."""

    v4: ClassVar[Projection] = Projection(
        flat=("relatedParty", "place"), single=("place",), words={"resourceStatus": STATUSES_OF_V4}
    )

    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    category: Maybe[str] = UNSET
    resource_version: Maybe[str] = UNSET
    administrative_state: Maybe[Literal["locked", "unlocked", "shutdown"]] = UNSET
    operational_state: Maybe[Literal["enable", "disable"]] = UNSET
    usage_state: Maybe[Literal["idle", "active", "busy"]] = UNSET
    resource_status: Maybe[
        Literal[
            "alarm",
            "available",
            "installed",
            "not exists",
            "pendingRemoval",
            "planned",
            "reserved",
            "standby",
            "suspended",
            "unknown",
        ]
    ] = UNSET
    start_operating_date: Maybe[datetime] = UNSET
    end_operating_date: Maybe[datetime] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET
    resource_specification: Maybe[ResourceSpecificationRef] = UNSET
    resource_characteristic: Maybe[list[Characteristic]] = UNSET
    resource_relationship: Maybe[list[ResourceRelationship]] = UNSET
    supporting_resource: Maybe[list[ResourceRef | Resource]] = UNSET
    activation_feature: Maybe[list[Feature]] = UNSET
    resource_order_item: Maybe[list[RelatedResourceOrderItem]] = UNSET
    external_identifier: Maybe[list[ExternalIdentifier]] = UNSET
    related_party: Maybe[list[RelatedPartyRefOrPartyRoleRef]] = UNSET
    place: Maybe[list[RelatedPlaceRef]] = UNSET
    attachment: Maybe[list[AttachmentRef]] = UNSET
    note: Maybe[list[Note]] = UNSET
    intent: Maybe[IntentRef] = UNSET


class LogicalResource(Resource):
    """What is not hardware: a cell, a number, an address."""

    value: Maybe[str] = UNSET


class PhysicalResource(Resource):
    """Hardware."""

    manufacture_date: Maybe[datetime] = UNSET
    power_state: Maybe[str] = UNSET
    serial_number: Maybe[str] = UNSET
    version_number: Maybe[str] = UNSET


class ResourceCollection(Resource):
    """Resources handled as one."""

    contained_resource: Maybe[list[ResourceRef | Resource]] = UNSET
