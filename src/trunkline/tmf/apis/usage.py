"""TMF635 Usage Management, v4.0: what was used, what it cost, and why."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from trunkline.tmf.declaration import V4, V5, Lifecycle, OpenApi, Resource, boolean, text, time
from trunkline.tmf.model.characteristic import Characteristic
from trunkline.tmf.model.party import PartyRef, RelatedPartyRefOrPartyRoleRef
from trunkline.tmf.model.product import ProductRef
from trunkline.tmf.model.usage import (
    RatedProductUsage,
    Usage,
    UsageCharacteristicSpecification,
    UsageSpecification,
    UsageSpecificationRef,
)
from trunkline.tmf.model.value import Money

USAGE = Resource(
    "usage",
    Usage,
    immutable=("usageDate",),
    attributes=(
        text("usageType"),
        text("status"),
        text("usageSpecification.id"),
        text("relatedParty.partyOrPartyRole.id"),
        text("ratedProductUsage.productRef.id"),
        text("partyAccount.id"),
        text("customerBill.id"),
        text("appliedCustomerBillingRate.id"),
        text("corrects.id"),
        text("correctedBy.id"),
        boolean("isCorrected"),
        time("usageDate"),
    ),
    lifecycle=Lifecycle(
        "status",
        "received",
        {
            "received": ("guided", "rejected", "rated"),
            "rejected": ("recycled",),
            "recycled": ("guided", "rejected", "rated"),
            "guided": ("rated", "rejected"),
            "rated": ("rerated", "billed"),
            "rerated": ("billed",),
        },
    ),
    events=("Create", "AttributeValueChange", "StateChange", "Delete"),
    examples={
        V5: msgspec.to_builtins(
            Usage(
                usage_type="voice",
                description="A call to a number in Belgium",
                usage_date=datetime(2026, 3, 9, 14, 2, 11, tzinfo=UTC),
                usage_specification=UsageSpecificationRef(id="voice", name="Voice"),
                usage_characteristic=[Characteristic(name="duration", value=75, type_="IntegerCharacteristic")],
                rated_product_usage=[
                    RatedProductUsage(
                        usage_rating_tag="usage",
                        product_ref=ProductRef(id="32470123456"),
                        tax_included_rating_amount=Money(unit="EUR", value=0.34),
                    )
                ],
                related_party=[
                    RelatedPartyRefOrPartyRoleRef(
                        role="customer", party_or_party_role=PartyRef(id="1042", referred_type="Individual")
                    )
                ],
            )
        )
    },
)

SPECIFICATION = Resource(
    "usageSpecification",
    UsageSpecification,
    attributes=(text("name"), text("lifecycleStatus"), time("lastUpdate")),
    events=("Create", "AttributeValueChange", "Delete"),
    updated="lastUpdate",
    examples={
        V5: msgspec.to_builtins(
            UsageSpecification(
                name="Voice",
                description="A call, in seconds",
                spec_characteristic=[UsageCharacteristicSpecification(name="duration", value_type="integer")],
            )
        )
    },
)

API = OpenApi(
    number=635, name="usageManagement", title="Usage Management", versions=(V4,), resources=(USAGE, SPECIFICATION)
)
