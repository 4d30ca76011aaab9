"""TMF620 Product Catalog Management, v4.1 and v5.0: what the operator sells, as which product, at which price.

`importJob` and `exportJob` are not offered: a catalogue is loaded by `trunkline catalogue load` (conformance profile:
optional). The profile asks for a name alone where one is made; the server gives the state and the time of the change.
"""

from __future__ import annotations

import msgspec

from trunkline.tmf.declaration import V4, V5, Lifecycle, OpenApi, Resource, boolean, text, time
from trunkline.tmf.model.product_catalog import Category, CategoryRef, ProductCatalog
from trunkline.tmf.model.product_offering import ProductOffering
from trunkline.tmf.model.product_offering_price import ProductOfferingPrice, ProductOfferingPriceRef, TaxItem
from trunkline.tmf.model.product_specification import (
    CharacteristicSpecification,
    CharacteristicValueSpecification,
    ProductSpecification,
    ProductSpecificationRef,
)
from trunkline.tmf.model.value import Money

LIFECYCLE = Lifecycle(
    "lifecycleStatus",
    initial="In study",
    after={
        "In study": ("In design",),
        "In design": ("In test",),
        "In test": ("Active", "Rejected"),
        "Active": ("Launched", "Retired"),
        "Launched": ("Retired",),
        "Retired": ("Obsolete",),
    },
)
"""Of all that is in a catalogue (TMF620 user guide, "Lifecycle management"). What is active is ready, but not sold yet;
customers can buy what is launched, and keep what is retired."""

CATALOG = Resource(
    "productCatalog",
    ProductCatalog,
    v4_name="catalog",
    required=("name",),
    attributes=(text("name"), text("lifecycleStatus"), text("catalogType"), time("lastUpdate")),
    lifecycle=LIFECYCLE,
    updated="lastUpdate",
    examples={
        V5: msgspec.to_builtins(
            ProductCatalog(
                name="BelgiCom consumer",
                catalog_type="ProductCatalog",
                category=[CategoryRef(id="fibre", name="Fibre")],
            )
        )
    },
)

CATEGORY = Resource(
    "category",
    Category,
    required=("name",),
    attributes=(text("name"), text("lifecycleStatus"), text("parent.id"), boolean("isRoot"), time("lastUpdate")),
    lifecycle=LIFECYCLE,
    updated="lastUpdate",
    examples={V5: msgspec.to_builtins(Category(name="Fibre", description="Internet over fibre.", is_root=True))},
)

SPECIFICATION = Resource(
    "productSpecification",
    ProductSpecification,
    required=("name",),
    attributes=(text("name"), text("lifecycleStatus"), text("productNumber"), text("brand"), time("lastUpdate")),
    elements=((("productSpecCharacteristic",), (("name",), ("characteristicValueSpecification", "value"))),),
    lifecycle=LIFECYCLE,
    updated="lastUpdate",
    examples={
        V5: msgspec.to_builtins(
            ProductSpecification(
                name="Fibre access",
                brand="BelgiCom",
                product_spec_characteristic=[
                    CharacteristicSpecification(
                        name="downloadSpeed",
                        value_type="integer",
                        configurable=True,
                        characteristic_value_specification=[
                            CharacteristicValueSpecification(
                                type_="IntegerCharacteristicValueSpecification", value=speed, unit_of_measure="Mbit/s"
                            )
                            for speed in (500, 1000)
                        ],
                    )
                ],
            )
        )
    },
)

PRICE = Resource(
    "productOfferingPrice",
    ProductOfferingPrice,
    required=("name",),
    attributes=(text("name"), text("lifecycleStatus"), text("priceType"), time("lastUpdate")),
    lifecycle=LIFECYCLE,
    updated="lastUpdate",
    examples={
        V5: msgspec.to_builtins(
            ProductOfferingPrice(
                name="Fibre 500, monthly",
                price_type="recurring",
                recurring_charge_period_type="month",
                recurring_charge_period_length=1,
                price=Money(unit="EUR", value=45.0),
                tax=[TaxItem(tax_category="VAT", tax_rate=21.0)],
            )
        )
    },
)

OFFERING = Resource(
    "productOffering",
    ProductOffering,
    required=("name",),
    attributes=(
        text("name"),
        text("lifecycleStatus"),
        text("category.id"),
        text("productSpecification.id"),
        text("productOfferingPrice.id"),
        text("bundledProductOffering.id"),
        boolean("isSellable"),
        boolean("isBundle"),
        time("lastUpdate"),
    ),
    elements=((("prodSpecCharValueUse",), (("name",), ("productSpecCharacteristicValue", "value"))),),
    lifecycle=LIFECYCLE,
    updated="lastUpdate",
    examples={
        V5: msgspec.to_builtins(
            ProductOffering(
                name="Fibre 500",
                is_sellable=True,
                product_specification=ProductSpecificationRef(id="fibre-access", name="Fibre access"),
                product_offering_price=[ProductOfferingPriceRef(id="fibre-500-monthly", name="Fibre 500, monthly")],
            )
        )
    },
)

API = OpenApi(
    number=620,
    name="productCatalogManagement",
    title="Product Catalog Management",
    versions=(V4, V5),
    resources=(CATALOG, CATEGORY, OFFERING, PRICE, SPECIFICATION),
)
