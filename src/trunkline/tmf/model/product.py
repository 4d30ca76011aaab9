"""What a customer has of the operator: an offering once it is bought (TMF637)."""

from __future__ import annotations

from typing import ClassVar

from trunkline.tmf.declaration import Projection
from trunkline.tmf.model.characteristic import Characteristic
from trunkline.tmf.model.entity import UNSET, Entity, EntityRef, Extensible, Maybe, datetime, field
from trunkline.tmf.model.intent import Intent
from trunkline.tmf.model.party import PartyRef, PartyRoleRef
from trunkline.tmf.model.place import RelatedPlaceRefOrValue
from trunkline.tmf.model.product_catalog import ProductOfferingRef
from trunkline.tmf.model.product_offering_price import ProductOfferingPriceRef
from trunkline.tmf.model.product_specification import ProductSpecificationRef
from trunkline.tmf.model.resource import IntentRef, ResourceRef
from trunkline.tmf.model.value import Duration, Money, TimePeriod


class ProductRef(EntityRef):
    """A reference to a product."""


class BillingAccountRef(EntityRef):
    """A reference to the account that is billed (TMF666); `ratingType` tells postpaid from prepaid."""

    rating_type: Maybe[str] = UNSET


class ServiceRef(EntityRef):
    """A reference to a service that realises the product (TMF638)."""


class AgreementItemRef(Extensible):
    """A reference to an item of an agreement (TMF651)."""

    v4: ClassVar[Projection] = Projection(
        renamed={"agreementId": "id", "agreementHref": "href", "agreementName": "name"}
    )

    agreement_id: str
    agreement_href: Maybe[str] = UNSET
    agreement_name: Maybe[str] = UNSET
    agreement_item_id: Maybe[str] = UNSET
    referred_type: Maybe[str] = field(name="@referredType", default=UNSET)


class RelatedOrderItem(Extensible):
    """The item of an order (TMF622) that made or changed the product, and what it asked for: add, modify, delete."""

    v4_type: ClassVar[str] = "RelatedProductOrderItem"
    v4: ClassVar[Projection] = Projection(renamed={"orderId": "productOrderId", "orderHref": "productOrderHref"})

    order_id: str
    order_item_id: str
    order_href: Maybe[str] = UNSET
    order_item_action: Maybe[str] = UNSET
    role: Maybe[str] = UNSET
    referred_type: Maybe[str] = field(name="@referredType", default=UNSET)


class Party(Entity):
    """A party or a role of one, itself. A more special type has the attributes that say who (`Individual`)."""

    name: Maybe[str] = UNSET


class RelatedPartyOrPartyRole(Extensible):
    """A party, a role of one, or a reference to either, and what it is to the product: `user`, `owner`."""

    v4_type: ClassVar[str] = "RelatedParty"

    role: Maybe[str] = UNSET
    party_or_party_role: Maybe[PartyRef | PartyRoleRef | Party] = UNSET


class Price(Extensible):
    """An amount with and without tax, or a percentage; `taxRate` is in percent."""

    tax_included_amount: Maybe[Money] = UNSET
    duty_free_amount: Maybe[Money] = UNSET
    tax_rate: Maybe[float] = UNSET
    percentage: Maybe[float] = UNSET


class PriceAlteration(Extensible):
    """What changes a price for a while: a discount. The lowest `priority` comes first; `applicationDuration` is the
    number of periods for which it applies."""

    price: Price
    price_type: str
    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    priority: Maybe[int] = UNSET
    application_duration: Maybe[int] = UNSET
    recurring_charge_period: Maybe[str] = UNSET
    unit_of_measure: Maybe[str] = UNSET
    product_offering_price: Maybe[ProductOfferingPriceRef] = UNSET


class ProductPrice(Extensible):
    """What is paid for the product, once (`oneTime`), again and again (`recurring`), or by its use (`usage`)."""

    v4: ClassVar[Projection] = Projection(renamed={"priceAlteration": "productPriceAlteration"})

    price: Price
    price_type: str
    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    recurring_charge_period: Maybe[str] = UNSET
    unit_of_measure: Maybe[str] = UNSET
    price_alteration: Maybe[list[PriceAlteration]] = UNSET
    product_offering_price: Maybe[ProductOfferingPriceRef] = UNSET


class ProductRelationship(EntityRef):
    """Another product that this one depends on, is bundled in, is targeted by; v4 holds it one level deeper."""

    v4: ClassVar[Projection] = Projection(
        moved={name: f"product.{name}" for name in ("id", "href", "name", "@referredType")}
    )

    relationship_type: str


class ProductTerm(Extensible):
    """What was agreed on: a commitment of twelve months, and from when to when."""

    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    duration: Maybe[Duration] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET


class Product(Entity):
    """An offering procured by a customer or another party, realised by services and resources.

    `isBundle` says that it is made of the products in `product`, `isCustomerVisible` that its customer sees it.
    """

    v4: ClassVar[Projection] = Projection(
        renamed={"agreementItem": "agreement"},
        flat=("relatedParty", "place"),
        left_out=("creationDate", "intent"),
    )

    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    status: Maybe[str] = UNSET
    is_bundle: Maybe[bool] = UNSET
    is_customer_visible: Maybe[bool] = UNSET
    product_serial_number: Maybe[str] = UNSET
    creation_date: Maybe[datetime] = UNSET
    order_date: Maybe[datetime] = UNSET
    start_date: Maybe[datetime] = UNSET
    termination_date: Maybe[datetime] = UNSET
    product_offering: Maybe[ProductOfferingRef] = UNSET
    product_specification: Maybe[ProductSpecificationRef] = UNSET
    product_characteristic: Maybe[list[Characteristic]] = UNSET
    product_price: Maybe[list[ProductPrice]] = UNSET
    product_term: Maybe[list[ProductTerm]] = UNSET
    product_order_item: Maybe[list[RelatedOrderItem]] = UNSET
    product_relationship: Maybe[list[ProductRelationship]] = UNSET
    product: Maybe[list[ProductRef | Product]] = UNSET
    realizing_service: Maybe[list[ServiceRef]] = UNSET
    realizing_resource: Maybe[list[ResourceRef]] = UNSET
    billing_account: Maybe[BillingAccountRef] = UNSET
    agreement_item: Maybe[list[AgreementItemRef]] = UNSET
    related_party: Maybe[list[RelatedPartyOrPartyRole]] = UNSET
    place: Maybe[list[RelatedPlaceRefOrValue]] = UNSET
    intent: Maybe[IntentRef | Intent] = UNSET
