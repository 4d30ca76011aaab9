"""TMF637 Product Inventory Management, v4.0 and v5.0: what each customer has."""

from __future__ import annotations

import msgspec

from trunkline.tmf.declaration import V4, V5, Lifecycle, OpenApi, Projection, Resource, text, time
from trunkline.tmf.model.characteristic import Characteristic
from trunkline.tmf.model.party import PartyRef
from trunkline.tmf.model.product import Product, RelatedPartyOrPartyRole
from trunkline.tmf.model.product_catalog import ProductOfferingRef

LIFECYCLE = Lifecycle(
    "status",
    initial="created",
    after={
        "created": ("pendingActive", "active", "cancelled", "aborted "),
        "pendingActive": ("active", "cancelled", "aborted "),
        "active": ("suspended", "pendingTerminate", "terminated"),
        "suspended": ("active", "pendingTerminate", "terminated"),
        "pendingTerminate": ("terminated", "active"),
    },
)
"""What comes before activation may be cancelled by the customer or aborted by the operator (the official files of both
versions write `aborted ` with a space at its end); what is there ends by termination, which may still be taken back
while it is pending."""

PRODUCT = Resource(
    "product",
    Product,
    attributes=(
        text("name"),
        text("status"),
        text("productSerialNumber"),
        text("productOffering.id"),
        text("productSpecification.id"),
        text("billingAccount.id"),
        text("relatedParty.partyOrPartyRole.id"),
        text("realizingService.id"),
        text("realizingResource.id"),
        time("creationDate"),
        time("startDate"),
    ),
    elements=(
        (("productCharacteristic",), (("name",), ("value",))),
        (("relatedParty",), (("role",), ("partyOrPartyRole", "id"))),
    ),
    lifecycle=LIFECYCLE,
    v4=Projection(required=("status",)),
    examples={
        V5: msgspec.to_builtins(
            Product(
                name="Fibre 500 at home",
                status="active",
                product_offering=ProductOfferingRef(id="fibre-500", name="Fibre 500"),
                product_characteristic=[
                    Characteristic(name="downloadSpeed", value_type="integer", value=500, type_="IntegerCharacteristic")
                ],
                related_party=[
                    RelatedPartyOrPartyRole(
                        role="customer", party_or_party_role=PartyRef(id="1042", referred_type="Individual")
                    )
                ],
            )
        )
    },
)

API = OpenApi(
    number=637,
    name="productInventory",
    title="Product Inventory Management",
    versions=(V4, V5),
    resources=(PRODUCT,),
)
