"""The catalogue as TM Forum's records: one catalogue, a category a family, specifications, prices and offerings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from trunkline import document as yaml
from trunkline.faults import Place
from trunkline.tmf.apis.product_catalog import CATALOG, CATEGORY, OFFERING, PRICE, SPECIFICATION
from trunkline.tmf.catalogue import family as written
from trunkline.tmf.catalogue.reading import Catalogue, limits
from trunkline.tmf.declaration import Document, Resource
from trunkline.tmf.model.entity import UNSET, Entity, Maybe
from trunkline.tmf.model.product_catalog import Category, CategoryRef, ProductCatalog, ProductOfferingRef
from trunkline.tmf.model.product_offering import BundledProductOffering, BundledProductOfferingOption, ProductOffering
from trunkline.tmf.model.product_offering_price import (
    ProductOfferingPrice,
    ProductOfferingPriceRef,
    ProductOfferingTerm,
    TaxItem,
)
from trunkline.tmf.model.product_specification import (
    CharacteristicSpecification,
    CharacteristicValueSpecification,
    ProductSpecification,
    ProductSpecificationCharacteristicValueUse,
    ProductSpecificationRef,
)
from trunkline.tmf.model.value import Duration, Money, Quantity


class Entry(NamedTuple):
    """A document of the catalogue, and where in its file it is written."""

    of: Resource
    document: Document
    file: yaml.Document
    place: Place


def documents(catalogue: Catalogue) -> Iterator[Entry]:
    """All documents of the catalogue, what is referred to before what refers to it; without `lastUpdate`."""
    specifications, offerings = catalogue.specifications, catalogue.offerings
    for family, file in catalogue.families:
        for id, specification in family.specifications.items():
            yield _entry(SPECIFICATION, _specification(id, specification), file, ("specifications", id))
    for family, file in catalogue.families:
        for id, offering in family.offerings.items():
            place: Place = ("offerings", id)
            for name, price in offering.prices.items():
                record = _price(f"{id}-{name}", price, offering, price.tax or catalogue.whole.tax)
                yield _entry(PRICE, record, file, (*place, "prices", name))
            sold = specifications.get(offering.specification)
            parts = {part: offerings[part].name for part in offering.bundle}
            yield _entry(OFFERING, _offering(id, offering, family, sold, parts), file, place)
    for family, file in catalogue.families:
        yield _entry(CATEGORY, _category(family), file, ())
    yield _entry(CATALOG, _catalogue(catalogue), catalogue.file, ())


def _entry(of: Resource, record: Entity, file: yaml.Document, place: Place) -> Entry:
    return Entry(of, msgspec.to_builtins(record), file, place)


def _catalogue(catalogue: Catalogue) -> ProductCatalog:
    whole = catalogue.whole
    return ProductCatalog(
        id=whole.id,
        name=whole.name,
        description=_given(whole.description),
        version=whole.version,
        lifecycle_status=whole.lifecycle_status,
        catalog_type="ProductCatalog",
        category=[_category_ref(family) for family, _ in catalogue.families],
    )


def _category(family: written.Family) -> Category:
    return Category(
        id=family.id,
        name=family.name,
        description=_given(family.description),
        version=family.version,
        lifecycle_status=family.lifecycle_status,
        is_root=True,
        product_offering=[
            ProductOfferingRef(id=id, name=offering.name, referred_type="ProductOffering")
            for id, offering in family.offerings.items()
        ],
    )


def _category_ref(family: written.Family) -> CategoryRef:
    return CategoryRef(id=family.id, name=family.name, version=family.version, referred_type="Category")


def _specification(id: str, specification: written.Specification) -> ProductSpecification:
    return ProductSpecification(
        id=id,
        name=specification.name,
        description=_given(specification.description),
        version=specification.version,
        lifecycle_status=specification.lifecycle_status,
        brand=_given(specification.brand),
        product_number=_given(specification.product_number),
        is_bundle=False,
        product_spec_characteristic=[
            CharacteristicSpecification(
                name=name,
                description=_given(characteristic.description),
                value_type=characteristic.value_type,
                configurable=characteristic.configurable,
                characteristic_value_specification=[_value(value, characteristic) for value in characteristic.values],
            )
            for name, characteristic in specification.characteristics.items()
        ],
    )


def _specification_ref(id: str, specification: written.Specification) -> ProductSpecificationRef:
    return ProductSpecificationRef(
        id=id, name=specification.name, version=specification.version, referred_type="ProductSpecification"
    )


def _value(value: written.Value, characteristic: written.Characteristic) -> CharacteristicValueSpecification:
    return CharacteristicValueSpecification(
        type_=f"{characteristic.value_type.capitalize()}CharacteristicValueSpecification",
        value=value,
        value_type=characteristic.value_type,
        unit_of_measure=_given(characteristic.unit_of_measure),
        is_default=True if value == characteristic.default else UNSET,
    )


def _price(id: str, price: written.Price, offering: written.Offering, tax: written.Tax | None) -> ProductOfferingPrice:
    return ProductOfferingPrice(
        id=id,
        name=price.name,
        version=offering.version,
        lifecycle_status=offering.lifecycle_status,
        price_type=price.price_type,
        price=Money(unit=price.price.unit, value=price.price.value) if price.price else UNSET,
        percentage=price.percentage if price.percentage is not None else UNSET,
        recurring_charge_period_type=_given(price.every),
        recurring_charge_period_length=1 if price.every else UNSET,
        unit_of_measure=Quantity(amount=_amount(price.per)[0], units=_amount(price.per)[1]) if price.per else UNSET,
        tax=[TaxItem(tax_category=tax.tax_category, tax_rate=tax.tax_rate)] if tax and price.price else UNSET,
        is_bundle=False,
    )


def _offering(
    id: str,
    offering: written.Offering,
    family: written.Family,
    specification: written.Specification | None,
    parts: dict[str, str],
) -> ProductOffering:
    sold = _specification_ref(offering.specification, specification) if specification else UNSET
    return ProductOffering(
        id=id,
        name=offering.name,
        description=_given(offering.description),
        version=offering.version,
        lifecycle_status=offering.lifecycle_status,
        status_reason=_given(offering.status_reason),
        is_sellable=offering.is_sellable,
        is_bundle=bool(offering.bundle),
        category=[_category_ref(family)],
        product_specification=sold,
        prod_spec_char_value_use=[
            _use(name, value, specification.characteristics[name])
            for name, value in offering.characteristics.items()
            if specification
        ]
        or UNSET,
        product_offering_term=[
            ProductOfferingTerm(name=name, duration=Duration(amount=_amount(length)[0], units=_amount(length)[1]))
            for name, length in offering.terms.items()
        ]
        or UNSET,
        bundled_product_offering=[_part(part, parts[part], count) for part, count in offering.bundle.items()] or UNSET,
        product_offering_price=[
            ProductOfferingPriceRef(id=f"{id}-{name}", name=price.name, referred_type="ProductOfferingPrice")
            for name, price in offering.prices.items()
        ]
        or UNSET,
    )


def _use(
    name: str, value: written.Value, characteristic: written.Characteristic
) -> ProductSpecificationCharacteristicValueUse:
    return ProductSpecificationCharacteristicValueUse(
        name=name,
        value_type=characteristic.value_type,
        product_spec_characteristic_value=[_value(value, characteristic)],
    )


def _part(id: str, name: str, count: int | str) -> BundledProductOffering:
    least, most = limits(count)
    return BundledProductOffering(
        id=id,
        name=name,
        referred_type="ProductOffering",
        bundled_product_offering_option=BundledProductOfferingOption(
            number_rel_offer_default=least, number_rel_offer_lower_limit=least, number_rel_offer_upper_limit=most
        ),
    )


def _amount(text: str) -> tuple[int, str]:
    amount, _, units = text.partition(" ")
    return int(amount), units


def _given(text: str) -> Maybe[str]:
    return text or UNSET
