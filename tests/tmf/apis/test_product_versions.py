"""Offerings, products and roles in both versions: what one of them made is right in the other, and back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tmf.official import official
from trunkline.tmf.apis import party_role, product_catalog, product_inventory
from trunkline.tmf.apis.party_role import PARTY_ROLE
from trunkline.tmf.apis.product_catalog import CATALOG, CATEGORY, OFFERING, PRICE, SPECIFICATION
from trunkline.tmf.apis.product_inventory import PRODUCT
from trunkline.tmf.declaration import V4, V5, Document, OpenApi, Resource
from trunkline.tmf.errors import Refusal
from trunkline.tmf.lifecycle import begin
from trunkline.tmf.serving.parameters import told_as
from trunkline.tmf.shapes import shape_of
from trunkline.tmf.validation import check
from trunkline.tmf.versions import canonical_path, read, write

APIS = (product_catalog.API, product_inventory.API, party_role.API)

PRODUCT_OF_V4: Document = {
    "@type": "Product",
    "name": "Fibre 500 at home",
    "status": "active",
    "agreement": [{"id": "A1", "href": "/agreement/A1", "name": "Household", "agreementItemId": "2"}],
    "productOrderItem": [{"productOrderId": "O7", "orderItemId": "1", "orderItemAction": "add", "role": "origin"}],
    "place": [{"id": "9912", "role": "installation", "@referredType": "GeographicAddress"}],
    "relatedParty": [{"id": "45", "name": "Jean", "role": "customer", "@referredType": "Individual"}],
    "productCharacteristic": [{"name": "downloadSpeed", "valueType": "integer", "value": 500}],
    "productPrice": [
        {
            "priceType": "recurring",
            "price": {"taxIncludedAmount": {"unit": "EUR", "value": 45.0}},
            "productPriceAlteration": [{"priceType": "discount", "price": {"percentage": 10.0}}],
        }
    ],
    "productRelationship": [
        {"relationshipType": "bundled", "product": {"id": "P2", "name": "Wi-Fi", "status": "active"}},
        {"relationshipType": "reliesOn", "product": {"id": "P3"}},
    ],
}

MADE_BY_V4: list[tuple[OpenApi, Resource, Document]] = [
    (product_inventory.API, PRODUCT, PRODUCT_OF_V4),
    (product_catalog.API, CATALOG, {"name": "Consumer", "@type": "Catalog", "category": [{"id": "fibre"}]}),
    (product_catalog.API, CATEGORY, {"name": "Fibre", "parentId": "internet", "subCategory": [{"id": "business"}]}),
    (
        product_catalog.API,
        SPECIFICATION,
        {
            "name": "Fibre access",
            "productSpecCharacteristic": [
                {
                    "name": "downloadSpeed",
                    "productSpecCharacteristicValue": [{"value": 500, "unitOfMeasure": "Mbit/s"}, {"value": "most"}],
                    "productSpecCharRelationship": [{"id": "S2", "href": "/s/2", "name": "uploadSpeed"}],
                }
            ],
        },
    ),
    (
        product_catalog.API,
        PRICE,
        {"name": "Monthly fee", "constraint": [{"id": "C1"}], "price": {"unit": "EUR", "value": 45.0}},
    ),
    (
        product_catalog.API,
        OFFERING,
        {
            "name": "Fibre 500",
            "productOfferingPrice": [{"id": "monthly"}, {"name": "Once", "price": {"taxRate": 21.0}}],
            "attachment": [{"url": "https://example.org/fibre.pdf", "mimeType": "application/pdf"}],
        },
    ),
    (
        party_role.API,
        PARTY_ROLE,
        {
            "name": "Ericsson as supplier",
            "roleType": {"name": "supplier"},
            "engagedParty": {"id": "ericsson", "name": "Ericsson", "@referredType": "Organization"},
            "relatedParty": [{"id": "7", "role": "contact", "@referredType": "Individual"}],
            "account": [{"name": "Main"}],
        },
    ),
]
NAMES = [resource.name for _, resource, _ in MADE_BY_V4]


@pytest.mark.parametrize(("api", "resource", "made"), MADE_BY_V4, ids=NAMES)
def test_what_v4_made_is_right_in_v5_and_comes_back_to_v4(api: OpenApi, resource: Resource, made: Document) -> None:
    check(made, resource, V4, creating=True, strict=False)
    canonical = read(made, resource, V4)
    assert includes(write(canonical, resource, V4), made)
    told = {"id": "1", "href": "/1", **canonical}
    check(told, resource, V5, creating=False, strict=False)
    assert official(api.number, V4).errors(shape_of(resource, V4).type, write(told, resource, V4)) == []
    if V5 in api.versions:
        assert official(api.number, V5).errors(resource.type, told) == []


@pytest.mark.parametrize("api", [api for api in APIS if V5 in api.versions], ids=lambda api: f"TMF{api.number}")
def test_the_official_examples_are_accepted_and_right_in_both_versions(api: OpenApi) -> None:
    file, old = official(api.number, V5), official(api.number, V4)
    by_type = {resource.type: resource for resource in api.resources}
    accepted = 0
    for example in file.examples:
        resource = by_type.get(example.schema.removesuffix("_FVO"))
        if resource is None or not isinstance(example.document, dict) or file.errors(example.schema, example.document):
            continue
        if example.schema == resource.type and not example.document.get("name"):  # an answer to `fields`
            continue
        accepted += 1
        check(example.document, resource, V5, creating=True, strict=False)
        canonical = read(example.document, resource, V5)
        assert canonical == example.document, example.place
        begin(resource, dict(canonical))
        assert old.errors(shape_of(resource, V4).type, write(canonical, resource, V4)) == [], example.place
    assert accepted >= 7


@pytest.mark.parametrize(("api", "resource"), [(api, each) for api in APIS for each in api.resources])
def test_our_own_examples_are_right_in_every_version(api: OpenApi, resource: Resource) -> None:
    example = {"id": "1", "href": "/1", **resource.examples[V5]}
    check(example, resource, V5, creating=True, strict=True)
    for version in api.versions:
        type = shape_of(resource, version).type
        assert official(api.number, version).errors(type, write(example, resource, version)) == []


def test_a_product_is_related_to_another_one_level_deeper_in_v4() -> None:
    [first, second] = read(PRODUCT_OF_V4, PRODUCT, V4)["productRelationship"]
    assert (first["id"], first["name"], first["relationshipType"]) == ("P2", "Wi-Fi", "bundled")
    assert first["product"] == {"status": "active"}
    assert second == {"@type": "ProductRelationship", "id": "P3", "relationshipType": "reliesOn"}
    cases: list[tuple[Document, str]] = [({}, "product"), ({"product": {}}, "product.id")]
    for wrong, missing in cases:
        product = {"status": "active", "productRelationship": [{"relationshipType": "bundled", **wrong}]}
        with pytest.raises(Refusal, match=rf"productRelationship\[0\].{missing} is missing"):
            check(product, PRODUCT, V4, creating=True, strict=False)


def test_v4_requires_a_status_of_a_new_product_and_a_value_of_a_characteristic() -> None:
    for wrong, missing in (({}, "status"), ({"status": "created", "productCharacteristic": [{"name": "a"}]}, "value")):
        with pytest.raises(Refusal, match=f"{missing} is missing"):
            check(wrong, PRODUCT, V4, creating=True, strict=False)
        check({"@type": "Product", **wrong}, PRODUCT, V5, creating=True, strict=False)
    check({"name": "Fibre"}, PRODUCT, V4, creating=False, strict=True)
    told = write({"productCharacteristic": [{"@type": "Characteristic", "name": "a"}]}, PRODUCT, V4)
    assert told["productCharacteristic"] == [{"@type": "Characteristic", "name": "a", "value": None}]
    check(told, PRODUCT, V4, creating=False, strict=True)


def test_a_category_names_its_parent_by_the_id_alone_in_v4() -> None:
    canonical = read({"name": "Fibre", "parentId": "internet"}, CATEGORY, V4)
    assert canonical["parent"] == {"@type": "CategoryRef", "id": "internet"}
    canonical["parent"]["name"] = "Internet"
    assert write(canonical, CATEGORY, V4) == {"@type": "Category", "name": "Fibre", "parentId": "internet"}
    assert canonical["parent"]["name"] == "Internet"


@pytest.mark.parametrize(
    ("resource", "path", "canonical"),
    [
        (CATEGORY, "parentId", "parent.id"),
        (PRODUCT, "agreement.id", "agreementItem.agreementId"),
        (PRODUCT, "productOrderItem.productOrderId", "productOrderItem.orderId"),
        (PRODUCT, "relatedParty.id", "relatedParty.partyOrPartyRole.id"),
        (PRODUCT, "relatedParty.role", "relatedParty.role"),
        (PRODUCT, "place.id", "place.place.id"),
        (PRODUCT, "productRelationship.product.id", "productRelationship.id"),
        (PRODUCT, "productRelationship.product.status", "productRelationship.product.status"),
        (PRODUCT, "productRelationship.relationshipType", "productRelationship.relationshipType"),
        (SPECIFICATION, "productSpecCharacteristic.productSpecCharacteristicValue.value", None),
        (PRICE, "constraint.id", "policy.id"),
    ],
)
def test_a_filter_of_v4_finds_where_the_record_has_it(resource: Resource, path: str, canonical: str | None) -> None:
    wanted = canonical or "productSpecCharacteristic.characteristicValueSpecification.value"
    assert ".".join(canonical_path(tuple(path.split(".")), resource, V4)) == wanted


def test_the_openapi_document_names_the_filters_that_an_index_answers_as_the_version_calls_them() -> None:
    assert told_as(("parent", "id"), CATEGORY, V4) == ("parentId",)
    assert told_as(("parent", "id"), CATEGORY, V5) == ("parent", "id")
    assert told_as(("relatedParty", "partyOrPartyRole", "id"), PRODUCT, V4) == ("relatedParty", "id")


def includes(found: Any, wanted: Any) -> bool:
    """Whether all of `wanted` is there, besides what may have been added."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(includes(found.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(includes, found, wanted))
    return bool(found == wanted)
