"""Requests of Nchf_ConvergedCharging, kept as JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given

from tests.components import sample
from tests.systems.charging_requests import CALL, SESSION, SMS, UNITS, lines
from tests.systems.usage_files import ORIGIN, damaged, read_all
from trunkline.systems.nchf import SYSTEM, usage
from trunkline.telco.charging.mediation.session import Session
from trunkline.telco.model import Direction, Service


def without(request: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in request.items() if name not in names}


def test_a_request_becomes_a_report_for_each_rating_group_that_was_used() -> None:
    reports, rejected = read_all(usage.read, lines(SESSION))
    assert rejected == []
    assert [report.id for report in reports] == ["nchf/smf-1/4711/2/100", "nchf/smf-1/4711/2/200"]
    assert {(r.session, r.partial, r.final, r.cumulative) for r in reports} == {("nchf/smf-1/4711", 2, False, False)}
    first, second = reports
    assert (first.duration, first.uplink, first.downlink, first.rating_group) == (1200, 200, 400, 100)
    assert (second.duration, second.uplink, second.downlink, second.rating_group) == (0, 0, 7, 200)
    assert first.started == datetime(2026, 3, 9, 13, 10, 50, tzinfo=UTC)  # the earlier container's
    assert second.started == datetime(2026, 3, 9, 13, 31, tzinfo=UTC)
    assert (first.imsi, first.msisdn, first.imei) == ("206010000000001", "32470000001", "353490069873319")
    assert (first.visited, first.cell, first.apn) == ("20801", "20801-00000a1b2", "internet")
    assert (first.zone_offset, first.service, first.source) == (-210, Service.DATA, ORIGIN.source(0, 1))


def test_of_the_reports_of_a_sessions_end_only_the_last_is_final() -> None:
    for end in ({"triggers": [{"triggerType": "FINAL"}]}, {"triggers": [{"triggerType": "ABNORMAL_RELEASE"}]}):
        reports, _ = read_all(usage.read, lines(SESSION | end))
        assert [report.final for report in reports] == [False, True]


def test_the_end_of_a_session_is_told_although_nothing_more_was_used() -> None:
    released = without(SESSION, "multipleUnitUsage") | {"triggers": [{"triggerType": "FINAL"}]}
    (report,), _ = read_all(usage.read, lines(released))
    assert (report.id, report.final, report.uplink + report.downlink) == ("nchf/smf-1/4711/2", True, 0)


@pytest.mark.parametrize("session", [SESSION, CALL, without(SMS, "oneTimeEvent")])
def test_a_request_that_only_asks_for_units_is_a_report_of_nothing(session: dict[str, Any]) -> None:
    asking = session | {"multipleUnitUsage": [{"ratingGroup": 100, "requestedUnit": {"totalVolume": 1}}]}
    (report,), _ = read_all(usage.read, lines(asking))
    assert (report.id, report.partial, report.final) == (f"{report.session}/2", 2, False)
    assert (report.duration, report.uplink, report.downlink, report.items) == (0, 0, 0, 0)


def test_an_event_that_only_asks_for_units_is_no_usage() -> None:
    asking = CALL | {"oneTimeEvent": True, "multipleUnitUsage": [{"ratingGroup": 1, "requestedUnit": {"time": 60}}]}
    assert read_all(usage.read, lines(asking)) == ([], [])


def test_no_record_of_a_session_is_missing_whose_first_request_only_asked_for_units() -> None:
    asking = without(SESSION, "multipleUnitUsage") | {"invocationSequenceNumber": 1}
    ending = SESSION | {"triggers": [{"triggerType": "FINAL"}]}
    reports, _ = read_all(usage.read, lines(asking, ending))
    session = Session()
    for report in reports:
        session = session.numbered(report)
    assert session.complete


def test_messages_are_counted_and_a_message_sent_again_has_the_same_id() -> None:
    (sent, again), _ = read_all(usage.read, lines(SMS, SMS | {"invocationSequenceNumber": 3}))
    assert (sent.service, sent.items, sent.partial, sent.final) == (Service.MESSAGE, 3, 0, True)
    assert (sent.msisdn, sent.other_party, sent.direction) == ("32470000001", "32470000002", Direction.ORIGINATING)
    assert sent.started == datetime(2026, 3, 9, 13, 30, tzinfo=UTC)
    assert sent.id == sent.session == again.id
    received = SMS["sMSChargingInformation"] | {"sMMessageType": "DELIVERY"}  # type: ignore[operator]
    (report,), _ = read_all(usage.read, lines(SMS | {"sMSChargingInformation": received}))
    assert (report.msisdn, report.other_party, report.direction) == (
        "32470000002", "32470000001", Direction.TERMINATING
    )  # fmt: skip


def test_a_call_over_ims_is_measured_in_seconds() -> None:
    (report,), _ = read_all(usage.read, lines(CALL))
    assert (report.service, report.duration, report.final) == (Service.VOICE, 61, True)
    assert (report.direction, report.other_party) == (Direction.TERMINATING, "32470000002")
    assert (report.session, report.visited) == ("nchf/smf-1/icid-1", "20601")


@pytest.mark.parametrize(
    ("subscriber", "imsi", "msisdn", "user"),
    [
        ("imsi-206010000000001", "206010000000001", "32470000001", ""),
        ("msisdn-32470000009", "", "32470000001", ""),
        ("nai-fibre-1@belgicom.be", "", "32470000001", "fibre-1@belgicom.be"),
    ],
)
def test_a_subscriber_is_known_by_any_of_its_identities(subscriber: str, imsi: str, msisdn: str, user: str) -> None:
    (report, _), _ = read_all(usage.read, lines(SESSION | {"subscriberIdentifier": subscriber}))
    assert (report.imsi, report.msisdn, report.user) == (imsi, msisdn, user)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (SESSION | {"invocationTimeStamp": "2026-03-09T13:31:00"}, "$.invocationTimeStamp"),
        (SESSION | {"invocationSequenceNumber": "2"}, "$.invocationSequenceNumber"),
        (without(SESSION, "nfConsumerIdentification"), "nfConsumerIdentification"),
        (SESSION | {"nfConsumerIdentification": {"nodeFunctionality": "SMF"}}, "neither nFName"),
        (SESSION | {"subscriberIdentifier": "imsi-x"}, "is not 5 to 15 digits"),
        (without(SESSION, "pDUSessionChargingInformation"), "what was used is not known"),
        (
            SESSION | {"multipleUnitUsage": [{"ratingGroup": 1, "usedUnitContainer": [UNITS | {"time": -1}]}]},
            "[0].time",
        ),
    ],
)
def test_a_request_that_cannot_be_read_is_rejected_with_its_field_and_the_next_is_taken(
    wrong: dict[str, Any], said: str
) -> None:
    reports, (rejected,) = read_all(usage.read, lines(SESSION, wrong, CALL))
    assert len(reports) == 3
    assert said in rejected.message
    assert (rejected.reason, rejected.line) == ("nchf.unreadable", 2)
    assert (rejected.offset, rejected.part) == (len(lines(SESSION)), msgspec.json.encode(wrong))


def test_a_document_that_is_cut_off_is_rejected() -> None:
    data = lines(CALL) + lines(SESSION)[:-20]
    reports, (rejected,) = read_all(usage.read, data)
    assert (len(reports), rejected.reason, rejected.line) == (1, "json.truncated", 2)


@given(damaged(lines(SESSION, SMS, CALL)))
def test_damaged_files_never_break_the_reader(data: bytes) -> None:
    read_all(usage.read, data)


def test_the_sample_of_an_update_is_read() -> None:
    data = sample("made/nchf_convergedcharging_update.json").read_bytes()
    (form,) = SYSTEM.formats
    assert form.matches(data)
    (report,), rejected = read_all(form.read, data)
    assert rejected == []
    assert (report.imsi, report.rating_group, report.apn) == ("206010000000001", 100, "internet")
    assert (report.duration, report.uplink, report.downlink) == (600, 3_145_728, 70_254_592)
    assert report.started == datetime(2026, 3, 9, 14, 20, 49, tzinfo=UTC)
