"""What is not right in a document is refused, with the path of the attribute."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tmf.documents import documents, texts
from trunkline.tmf.apis import APIS
from trunkline.tmf.apis.alarm import ALARM
from trunkline.tmf.apis.alarm import API as ALARMS
from trunkline.tmf.apis.performance import INDICATOR, JOB
from trunkline.tmf.apis.product_inventory import PRODUCT
from trunkline.tmf.apis.resource_inventory import RESOURCE
from trunkline.tmf.declaration import V4, V5, Projection, Resource, Task, Version
from trunkline.tmf.errors import Refusal
from trunkline.tmf.model.event import Event
from trunkline.tmf.shapes import shape_of
from trunkline.tmf.validation import check
from trunkline.tmf.versions import read, write

OF: list[Resource | Task] = [of for api in APIS for of in (*api.resources, *api.tasks)]
NAMES = sorted({name for of in OF for version in (V4, V5) for name in shape_of(of, version).attributes})
RAISED: dict[str, Any] = {
    "@type": "Alarm",
    "state": "raised",
    "alarmType": "equipmentAlarm",
    "perceivedSeverity": "major",
    "probableCause": "powerProblem",
    "alarmedObject": {"@type": "AlarmedObjectRef", "id": "7"},
    "sourceSystemId": "enm",
    "alarmRaisedTime": "2026-03-09T02:14:30Z",
}


def refusal(
    document: Any,
    of: Resource | Task = RESOURCE,
    version: Version = V5,
    *,
    creating: bool = False,
    strict: bool = False,
) -> tuple[str, str]:
    with pytest.raises(Refusal) as refused:
        check(document, of, version, creating=creating, strict=strict)
    assert refused.value.status == 400
    return refused.value.code, str(refused.value)


@pytest.mark.parametrize("version", [V4, V5])
@pytest.mark.parametrize("strict", [False, True])
def test_a_right_document_is_accepted(version: Version, strict: bool) -> None:
    check(RAISED, ALARM, version, creating=True, strict=strict)


@pytest.mark.parametrize("name", ALARM.required)
def test_what_a_new_document_must_have_is_asked_for(name: str) -> None:
    for document in ({key: value for key, value in RAISED.items() if key != name}, RAISED | {name: None}):
        assert refusal(document, ALARM, creating=True) == ("missingAttribute", f"{name} is missing: it is required")
        check(document, ALARM, V5, creating=False, strict=False)


def test_v4_may_require_more_of_a_new_document() -> None:
    assert refusal({}, RESOURCE, V4, creating=True)[1] == "name is missing: it is required"
    check({"@type": "Resource"}, RESOURCE, V5, creating=True, strict=False)
    check({}, RESOURCE, V4, creating=False, strict=True)


def test_v5_requires_a_new_document_to_say_its_type() -> None:
    assert refusal({}, RESOURCE, V5, creating=True)[1] == "@type is missing: it is required"
    check({}, RESOURCE, V5, creating=False, strict=False)


def test_what_must_be_there_is_called_as_the_version_calls_it() -> None:
    of = Resource("event", Event, required=("timeOccurred",), v4=Projection(renamed={"timeOccurred": "timeOcurred"}))
    assert refusal({}, of, V4, creating=True)[1] == "timeOcurred is missing: it is required"
    check({"timeOcurred": "2026-03-09T02:14:30Z"}, of, V4, creating=True, strict=True)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"name": 7}, "name is not a text: it is a number"),
        ({"description": ["x"]}, "description is not a text: it is an array"),
        ({"startOperatingDate": 2026}, "startOperatingDate is not a time as text: it is a number"),
        ({"note": {"text": "x"}}, "note is not an array: it is an object"),
        ({"note": [{"text": "x"}, "y"]}, "note[1] is not an object: it is a text"),
        ({"note": [{"text": False}]}, "note[0].text is not a text: it is a bool"),
        ({"validFor": "today"}, "validFor is not an object: it is a text"),
        ({"validFor": {"startDateTime": 1}}, "validFor.startDateTime is not a time as text: it is a number"),
        ({"activationFeature": [{"name": "x", "isEnabled": 1}]}, "activationFeature[0].isEnabled is not true or false"),
        ({"relatedParty": [{"partyOrPartyRole": {}}]}, "relatedParty[0].partyOrPartyRole.id is missing"),
        ({"resourceCharacteristic": [{"value": 3}]}, "resourceCharacteristic[0].name is missing"),
        ({"resourceRelationship": [{"resource": {"id": 3}}]}, "resourceRelationship[0].resource.id is not a text"),
        ({"@type": 7}, "@type is not a text"),
        ([], "a Resource is a JSON object: this is an array"),
        (None, "a Resource is a JSON object: this is null"),
    ],
)
def test_what_is_of_the_wrong_type_is_named_with_its_path(document: Any, message: str) -> None:
    assert refusal(document)[1].startswith(message)


def test_numbers_are_numbers_and_integers_are_whole() -> None:
    for whole in (3, 3.0):
        check({"jobPriority": whole}, JOB, V5, creating=False, strict=False)
    assert refusal({"jobPriority": 3.5}, JOB)[1] == "jobPriority is not an integer: it is a number"
    assert refusal({"jobPriority": True}, JOB)[1] == "jobPriority is not an integer: it is a bool"
    attachment = {"id": "7", "size": {"amount": 3}}
    check({"attachment": [attachment]}, RESOURCE, V5, creating=False, strict=False)
    attachment["size"] = {"amount": "3"}
    assert refusal({"attachment": [attachment]})[1] == "attachment[0].size.amount is not a number: it is a text"


def test_a_value_that_may_be_anything_may_be() -> None:
    for value in (None, 1, "x", [[]], {"x": None}):
        document = {"resourceCharacteristic": [{"name": "x", "value": value, "@type": "Characteristic"}]}
        check(document | {"@type": "Resource"}, RESOURCE, V5, creating=True, strict=True)


def test_v4_is_checked_in_the_shape_of_v4() -> None:
    check({"relatedParty": [{"id": "7", "name": "Els"}], "place": {"role": "site", "id": "8"}}, RESOURCE, V4,
          creating=False, strict=True)  # fmt: skip
    assert refusal({"relatedParty": [{"role": "owner"}]}, version=V4)[1].startswith("relatedParty[0].id is missing")
    assert refusal({"relatedParty": [{"id": 7}]}, version=V4)[1].startswith("relatedParty[0].id is not a text")
    assert refusal({"place": [{"id": "7"}]}, version=V4)[1] == "place is not an object: it is an array"
    assert refusal({"place": {"id": "7"}}, version=V4)[1] == "place.role is missing: it is required"


def test_a_reference_without_an_id_is_accepted_where_something_else_serves_as_one() -> None:
    check({"place": {"role": "site", "name": "Antwerp harbour"}}, RESOURCE, V4, creating=False, strict=True)
    check({"alarmedObject": {"href": "/resource/7"}}, ALARM, V4, creating=False, strict=True)
    assert refusal({"alarmedObject": {"@type": "Cell"}}, ALARM, V4)[1] == "alarmedObject.id is missing: it is required"


def test_lenient_takes_other_words_times_and_attributes() -> None:
    document = RAISED | {"state": "weird", "alarmRaisedTime": "yesterday", "colour": "red", "place": None}
    check(document, ALARM, V5, creating=True, strict=False)


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"state": "weird"}, "unknownValue", "state is none of its values: 'weird'; they are: raised"),
        ({"alarmRaisedTime": "yesterday"}, "wrongTime", "alarmRaisedTime is no time: 'yesterday'"),
        ({"alarmRaisedTime": "2026-03-09T02:14:30"}, "wrongTime", "alarmRaisedTime is no time"),
        ({"colour": "red"}, "unknownAttribute", "colour is no attribute of Alarm"),
        ({"comment": None}, "wrongType", "comment is not an array: it is null"),
        ({"externalAlarmId": None}, "wrongType", "externalAlarmId is not a text: it is null"),
        ({"comment": [{"comment": "x"}]}, "missingAttribute", "comment[0].@type is missing"),
        ({"alarmedObject": {"@type": "AlarmedObjectRef", "id": "7", "colour": "red"}}, "unknownAttribute",
         "alarmedObject.colour is no attribute of AlarmedObjectRef"),
    ],
)  # fmt: skip
def test_strict_refuses_what_the_standard_does_not_know(change: dict[str, Any], code: str, message: str) -> None:
    found = refusal(RAISED | change, ALARM, creating=True, strict=True)
    assert found[0] == code
    assert found[1].startswith(message)


def test_strict_wants_the_type_of_a_document_in_v5_alone() -> None:
    untyped = {name: value for name, value in RAISED.items() if name != "@type"}
    assert refusal(untyped, ALARM, creating=True, strict=True)[1] == "@type is missing: it is required"
    check(untyped, ALARM, V4, creating=True, strict=True)


def test_strict_takes_attributes_of_a_more_special_type() -> None:
    for said in (
        {"@type": "OpticalAlarm", "@baseType": "Alarm"},
        {"@schemaLocation": "https://belgicom.be/alarm.json"},
    ):
        check(RAISED | said | {"wavelength": 1550}, ALARM, V5, creating=True, strict=True)
    check({"@type": "PhysicalResource", "serialNumber": "7"}, RESOURCE, V5, creating=True, strict=True)
    for known in ("Resource", "LogicalResource"):
        found = refusal({"@type": known, "serialNumber": "7"}, creating=True, strict=True)
        assert found[1].startswith(f"serialNumber is no attribute of {known}")


def test_a_value_by_reference_has_only_the_attributes_of_a_reference() -> None:
    [ack, *_] = ALARMS.tasks
    pattern = {"@type": "AlarmRef", "id": "7", "state": "raised"}
    found = refusal({"@type": "AckAlarm", "alarmPattern": [pattern]}, ack, strict=True)
    assert found[1].startswith("alarmPattern[0].state is no attribute of AlarmRef")
    check({"@type": "AckAlarm", "alarmPattern": [pattern | {"@type": "Alarm"}]}, ack, V5, creating=False, strict=True)


def test_v4_knows_fewer_words() -> None:
    for version, words in ((V4, "standby"), (V5, "planned")):
        check({"@type": "Resource", "resourceStatus": words}, RESOURCE, version, creating=False, strict=True)
    assert refusal({"resourceStatus": "planned"}, RESOURCE, V4, strict=True)[0] == "unknownValue"


def test_what_v4_has_further_in_is_checked_there() -> None:
    for product, message in (
        ({"name": "x"}, "productRelationship[0].product.id is missing: it is required"),
        ({"id": 7}, "productRelationship[0].product.id is not a text: it is a number"),
    ):
        relationship = {"relationshipType": "reliesOn", "product": product}
        assert refusal({"productRelationship": [relationship]}, PRODUCT, V4)[1] == message


def test_a_long_value_is_shown_in_part() -> None:
    document = {"@type": "PerformanceIndicatorSpecification", "indicatorType": "x" * 10_000}
    assert len(refusal(document, INDICATOR, strict=True)[1]) < 300


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text(max_size=3),
    lambda further: (
        st.lists(further, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | texts, further, max_size=4)
    ),
    max_leaves=12,
)


@st.composite
def spoilt(draw: st.DrawFn, of: Resource | Task, version: Version) -> Any:
    """A right document with something else in place of one of its values."""
    document = draw(documents(of, version))
    at: Any = document
    while True:
        places = sorted(at) if isinstance(at, dict) else range(len(at))
        place = draw(st.sampled_from(places)) if places else None
        if place is None:
            return document
        if not isinstance(at[place], dict | list) or draw(st.booleans()):
            at[place] = draw(json_values)
            return document
        at = at[place]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_anything_is_accepted_or_refused_and_what_is_accepted_can_be_read_and_told(data: st.DataObject) -> None:
    of, version = data.draw(st.sampled_from(OF)), data.draw(st.sampled_from([V4, V5]))
    document = data.draw(spoilt(of, version) | json_values)
    try:
        check(document, of, version, creating=data.draw(st.booleans()), strict=data.draw(st.booleans()))
    except Refusal:
        return
    for other in (V4, V5):
        write(read(document, of, version), of, other)
