"""The declared records agree with TM Forum's files: every attribute of a version is known, and none is invented."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.tmf.official import Official, official
from trunkline.tmf.apis import (
    communication,
    customer_bill,
    party_role,
    prepay_balance,
    product_catalog,
    product_inventory,
    usage,
)
from trunkline.tmf.declaration import V4, OpenApi, Operation, Resource, Version
from trunkline.tmf.shapes import Attribute, known, shape, shape_of

APIS = (
    product_catalog.API,
    product_inventory.API,
    party_role.API,
    usage.API,
    prepay_balance.API,
    customer_bill.API,
    communication.API,
)
CASES = [(api, resource, version) for api in APIS for version in api.versions for resource in api.resources]
IDS = [f"TMF{api.number}-{version}-{resource.name}" for api, resource, version in CASES]

OF_ANY_OBJECT = {"@type", "@baseType", "@schemaLocation"}
"""v4 leaves these out of many types, which says nothing about them."""

LEFT_TO_EXTENSION = {
    "Product.randomAtt": "a trace of the generator",
    "ProductRefOrValue.randomAtt": "a trace of the generator",
    "ProductPrice.billingAccount": "v5 has one account of the whole product",
    "TaxItem.id": "v5 has no such id",
    "TaxItem.href": "v5 has no such id",
    "CharacteristicRelationship.href": "of TMF635 alone",
    "BundledProductOffering.lifecycleStatus": "v5 has a reference there",
    "ProductSpecificationCharacteristicRelationship.charSpecSeq": "v5 has an id instead",
    "ProductOfferingPriceRefOrValue.priceAlteration": "v5 has another type of a price that is no reference",
    "ProductOfferingPriceRefOrValue.recurringChargePeriod": "as priceAlteration",
    "RelatedPartyRefOrValue.contactMedium": "of the party itself, where it is no reference",
    "RelatedPartyRefOrValue.creditRating": "as contactMedium",
    "RelatedPartyRefOrValue.externalReference": "as contactMedium",
    "RelatedPartyRefOrValue.partyCharacteristic": "as contactMedium",
    "RelatedPartyRefOrValue.relatedParty": "as contactMedium",
    "RelatedPartyRefOrValue.taxExemptionCertificate": "as contactMedium",
}
"""What v4's files have and the canonical shape has not. It comes and goes as any attribute of an extension does."""

BEYOND_THE_FILE = {
    "CharacteristicValueSpecification.value": "v5 has it in the subtypes, by the type of the value",
    "Characteristic.value": "v5 has it in the subtypes, by the type of the value",
    "RoleTypeRef.id": "the file requires it, and does not describe it",
    "RelatedParty.partyId": "of v5's reference to a role",
    "RelatedParty.partyName": "of v5's reference to a role",
    "RelatedPartyRefOrValue.partyId": "of v5's reference to a role",
    "RelatedPartyRefOrValue.partyName": "of v5's reference to a role",
    "RelatedPlaceRefOrValue.externalIdentifier": "of v5's place",
    "BillingAccountRef.ratingType": "of v5's TMF637",
    "Usage.partyAccount": "who pays, which an index answers",
    "Usage.customerBill": "where it counts, which an index answers",
    "Usage.appliedCustomerBillingRate": "where it counts, which an index answers",
    "Usage.corrects": "whose place it takes, which an index answers",
    "Usage.isCorrected": "whether another took its place, which an index answers",
    "Usage.correctedBy": "which that is, which an index answers",
}
"""What is described and not in the file, where an extension might have it as well."""

OTHER_TYPES = {
    "ProductOfferingPriceRefOrValue": "v4's price by value has little in common with v5's, which is kept as it comes",
    "ProductPriceValue": "the price within it",
}
"""Types of v4 of which only what they share with v5's is known."""


