"""The query of a subscription: which events, and what of them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tmf.hub.house import ACK, ALARM, ALARMS
from trunkline.tmf.declaration import V4, V5, Resource, Version
from trunkline.tmf.errors import Refusal
from trunkline.tmf.hub.query import interest
from trunkline.tmf.hub.telling import told

CRITICAL = {
    "id": "1",
    "@type": "Alarm",
    "perceivedSeverity": "critical",
    "alarmRaisedTime": "2026-03-09T12:00:00Z",
    "alarmedObject": {"@type": "AlarmedObjectRef", "id": "cell-1"},
}
ACKED = {"id": "7", "@type": "AckAlarm", "state": "done", "ackUserId": "jan"}


def is_told(
    query: str, type: str = "AlarmCreateEvent", document: Any = CRITICAL, of: Resource = ALARM, version: Version = V5
) -> bool:
    return interest(query, ALARMS, version).meets(of, type, document)


def test_without_a_query_all_events_of_the_api_are_told() -> None:
    assert is_told("")
    assert is_told("", "AckAlarmCreateEvent", ACKED, ACK.resource)


def test_the_types_of_events_are_named_by_commas_or_one_by_one() -> None:
    for query in (
        "eventType=AlarmCreateEvent,AlarmDeleteEvent",
        "?eventType=AlarmCreateEvent&eventType=AlarmDeleteEvent",
    ):
        assert is_told(query)
        assert is_told(query, "AlarmDeleteEvent")
        assert not is_told(query, "AlarmStateChangeEvent")


def test_v4_names_the_events_of_a_task_in_its_own_words() -> None:
    assert is_told("eventType=AckAlarmsCreateEvent", "AckAlarmCreateEvent", ACKED, ACK.resource, V4)
    with pytest.raises(Refusal):
        interest("eventType=AckAlarmCreateEvent", ALARMS, V4)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("perceivedSeverity=critical", True),
        ("event.alarm.perceivedSeverity=critical", True),
        ("perceivedSeverity=major,critical", True),
        ("perceivedSeverity=minor", False),
        ("event.alarm.perceivedSeverity=minor", False),
        ("alarmedObject.id=cell-1", True),
        ("alarmRaisedTime.gt=2026-03-09T11:00:00Z", True),
        ("alarmRaisedTime%3C2026-03-09T11:00:00Z", False),
        ("perceivedSeverity=critical&alarmedObject.id=cell-2", False),
        ("perceivedSeverity=critical&eventType=AlarmCreateEvent", True),
        ("perceivedSeverity=critical&eventType=AlarmDeleteEvent", False),
    ],
)
def test_events_are_filtered_by_their_resource_as_a_list_is(query: str, expected: bool) -> None:
    assert is_told(query) is expected


def test_an_event_of_a_resource_without_the_attribute_is_not_told() -> None:
    assert not is_told("perceivedSeverity=critical", "AckAlarmCreateEvent", ACKED, ACK.resource)
    assert not is_told("event.alarm.id=7", "AckAlarmCreateEvent", ACKED, ACK.resource)
    assert is_told("event.ackAlarm.id=7", "AckAlarmCreateEvent", ACKED, ACK.resource)


@pytest.mark.parametrize(
    "query",
    [
        "eventType=ProductCreateEvent",
        "eventType=",
        "colour=red",
        "event.product.name=x",
        "event.perceivedSeverity=critical",
        "perceivedSeverity=critical&offset=10",
        "limit=5",
        "sort=id",
        "alarmRaisedTime.gt=yesterday",
        "filter=$[?(",
        "fields=a..b",
        "perceivedSeverity=\x00",
        "perceivedSeverity=%00",
        "&".join(f"id={n}" for n in range(101)),
        "id=" + "x" * 5_000,
    ],
)
def test_a_query_that_cannot_be_read_or_that_nothing_could_meet_is_refused(query: str) -> None:
    for version in (V4, V5):
        with pytest.raises(Refusal) as refused:
            interest(query, ALARMS, version)
        assert refused.value.status == 400


@given(st.text(max_size=80), st.sampled_from(["", "eventType=", "fields=", "event.alarm.", "filter=", "id.gt="]))
def test_any_query_is_read_or_refused(text: str, before: str) -> None:
    with suppress(Refusal):
        interest(before + text, ALARMS, V5).meets(ALARM, "AlarmCreateEvent", CRITICAL)


EVENT = {
    "eventId": "e-1",
    "eventTime": "2026-03-09T12:00:01.000Z",
    "eventType": "AlarmCreateEvent",
    "timeOccurred": "2026-03-09T12:00:00.000Z",
    "domain": "network",
    "event": {"alarm": CRITICAL},
}


def tell(query: str, version: Version) -> dict[str, Any]:
    return told(EVENT, ALARM, version, f"http://here/tmf-api/{version}", interest(query, ALARMS, version).fields)


def test_v5_is_told_the_event_with_its_type_and_the_whole_document_with_its_href() -> None:
    assert tell("", V5) == {
        "eventId": "e-1",
        "eventTime": "2026-03-09T12:00:01.000Z",
        "eventType": "AlarmCreateEvent",
        "@type": "AlarmCreateEvent",
        "timeOccurred": "2026-03-09T12:00:00.000Z",
        "domain": "network",
        "event": {"alarm": {"href": "http://here/tmf-api/v5/alarm/1", **CRITICAL}},
    }


def test_v4_is_told_when_it_ocurred_and_the_document_in_its_own_words() -> None:
    body = tell("", V4)
    assert body["timeOcurred"] == "2026-03-09T12:00:00.000Z"
    assert not body.keys() & {"timeOccurred", "@type"}
    assert body["event"]["alarm"]["alarmedObject"]["@type"] == "AlarmedObject"


def test_v4_calls_a_task_by_its_own_name() -> None:
    event = {**EVENT, "eventType": "AckAlarmCreateEvent", "event": {"ackAlarm": ACKED}}
    body = told(event, ACK.resource, V4, "http://here", None)
    assert body["eventType"] == "AckAlarmsCreateEvent"
    assert body["event"]["ackAlarms"]["href"] == "http://here/ackAlarms/7"


@pytest.mark.parametrize(
    "fields", ["perceivedSeverity", "event.alarm.perceivedSeverity", "eventType,perceivedSeverity"]
)
def test_fields_selects_what_is_told_of_the_document_and_the_event_is_told_whole(fields: str) -> None:
    body = tell(f"fields={fields}", V5)
    assert body["event"]["alarm"].keys() == {"id", "href", "@type", "perceivedSeverity"}
    assert body.keys() >= {"eventId", "eventType", "eventTime", "timeOccurred", "domain"}


def test_fields_of_the_event_alone_leave_of_the_document_only_what_it_is() -> None:
    assert tell("fields=eventType", V5)["event"]["alarm"].keys() == {"id", "href", "@type"}
