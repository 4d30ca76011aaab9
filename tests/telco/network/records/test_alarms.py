"""An alarm as TMF642 tells of it."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings

from tests.telco.network.records.lives import CELL, NOON, alarm, alarms
from trunkline.telco.model import AckState, Alarm, Comment, EventType, Severity
from trunkline.telco.network.records.alarms import SCHEMA, merged, read
from trunkline.telco.network.records.alarms import alarm as document


def test_an_alarm_has_the_words_of_x733_and_the_names_of_tmf642() -> None:
    told = document(
        alarm(
            event_type=EventType.EQUIPMENT,
            probable_cause="powerProblem",
            specific_problem="Unit not operating",
            text="voltage=12",
            native_dn="PLMN-PLMN/MRBTS-1",
        )
    )
    assert told == {
        "id": "a1",
        "@type": "Alarm",
        "@schemaLocation": SCHEMA,
        "externalAlarmId": "651",
        "state": "raised",
        "alarmType": "equipmentAlarm",
        "perceivedSeverity": "major",
        "probableCause": "powerProblem",
        "specificProblem": "Unit not operating",
        "alarmDetails": "voltage=12",
        "alarmedObjectType": "EUtranCellFDD",
        "alarmedObject": {"id": CELL, "@type": "AlarmedObjectRef", "@referredType": "LogicalResource"},
        "sourceSystemId": "netact",
        "alarmRaisedTime": "2026-11-23T12:00:00Z",
        "alarmChangedTime": "2026-11-23T12:00:00Z",
        "ackState": "unacknowledged",
        "reportedBy": ["netact"],
        "externalIdentifier": [
            {"@type": "ExternalIdentifier", "owner": "netact", "externalIdentifierType": "Alarm", "id": "651"}
        ],
        "vendor": "Nokia",
        "problem": "7653",
        "nativeDn": "PLMN-PLMN/MRBTS-1",
    }


def test_an_alarm_over_two_paths_is_one_and_names_both() -> None:
    told = document(alarm(paths={"traps": "", "netact": "651"}))
    assert told["sourceSystemId"] == "traps"
    assert "externalAlarmId" not in told
    assert told["reportedBy"] == ["traps", "netact"]
    assert [known["owner"] for known in told["externalIdentifier"]] == ["netact"]


def test_who_acknowledged_commented_and_cleared_is_told() -> None:
    told = document(
        alarm(
            state="cleared",
            perceived_severity=Severity.CLEARED,
            cleared_time=NOON + timedelta(seconds=1.5),
            cleared_by="an",
            ack_state=AckState.ACKNOWLEDGED,
            ack_user="bo",
            comments=(Comment(text="on my way", user="an", system="operator", time=NOON),),
        )
    )
    assert (told["state"], told["perceivedSeverity"]) == ("cleared", "cleared")
    assert (told["alarmClearedTime"], told["clearUserId"]) == ("2026-11-23T12:00:01.500000Z", "an")
    assert (told["ackState"], told["ackUserId"]) == ("acknowledged", "bo")
    (said,) = told["comment"]
    assert said == {
        "@type": "Comment",
        "comment": "on my way",
        "userId": "an",
        "systemId": "operator",
        "time": "2026-11-23T12:00:00Z",
    }


def test_a_system_that_cleared_what_it_reported_is_no_user() -> None:
    told = document(alarm(state="cleared", cleared_time=NOON, cleared_by="netact"))
    assert told["clearSystemId"] == "netact"
    assert "clearUserId" not in told


def test_a_group_is_told_from_both_ends() -> None:
    child, parent = document(alarm("a1", parent="a2")), document(alarm("a2", children=("a1", "a3")))
    assert child["parentAlarm"] == [{"id": "a2", "@type": "AlarmRef", "@referredType": "Alarm"}]
    assert [one["id"] for one in parent["correlatedAlarm"]] == ["a1", "a3"]


@settings(deadline=None)
@given(alarms)
def test_a_document_tells_all_of_an_alarm_that_the_alarm_is_made_of_again(told: Alarm) -> None:
    assert document(read(document(told))) == document(told)


@settings(deadline=None)
@given(alarms)
def test_nothing_is_told_as_null_or_empty(told: Alarm) -> None:
    assert not [name for name, value in document(told).items() if value in (None, "", [])]


def test_what_the_network_says_nothing_of_stays_as_clients_wrote_it() -> None:
    written = document(alarm()) | {"serviceAffecting": True, "x-ticket": "T7", "alarmType": "operationalViolation"}
    after = merged(written, document(alarm(perceived_severity=Severity.CRITICAL)))
    assert (after["serviceAffecting"], after["x-ticket"]) == (True, "T7")
    assert after["alarmType"] == "operationalViolation"
    assert after["perceivedSeverity"] == "critical"


def test_what_is_no_longer_so_goes() -> None:
    before = document(
        alarm(parent="a2", ack_state=AckState.ACKNOWLEDGED, ack_user="an", cleared_time=NOON, cleared_by="x")
    )
    after = merged(before | {"ackSystemId": "desk"}, document(alarm()))
    assert after == document(alarm())


def test_the_system_of_an_acknowledgement_stays_with_it() -> None:
    acknowledged = document(alarm(ack_state=AckState.ACKNOWLEDGED, ack_user="an"))
    assert merged(acknowledged | {"ackSystemId": "desk"}, acknowledged)["ackSystemId"] == "desk"
    by_another = document(alarm(ack_state=AckState.ACKNOWLEDGED, ack_user="bo"))
    assert "ackSystemId" not in merged(acknowledged | {"ackSystemId": "desk"}, by_another)


def test_what_a_client_says_more_of_an_object_stays_and_so_do_its_digits() -> None:
    told = document(alarm())
    written = told | {
        "alarmedObject": told["alarmedObject"] | {"name": "the first cell"},
        "alarmRaisedTime": "2026-11-23T13:00:00.000+01:00",
    }
    assert merged(written, told) == written
