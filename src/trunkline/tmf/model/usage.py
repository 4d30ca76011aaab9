"""Usage: what was used, how much of it, and what it cost (TMF635; v4 is served, and these types follow it)."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from trunkline.tmf.declaration import Projection
from trunkline.tmf.model.account import PartyAccountRef
from trunkline.tmf.model.attachment import Attachment, AttachmentRef
from trunkline.tmf.model.characteristic import Characteristic
from trunkline.tmf.model.customer_bill import AppliedCustomerBillingRateRef, CustomerBillRef
from trunkline.tmf.model.entity import UNSET, Entity, EntityRef, Extensible, Maybe, Record, datetime, field
from trunkline.tmf.model.party import RelatedPartyRefOrPartyRoleRef
from trunkline.tmf.model.product import ProductRef
from trunkline.tmf.model.value import Money, TimePeriod


class UsageSpecificationRef(EntityRef):
    """A reference to what usage of a kind looks like."""


class RatedProductUsage(Extensible):
    """What a usage cost, with all that decided it.

    `usageRatingTag` is `usage` where it is always rated outside a bundle, `included usage` where a bundle gave it, and
    `non included usage` where the bundle was exhausted.
    """

    is_billed: Maybe[bool] = UNSET
    is_tax_exempt: Maybe[bool] = UNSET
    offer_tariff_type: Maybe[str] = UNSET
    rating_amount_type: Maybe[str] = UNSET
    rating_date: Maybe[datetime] = UNSET
    tax_rate: Maybe[float] = UNSET
    usage_rating_tag: Maybe[str] = UNSET
    bucket_value_converted_in_amount: Maybe[Money] = UNSET
    product_ref: Maybe[ProductRef] = UNSET
    tax_excluded_rating_amount: Maybe[Money] = UNSET
    tax_included_rating_amount: Maybe[Money] = UNSET


class UsageRef(EntityRef):
    """A reference to a usage."""


class Usage(Entity):
    """An occurrence of employing a product, a service or a resource for its intended purpose.

    `partyAccount` pays for it, and it counts in `appliedCustomerBillingRate`, a line of `customerBill`. `corrects` is
    the usage whose place it takes; one that `isCorrected` counts no more, since `correctedBy` has taken its place. All
    of these are ours, and not in TM Forum's file.
    """

    usage_date: Maybe[datetime] = UNSET
    usage_type: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    status: Maybe[Literal["received", "rejected", "recycled", "guided", "rated", "rerated", "billed"]] = UNSET
    usage_specification: Maybe[UsageSpecificationRef] = UNSET
    usage_characteristic: Maybe[list[Characteristic]] = UNSET
    rated_product_usage: Maybe[list[RatedProductUsage]] = UNSET
    related_party: Maybe[list[RelatedPartyRefOrPartyRoleRef]] = UNSET
    party_account: Maybe[PartyAccountRef] = UNSET
    customer_bill: Maybe[CustomerBillRef] = UNSET
    applied_customer_billing_rate: Maybe[AppliedCustomerBillingRateRef] = UNSET
    corrects: Maybe[UsageRef] = UNSET
    is_corrected: Maybe[bool] = UNSET
    corrected_by: Maybe[UsageRef] = UNSET


class ConstraintRef(EntityRef):
    """A reference to a rule that a specification is subject to."""

    version: Maybe[str] = UNSET


class AssociationSpecificationRef(EntityRef):
    """A reference to what a relationship means."""


class TargetEntitySchema(Record):
    """The type of what follows a specification, and the address of its JSON Schema."""

    type_: str = field(name="@type")
    schema_location: str = field(name="@schemaLocation")


class EntitySpecificationRelationship(Extensible):
    """A specification that this one migrates to, replaces, depends on."""

    relationship_type: str
    id: Maybe[str] = UNSET
    href: Maybe[str] = UNSET
    name: Maybe[str] = UNSET
    role: Maybe[str] = UNSET
    association_spec: Maybe[AssociationSpecificationRef] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET
    referred_type: Maybe[str] = field(name="@referredType", default=UNSET)


class UsageCharacteristicValueSpecification(Extensible):
    """A value that a characteristic of usage may have, or a range of them."""

    v4_type: ClassVar[str] = "CharacteristicValueSpecification"

    value: Maybe[Any] = UNSET
    value_type: Maybe[str] = UNSET
    unit_of_measure: Maybe[str] = UNSET
    is_default: Maybe[bool] = UNSET
    value_from: Maybe[int] = UNSET
    value_to: Maybe[int] = UNSET
    range_interval: Maybe[str] = UNSET
    regex: Maybe[str] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET


class UsageCharacteristicSpecificationRelationship(Extensible):
    """A characteristic, of this specification or another, that this one depends on, excludes, replaces."""

    v4_type: ClassVar[str] = "CharacteristicSpecificationRelationship"

    id: Maybe[str] = UNSET
    href: Maybe[str] = UNSET
    relationship_type: Maybe[str] = UNSET
    name: Maybe[str] = UNSET
    characteristic_specification_id: Maybe[str] = UNSET
    parent_specification_id: Maybe[str] = UNSET
    parent_specification_href: Maybe[str] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET


class UsageCharacteristicSpecification(Extensible):
    """A feature of usage: its name, and the values that it may have."""

    v4_type: ClassVar[str] = "CharacteristicSpecification"
    v4: ClassVar[Projection] = Projection()

    id: Maybe[str] = UNSET
    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    value_type: Maybe[str] = UNSET
    configurable: Maybe[bool] = UNSET
    extensible: Maybe[bool] = UNSET
    is_unique: Maybe[bool] = UNSET
    min_cardinality: Maybe[int] = UNSET
    max_cardinality: Maybe[int] = UNSET
    regex: Maybe[str] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET
    value_schema_location: Maybe[str] = field(name="@valueSchemaLocation", default=UNSET)
    char_spec_relationship: Maybe[list[UsageCharacteristicSpecificationRelationship]] = UNSET
    characteristic_value_specification: Maybe[list[UsageCharacteristicValueSpecification]] = UNSET


class UsageSpecification(Entity):
    """What usage of a kind looks like: its characteristics, and in which units they are."""

    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    version: Maybe[str] = UNSET
    is_bundle: Maybe[bool] = UNSET
    lifecycle_status: Maybe[str] = UNSET
    last_update: Maybe[datetime] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET
    spec_characteristic: Maybe[list[UsageCharacteristicSpecification]] = UNSET
    entity_spec_relationship: Maybe[list[EntitySpecificationRelationship]] = UNSET
    constraint: Maybe[list[ConstraintRef]] = UNSET
    attachment: Maybe[list[AttachmentRef | Attachment]] = UNSET
    target_entity_schema: Maybe[TargetEntitySchema] = UNSET
    related_party: Maybe[list[RelatedPartyRefOrPartyRoleRef]] = UNSET
