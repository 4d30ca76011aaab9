"""A managed object as TMF639 tells of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.telco.network.records.lives import CELL, NOON
from trunkline.telco.model import NetworkResource, Source
from trunkline.telco.network.records.resources import LONGEST_ID
from trunkline.telco.network.records.resources import resource as document


def resource(dn: str = CELL, **fields: Any) -> NetworkResource:
    cls = dn.rpartition(",")[2].partition("=")[0]
    told = {"native_dn": f"SubNetwork=BE,{dn}", "cls": cls, "time": NOON, "source": Source(uri="file:///cm.xml")}
    return NetworkResource(dn=dn, **{**told, **fields})


def test_a_cell_is_a_logical_resource_with_its_place_and_what_it_lies_in() -> None:
    told = document(
        resource(
            vendor="Nokia",
            system="topology",
            user_label="Haven north",
            site="ANT_HAVEN_01",
            region="Antwerpen",
            technology="LTE",
            latitude=51.2,
            longitude=4.4,
            attributes={"pci": "17"},
        )
    )
    node = "ManagedElement=ANT_01,ENBFunction=1"
    assert told == {
        "id": CELL,
        "@type": "LogicalResource",
        "@baseType": "Resource",
        "name": "Haven north",
        "category": "EUtranCellFDD",
        "resourceCharacteristic": [
            {"@type": "StringCharacteristic", "name": "vendor", "valueType": "string", "value": "Nokia"},
            {"@type": "StringCharacteristic", "name": "technology", "valueType": "string", "value": "LTE"},
            {"@type": "StringCharacteristic", "name": "pci", "valueType": "string", "value": "17"},
            {"@type": "NumberCharacteristic", "name": "latitude", "valueType": "number", "value": 51.2},
            {"@type": "NumberCharacteristic", "name": "longitude", "valueType": "number", "value": 4.4},
        ],
        "resourceRelationship": [
            {
                "@type": "ResourceRelationship",
                "id": node,
                "relationshipType": "isContainedIn",
                "resource": {"id": node, "@type": "ResourceRef", "@referredType": "LogicalResource"},
            }
        ],
        "place": [
            {
                "@type": "RelatedPlaceRef",
                "role": "site",
                "place": {
                    "id": "ANT_HAVEN_01", "name": "ANT_HAVEN_01",
                    "@type": "PlaceRef", "@referredType": "GeographicSite",
                },
            },
            {
                "@type": "RelatedPlaceRef",
                "role": "region",
                "place": {
                    "id": "Antwerpen", "name": "Antwerpen", "@type": "PlaceRef", "@referredType": "GeographicArea",
                },
            },
        ],
        "externalIdentifier": [
            {
                "@type": "ExternalIdentifier", "externalIdentifierType": "DN",
                "id": f"SubNetwork=BE,{CELL}", "owner": "topology",
            }
        ],
    }  # fmt: skip


def test_a_node_lies_in_nothing_that_is_known_and_has_its_id_as_name() -> None:
    told = document(resource("ManagedElement=ANT_01"))
    assert told["name"] == "ANT_01"
    assert not {"resourceRelationship", "place", "resourceCharacteristic"} & told.keys()


def test_a_comma_in_a_name_is_no_step() -> None:
    (relationship,) = document(resource(r"ManagedElement=A\,B,ENBFunction=1\,2"))["resourceRelationship"]
    assert relationship["resource"]["id"] == r"ManagedElement=A\,B"
    assert "resourceRelationship" not in document(resource("cell 7"))


def test_a_name_that_is_too_long_for_an_id_has_one_that_stands_for_it() -> None:
    first, second = (document(resource(f"ManagedElement={'x' * 600}{end}")) for end in "ab")
    assert len(first["id"]) == len(second["id"]) == LONGEST_ID
    assert first["id"] != second["id"]
    assert document(resource(f"ManagedElement={'x' * 600}a"))["id"] == first["id"]


@pytest.mark.parametrize(
    ("name", "written", "told"),
    [
        ("administrativeState", "UNLOCKED", "unlocked"),
        ("administrativeState", "shuttingDown", "shutdown"),
        ("administrativeState", "SHUTTING_DOWN", "shutdown"),
        ("operationalState", "enabled", "enable"),
        ("operationalState", "DISABLED", "disable"),
        ("usageState", "Busy", "busy"),
    ],
)
def test_states_of_x731_are_told_in_the_words_of_tmf639(name: str, written: str, told: str) -> None:
    assert document(resource(attributes={name: written}))[name] == told
    assert document(resource(attributes={f"vsData.{name}": written}))[name] == told


def test_a_state_in_other_words_is_a_characteristic_alone() -> None:
    told = document(resource(attributes={"operationalState": "1"}))
    assert "operationalState" not in told
    assert {"operationalState": "1"}.items() <= {
        one["name"]: one["value"] for one in told["resourceCharacteristic"]
    }.items()


def test_the_same_object_in_a_later_file_is_the_same_document() -> None:
    assert document(resource()) == document(resource(time=NOON + timedelta(days=1), source=Source(uri="file:///b.xml")))
