"""What the operator sells (TMF620)."""

from __future__ import annotations

from typing import ClassVar

from trunkline.tmf.declaration import Projection
from trunkline.tmf.model.attachment import Attachment, AttachmentRef
from trunkline.tmf.model.entity import UNSET, Entity, EntityRef, Extensible, Maybe, datetime
from trunkline.tmf.model.identifier import ExternalIdentifier
from trunkline.tmf.model.place import PlaceRef
from trunkline.tmf.model.product_catalog import CategoryRef
from trunkline.tmf.model.product_offering_price import (
    ProductOfferingPrice,
    ProductOfferingPriceRef,
    ProductOfferingTerm,
)
from trunkline.tmf.model.product_specification import (
    CharacteristicSpecification,
    ProductSpecificationCharacteristicValueUse,
    ProductSpecificationRef,
)
from trunkline.tmf.model.resource import PolicyRef
from trunkline.tmf.model.value import TimePeriod


class ChannelRef(EntityRef):
    """A reference to a sales channel."""


class MarketSegmentRef(EntityRef):
    """A reference to a part of the market."""


class AgreementRef(EntityRef):
    """A reference to an agreement (TMF651)."""


class SLARef(EntityRef):
    """A reference to a service level agreement (TMF657)."""


class ServiceCandidateRef(EntityRef):
    """A reference to a service that may be sold (TMF633)."""

    version: Maybe[str] = UNSET


class ResourceCandidateRef(EntityRef):
    """A reference to a resource that may be sold (TMF634)."""

    version: Maybe[str] = UNSET


class BundledProductOfferingOption(Extensible):
    """How many of an offering may be in its bundle: by default, at least, at most."""

    number_rel_offer_default: Maybe[int] = UNSET
    number_rel_offer_lower_limit: Maybe[int] = UNSET
    number_rel_offer_upper_limit: Maybe[int] = UNSET


class BundledProductOffering(EntityRef):
    """An offering that is part of a bundle."""

    v4: ClassVar[Projection] = Projection(left_out=("version", "@referredType"))

    bundled_product_offering_option: Maybe[BundledProductOfferingOption] = UNSET
    version: Maybe[str] = UNSET


class BundledGroupProductOfferingOption(Extensible):
    """How many offerings of a group are chosen: at least, at most."""

    number_rel_offer_lower_limit: Maybe[int] = UNSET
    number_rel_offer_upper_limit: Maybe[int] = UNSET


class BundledGroupProductOffering(Extensible):
    """A group of offerings of which some are chosen: two to seven of fifteen channel packs."""

    id: Maybe[str] = UNSET
    name: Maybe[str] = UNSET
    bundled_product_offering: Maybe[list[BundledProductOffering]] = UNSET
    bundled_group_product_offering: Maybe[list[BundledGroupProductOffering]] = UNSET
    bundled_group_product_offering_option: Maybe[BundledGroupProductOfferingOption] = UNSET


class ProductOfferingRelationship(EntityRef):
    """An offering that this one needs, excludes, replaces, goes with."""

    v4: ClassVar[Projection] = Projection(left_out=("version",))

    relationship_type: Maybe[str] = UNSET
    role: Maybe[str] = UNSET
    version: Maybe[str] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET


class AllowedProductAction(Extensible):
    """What may be done with a product of this offering (add, modify, delete), and by which channels."""

    action: str
    channel: Maybe[list[ChannelRef]] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET


class ProductOffering(Entity):
    """What can be ordered of the operator, at which prices, in which markets, by which channels.

    `isBundle` says that it is made of other offerings, `isSellable` that it is sold by itself and not only in a
    bundle. `prodSpecCharValueUse` are the values of the specification's characteristics that this offering is for.
    """

    v4: ClassVar[Projection] = Projection(
        left_out=(
            "bundledGroupProductOffering",
            "productOfferingCharacteristic",
            "policy",
            "allowedAction",
            "externalIdentifier",
        )
    )

    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    version: Maybe[str] = UNSET
    lifecycle_status: Maybe[str] = UNSET
    status_reason: Maybe[str] = UNSET
    last_update: Maybe[datetime] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET
    is_bundle: Maybe[bool] = UNSET
    is_sellable: Maybe[bool] = UNSET
    category: Maybe[list[CategoryRef]] = UNSET
    product_specification: Maybe[ProductSpecificationRef] = UNSET
    prod_spec_char_value_use: Maybe[list[ProductSpecificationCharacteristicValueUse]] = UNSET
    product_offering_characteristic: Maybe[list[CharacteristicSpecification]] = UNSET
    product_offering_price: Maybe[list[ProductOfferingPriceRef | ProductOfferingPrice]] = UNSET
    product_offering_term: Maybe[list[ProductOfferingTerm]] = UNSET
    product_offering_relationship: Maybe[list[ProductOfferingRelationship]] = UNSET
    bundled_product_offering: Maybe[list[BundledProductOffering]] = UNSET
    bundled_group_product_offering: Maybe[list[BundledGroupProductOffering]] = UNSET
    channel: Maybe[list[ChannelRef]] = UNSET
    market_segment: Maybe[list[MarketSegmentRef]] = UNSET
    place: Maybe[list[PlaceRef]] = UNSET
    agreement: Maybe[list[AgreementRef]] = UNSET
    service_level_agreement: Maybe[SLARef] = UNSET
    service_candidate: Maybe[ServiceCandidateRef] = UNSET
    resource_candidate: Maybe[ResourceCandidateRef] = UNSET
    policy: Maybe[list[PolicyRef]] = UNSET
    allowed_action: Maybe[list[AllowedProductAction]] = UNSET
    attachment: Maybe[list[AttachmentRef | Attachment]] = UNSET
    external_identifier: Maybe[list[ExternalIdentifier]] = UNSET