@pytest.mark.parametrize(("api", "resource", "version"), CASES, ids=IDS)
def test_every_attribute_of_the_official_file_is_known_and_none_is_invented(
    api: OpenApi, resource: Resource, version: Version
) -> None:
    file = official(api.number, version)
    found = sorted(
        set(differences(file, dict(shape_of(resource, version).attributes), typed(resource, version), version, set()))
    )
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("api", "resource", "version"), [case for case in CASES if Operation.CREATE in case[1].operations]
)
def test_what_is_required_is_required_by_the_official_file_or_by_the_profile(
    api: OpenApi, resource: Resource, version: Version
) -> None:
    file = official(api.number, version)
    name = typed(resource, version) + ("_Create" if version is V4 else "_FVO")
    required = attributes_of(file, name)[1] - {"@type"}
    # What the file requires and the conformance profile does not: the server gives it.
    given = {"lifecycleStatus", "lastUpdate", "priceType"}
    ours = {*resource.required, *(resource.v4.required if version is V4 else ())}
    assert ours == required - given


def typed(resource: Resource, version: Version) -> str:
    return shape_of(resource, version).type


Attributes = dict[str, Attribute]


def differences(file: Official, ours: Attributes, theirs: str, version: Version, seen: set[str]) -> Iterator[str]:
    """What is known and not there, or there and not known, in one of TM Forum's types and in all that it holds."""
    if theirs in seen:
        return
    seen.add(theirs)
    names = {name for name, attribute in ours.items() if not attribute.left_out}
    official_ones = attributes_of(file, theirs)[0]
    for name in official_ones.keys() - names:
        if f"{theirs}.{name}" not in LEFT_TO_EXTENSION and theirs not in OTHER_TYPES:
            yield f"{theirs}.{name} is not known"
    for name in names - official_ones.keys() - OF_ANY_OBJECT:
        if f"{theirs}.{name}" not in BEYOND_THE_FILE and theirs not in OTHER_TYPES:
            yield f"{theirs}.{name} is invented"
    for name in names & official_ones.keys():
        attribute = ours[name]
        if attribute.moved:  # what it holds stands further out in v5
            continue
        types = alternatives(file, official_ones[name])
        if bool(types) != bool(attribute.records):
            yield f"{theirs}.{name} holds objects in one of them only"
        if attribute.records and (attribute.many and not attribute.single) != (
            official_ones[name].get("type") == "array"
        ):
            yield f"{theirs}.{name} is an array in one of them only"
        by_name = known(attribute.records, version)
        for each in types:
            if len(types) == 1:
                yield from differences(file, together(attribute, version), each, version, seen)
            elif each in by_name:
                yield from differences(file, dict(shape(by_name[each], version).attributes), each, version, seen)


def together(attribute: Attribute, version: Version) -> Attributes:
    """The attributes of all types of which its objects may be: v4 has one type for a value or a reference."""
    merged: Attributes = {}
    for record in attribute.records:
        merged |= shape(record, version, attribute.flat).attributes
    return merged


def attributes_of(file: Official, name: str) -> tuple[dict[str, Any], set[str]]:
    """The attributes of one of TM Forum's types with all that it inherits, and what it must have."""
    schema = file.schemas[name]
    attributes, required = dict(schema.get("properties", {})), set(schema.get("required", ()))
    for part in schema.get("allOf", ()):
        if "$ref" in part:
            more, needed = attributes_of(file, referred(part))
        else:
            more, needed = part.get("properties", {}), set(part.get("required", ()))
        attributes, required = {**more, **attributes}, required | needed
    return attributes, required


def alternatives(file: Official, schema: dict[str, Any]) -> list[str]:
    """The names of the types of which an attribute's objects may be; [] where it holds none."""
    name = referred(schema.get("items", schema))
    held = file.schemas.get(name, {})
    if any("if" in part for part in held.get("allOf", ())):  # a oneOf, as `official` reads it
        return [referred({"$ref": ref}) for ref in held["discriminator"]["mapping"].values()]
    return [name] if "properties" in held or "allOf" in held else []


def referred(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]
