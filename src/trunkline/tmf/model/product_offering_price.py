"""What is asked for an offering (TMF620)."""

from __future__ import annotations

from typing import ClassVar

from trunkline.tmf.declaration import Projection
from trunkline.tmf.model.entity import UNSET, Entity, EntityRef, Extensible, Maybe, datetime
from trunkline.tmf.model.identifier import ExternalIdentifier
from trunkline.tmf.model.place import PlaceRef
from trunkline.tmf.model.product_specification import ProductSpecificationCharacteristicValueUse
from trunkline.tmf.model.resource import PolicyRef
from trunkline.tmf.model.value import Duration, Money, Quantity, TimePeriod


class ProductOfferingPriceRef(EntityRef):
    """A reference to a price."""

    v4: ClassVar[Projection] = Projection(left_out=("version",))

    version: Maybe[str] = UNSET


class BundledProductOfferingPriceRelationship(EntityRef):
    """A price that is part of a composite one."""

    v4: ClassVar[Projection] = Projection(left_out=("version", "@referredType"))

    version: Maybe[str] = UNSET


class ProductOfferingPriceRelationship(EntityRef):
    """A price that has to do with this one: the discount or allowance that alters it, the one it replaces."""

    v4: ClassVar[Projection] = Projection(left_out=("version",))

    relationship_type: Maybe[str] = UNSET
    role: Maybe[str] = UNSET
    version: Maybe[str] = UNSET


class ProductOfferingTerm(Extensible):
    """A condition under which the offering or the price is made: a commitment of twelve months."""

    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    duration: Maybe[Duration] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET


class PricingLogicAlgorithm(Entity):
    """An external rating function that computes the price; `plaSpecId` is the id of its interface."""

    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    pla_spec_id: Maybe[str] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET


class TaxItem(Extensible):
    """A tax on the price: its category (`VAT`), its rate in percent, or its amount."""

    tax_category: Maybe[str] = UNSET
    tax_rate: Maybe[float] = UNSET
    tax_amount: Maybe[Money] = UNSET


class ProductOfferingPrice(Entity):
    """An amount, usually of money, that is asked for or allowed when an offering is bought, rented or leased.

    `priceType` tells which: recurring, oneTime, usage, discount, allowance, penalty. A recurring one is due once in
    `recurringChargePeriodLength` periods of `recurringChargePeriodType` (`month`); a price of usage is for so much of
    it as `unitOfMeasure` says. A discount gives a `percentage` instead of a `price`.
    """

    v4: ClassVar[Projection] = Projection(renamed={"policy": "constraint"}, left_out=("externalIdentifier",))

    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    version: Maybe[str] = UNSET
    lifecycle_status: Maybe[str] = UNSET
    last_update: Maybe[datetime] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET
    price_type: Maybe[str] = UNSET
    price: Maybe[Money] = UNSET
    percentage: Maybe[float] = UNSET
    recurring_charge_period_type: Maybe[str] = UNSET
    recurring_charge_period_length: Maybe[int] = UNSET
    unit_of_measure: Maybe[Quantity] = UNSET
    tax: Maybe[list[TaxItem]] = UNSET
    is_bundle: Maybe[bool] = UNSET
    bundled_pop_relationship: Maybe[list[BundledProductOfferingPriceRelationship]] = UNSET
    pop_relationship: Maybe[list[ProductOfferingPriceRelationship]] = UNSET
    prod_spec_char_value_use: Maybe[list[ProductSpecificationCharacteristicValueUse]] = UNSET
    product_offering_term: Maybe[list[ProductOfferingTerm]] = UNSET
    pricing_logic_algorithm: Maybe[list[PricingLogicAlgorithm]] = UNSET
    place: Maybe[list[PlaceRef]] = UNSET
    policy: Maybe[list[PolicyRef]] = UNSET
    external_identifier: Maybe[list[ExternalIdentifier]] = UNSET
