"""v4 and v5 are projections of one record: what either made is right in the other, and comes back the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.tmf.documents import documents
from trunkline.http.responses import component_schemas
from trunkline.store.query import Path
from trunkline.tmf.apis import APIS
from trunkline.tmf.apis.alarm import ALARM
from trunkline.tmf.apis.alarm import API as ALARMS
from trunkline.tmf.apis.performance import JOB, MEASUREMENT
from trunkline.tmf.apis.resource_inventory import RESOURCE
from trunkline.tmf.declaration import V4, V5, Projection, Resource, Task, Version
from trunkline.tmf.errors import Refusal
from trunkline.tmf.model.resource import Resource as ResourceRecord
from trunkline.tmf.validation import check
from trunkline.tmf.versions import canonical_path, described, read, write

BOTH = [ALARM, RESOURCE, *ALARMS.tasks[:1], *ALARMS.tasks[4:5]]
ADDED = {"@type", "id", "@referredType"}
"""What v5 requires of objects, or v4 of what it has flat."""

properties = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
of_both = st.sampled_from(BOTH)
of_any = st.sampled_from([of for api in APIS if len(api.versions) == 2 for of in (*api.resources, *api.tasks)])


def name(of: Resource | Task) -> str:
    return of.name


def without_added(document: Any, original: Any) -> Any:
    """`document` without what was added to the objects of `original`."""
    if isinstance(document, dict) and isinstance(original, dict):
        kept = {name: value for name, value in document.items() if name in original or name not in ADDED}
        return {name: without_added(value, original.get(name)) for name, value in kept.items()}
    if isinstance(document, list) and isinstance(original, list) and len(document) == len(original):
        return [without_added(*both) for both in zip(document, original, strict=True)]
    return document


@properties
@given(st.data())
def test_what_v4_made_comes_back_the_same_but_for_types_and_ids(data: st.DataObject) -> None:
    of = data.draw(of_any)
    document = data.draw(documents(of, V4))
    assert without_added(write(read(document, of, V4), of, V4), document) == document


@properties
@given(st.data())
def test_what_v5_made_stays_as_it_is(data: st.DataObject) -> None:
    of = data.draw(of_both | st.sampled_from([JOB, MEASUREMENT]))
    document = data.draw(documents(of, V5))
    canonical = read(document, of, V5)
    assert canonical == document
    assert write(canonical, of, V5) == document


@properties
@given(st.data())
def test_what_v5_made_without_types_is_given_them_and_nothing_else(data: st.DataObject) -> None:
    of = data.draw(of_both | st.sampled_from([JOB, MEASUREMENT]))
    document = data.draw(documents(of, V5, typed=False))
    canonical = read(document, of, V5)
    check(canonical, of, V5, creating=False, strict=False)
    assert without_added(canonical, document) == document


@properties
@given(st.data())
def test_what_is_right_in_one_version_is_right_in_the_other(data: st.DataObject) -> None:
    # What v4 says of a related product beside a reference is an extension in v5, which strict does not know.
    of, version = data.draw(of_any.filter(lambda of: of.name != "product")), data.draw(st.sampled_from([V4, V5]))
    document = data.draw(documents(of, version, extended=False))
    assume(is_right(document, of, version))
    canonical = read(document, of, version)
    check(canonical, of, V5, creating=False, strict=True)
    check(write(canonical, of, V4), of, V4, creating=False, strict=True)


def is_right(document: Any, of: Resource | Task, version: Version) -> bool:
    """Whether a document is right; one may have an attribute of a more special type than it says, or lack what v4 has
    further in, which is described as any object."""
    try:
        check(document, of, version, creating=False, strict=True)
    except Refusal as refusal:
        if refusal.code not in ("unknownAttribute", "missingAttribute"):
            raise
        return False
    return True


@properties
@given(st.data())
def test_what_v4_has_at_a_path_is_where_the_canonical_path_leads(data: st.DataObject) -> None:
    of = data.draw(of_any)
    document = data.draw(documents(of, V4, extended=False))
    assume(is_right(document, of, V4))
    canonical = read(document, of, V4)
    found = list(leaves(write(canonical, of, V4)))
    for path, value in found:
        # A type has another name in the other version, and what v4 adds to a flat reference v5 does not have.
        if path[-1] not in ("@type", "@referredType"):
            assert value in list(at(canonical, canonical_path(path, of, V4)))


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        for name, further in value.items():
            yield from leaves(further, (*path, name))
    elif isinstance(value, list):
        for further in value:
            yield from leaves(further, path)
    else:
        yield path, value


def at(value: Any, path: Path) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            yield from at(each, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from at(value[path[0]], path[1:])


def test_a_party_lies_one_level_deeper_in_v5() -> None:
    flat = {"id": "7", "name": "Els", "role": "owner", "@referredType": "Individual", "since": 2020}
    canonical = read({"relatedParty": [flat]}, RESOURCE, V4)
    assert canonical["relatedParty"] == [
        {
            "role": "owner",
            "@type": "RelatedPartyRefOrPartyRoleRef",
            "partyOrPartyRole": {
                "id": "7",
                "name": "Els",
                "@referredType": "Individual",
                "since": 2020,
                "@type": "PartyRef",
            },
        }
    ]
    assert write(canonical, RESOURCE, V4)["relatedParty"] == [{**flat, "@type": "RelatedParty"}]
    assert canonical_path(("relatedParty", "name"), RESOURCE, V4) == ("relatedParty", "partyOrPartyRole", "name")
    assert canonical_path(("relatedParty", "role"), RESOURCE, V4) == ("relatedParty", "role")


def test_a_role_of_a_party_is_known_by_the_type_that_it_refers_to() -> None:
    flat = [{"id": "7", "@referredType": type} for type in ("Organization", "Customer", "PartyRole")]
    canonical = read({"relatedParty": flat}, RESOURCE, V4)
    types = [party["partyOrPartyRole"]["@type"] for party in canonical["relatedParty"]]
    assert types == ["PartyRef", "PartyRoleRef", "PartyRoleRef"]


def test_v4_is_told_what_a_party_of_v5_refers_to() -> None:
    party = {"role": "owner", "partyOrPartyRole": {"id": "7", "@type": "PartyRoleRef"}}
    assert write({"relatedParty": [party]}, RESOURCE, V4)["relatedParty"] == [
        {"id": "7", "@referredType": "PartyRole", "role": "owner"}
    ]


def test_v4_has_the_first_of_a_resources_places() -> None:
    place = {"role": "site", "@type": "RelatedPlaceRef", "place": {"id": "ANT_HAVEN", "@type": "PlaceRef"}}
    told = write({"place": [place, place | {"role": "region"}]}, RESOURCE, V4)
    assert told["place"]["role"] == "site"
    assert told["place"]["id"] == "ANT_HAVEN"
    assert "place" not in write({"place": []}, RESOURCE, V4)
    assert read({"place": told["place"]}, RESOURCE, V4)["place"][0]["place"]["id"] == "ANT_HAVEN"


def test_a_place_of_which_v4_says_the_role_alone_is_one_in_v5() -> None:
    canonical = read({"place": [{"role": "site"}]}, ALARM, V4)
    assert canonical["place"] == [{"role": "site", "relatedPlace": {"@type": "Place"}, "@type": "RelatedPlace"}]


def test_parties_and_places_further_in_are_flat_in_v4_too() -> None:
    party = {"id": "7", "@referredType": "Organization"}
    told = {
        "resourceRelationship": [{"relationshipType": "contains", "resource": {"id": "2", "relatedParty": [party]}}]
    }
    canonical = read(told, RESOURCE, V4)
    inner = canonical["resourceRelationship"][0]["resource"]
    assert inner["@type"] == "Resource"
    assert inner["relatedParty"][0]["partyOrPartyRole"]["id"] == "7"
    assert without_added(write(canonical, RESOURCE, V4), told) == told


def test_a_relationship_without_an_id_has_that_of_what_it_leads_to() -> None:
    told = {"resourceRelationship": [{"relationshipType": "contains", "resource": {"id": "2"}}]}
    for version in (V4, V5):
        assert read(told, RESOURCE, version)["resourceRelationship"][0]["id"] == "2"


def test_a_word_that_v4_does_not_know_is_not_told_there() -> None:
    assert "resourceStatus" not in write({"resourceStatus": "planned"}, RESOURCE, V4)
    assert write({"resourceStatus": "suspended"}, RESOURCE, V4) == {"resourceStatus": "suspended"}
    of_v4_alone = read({"resourceStatus": "dismantled"}, RESOURCE, V4)
    assert write(of_v4_alone, RESOURCE, V4)["resourceStatus"] == "dismantled"


def test_a_type_is_called_as_the_version_calls_it() -> None:
    [ack, *_] = ALARMS.tasks
    document = {"@type": "AckAlarms", "alarmPattern": [{"alarmedObject": {"id": "7", "@type": "AlarmedObject"}}]}
    canonical = read(document, ack, V4)
    assert canonical["@type"] == "AckAlarm"
    assert canonical["alarmPattern"][0]["alarmedObject"]["@type"] == "AlarmedObjectRef"
    told = write(canonical, ack, V4)
    assert told["@type"] == "AckAlarms"
    assert told["alarmPattern"][0]["alarmedObject"]["@type"] == "AlarmedObject"


def test_an_object_that_may_be_a_reference_is_one_where_it_has_nothing_more() -> None:
    [ack, *_] = ALARMS.tasks
    patterns = [{"id": "7"}, {"perceivedSeverity": "major"}, {"id": "7", "note": "x"}]
    types = [pattern["@type"] for pattern in read({"alarmPattern": patterns}, ack, V4)["alarmPattern"]]
    assert types == ["AlarmRef", "Alarm", "AlarmRef"]


@pytest.mark.parametrize(
    ("value", "type"),
    [
        ("B20", "StringCharacteristic"),
        (3, "IntegerCharacteristic"),
        (0.5, "NumberCharacteristic"),
        (True, "BooleanCharacteristic"),
        ({"a": 1}, "ObjectCharacteristic"),
        ([1, 2], "IntegerArrayCharacteristic"),
        ([], "Characteristic"),
        (None, "Characteristic"),
    ],
)
def test_a_characteristic_is_typed_by_its_value(value: Any, type: str) -> None:
    document = {"resourceCharacteristic": [{"name": "x", "value": value}]}
    assert read(document, RESOURCE, V4)["resourceCharacteristic"] == [{"name": "x", "value": value, "@type": type}]


def test_a_more_special_type_keeps_its_own_attributes() -> None:
    document = {"@type": "PhysicalResource", "serialNumber": "D82K7714", "note": [{"text": "checked"}]}
    canonical = read(document, RESOURCE, V4)
    assert canonical["@type"] == "PhysicalResource"
    assert canonical["note"][0]["@type"] == "Note"


def test_what_is_null_is_left_out_but_not_within_an_extension() -> None:
    assert read({"name": None, "rack": {"row": None}}, RESOURCE, V5) == {"rack": {"row": None}, "@type": "Resource"}


def test_attributes_may_be_renamed_and_left_out() -> None:
    of = Resource("resource", ResourceRecord, v4=Projection(renamed={"name": "label"}, left_out=("category",)))
    canonical = {"name": "A", "category": "Rack", "note": []}
    assert write(canonical, of, V4) == {"label": "A", "note": []}
    assert read({"label": "A"}, of, V4) == {"name": "A", "@type": "Resource"}
    assert canonical_path(("label",), of, V4) == ("name",)
    assert set(properties_of(of)) >= {"label", "note"}
    assert not {"name", "category"} & set(properties_of(of))


def properties_of(of: Resource) -> dict[str, Any]:
    schema = component_schemas((described(of, V4),))["Resource"]
    return dict(schema["properties"])


def test_the_type_of_a_version_describes_its_shape() -> None:
    v4, v5 = (component_schemas((described(RESOURCE, version),)) for version in (V4, V5))
    assert {"id", "role", "@referredType"} <= set(v4["RelatedParty"]["properties"])
    assert "partyOrPartyRole" not in v4["RelatedParty"]["properties"]
    assert "id" not in v5["RelatedPartyRefOrPartyRoleRef"]["properties"]
    assert v5["PartyRefOrPartyRoleRef"]["required"] == ["@type", "id"]
    assert v4["Resource"]["properties"]["place"] == {"$ref": "#/components/schemas/RelatedPlaceRefOrValue"}
    assert v5["Resource"]["properties"]["startOperatingDate"]["format"] == "date-time"
    assert "serialNumber" in v5["Resource"]["properties"]


def test_the_type_of_a_new_document_requires_what_the_resource_does() -> None:
    new, old = (component_schemas((described(ALARM, V5, creating=it),)) for it in (True, False))
    assert set(new["Alarm_FVO"]["required"]) == {*ALARM.required, "@type"}
    assert old["Alarm"]["required"] == ["@type"]
    assert "Alarm_Create" in component_schemas((described(ALARM, V4, creating=True),))


@properties
@given(st.data())
def test_what_is_valid_by_the_described_type_is_accepted(data: st.DataObject) -> None:
    of, version = data.draw(of_both), data.draw(st.sampled_from([V4, V5]))
    document = data.draw(documents(of, version))
    msgspec.convert(document, described(of, version))
    check(document, of, version, creating=False, strict=False)
