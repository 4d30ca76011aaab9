"""A session from create to release, as a 5G core sees it and as charging does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.telco.charging.online.core import NOW, PATH, Session, granted, information, pdu_session, request, used
from tests.telco.charging.online.double import USUAL, Double
from tests.telco.charging.online.house import eventually, opened, serving, subscriber
from trunkline.log.port import Log


def test_a_create_grants_units_and_says_where_the_session_is(client: httpx.Client, charge: Double) -> None:
    answer = client.post(f"{PATH}/chargingdata", json=request(3))
    assert answer.status_code == 201
    assert answer.headers["location"].startswith(f"{client.base_url}{PATH}/chargingdata/".replace("//nchf", "/nchf"))
    assert answer.json() == {
        "invocationTimeStamp": "2026-11-23T12:00:00Z",
        "invocationSequenceNumber": 3,
        "sessionFailover": "FAILOVER_SUPPORTED",
        "multipleUnitInformation": [
            {
                "ratingGroup": 10,
                "resultCode": "SUCCESS",
                "grantedUnit": {"totalVolume": USUAL},
                "validityTime": 1800,
                "volumeQuotaThreshold": USUAL // 5,
            }
        ],
    }


def test_charging_is_asked_in_its_own_words(client: httpx.Client, charge: Double) -> None:
    session = Session(client)
    container = {"time": 60, "uplinkVolume": 300, "downlinkVolume": 700}
    session.update(used(1, 1000, **container))
    [opened, asked] = charge.requests
    assert (opened.account, opened.subscription, opened.wanted, opened.used) == ("A-1", "32470000001", {10: 0}, ())
    assert (opened.apn, opened.visited, opened.zone_offset, opened.final) == ("internet", "20610", 60, False)
    assert (asked.session, asked.sequence, asked.wanted) == (opened.session, 1, {10: 0})
    [usage] = asked.used
    assert (usage.account, usage.subscription, usage.imsi) == ("A-1", "32470000001", "206010000000001")
    assert (usage.uplink, usage.downlink, usage.duration, usage.rating_group) == (300, 700, 60, 10)
    assert (usage.apn, usage.visited, usage.zone_offset, usage.cell) == ("internet", "20610", 60, "20610-00001f0a1")
    assert (usage.started, usage.source.uri) == (NOW, "nchf://smf-1")


def test_a_session_is_charged_for_what_it_used_and_gives_back_the_rest(client: httpx.Client, charge: Double) -> None:
    charge.left["A-1"] = 50_000_000
    session = Session(client)
    assert session.update(used(1, 8_000_000)).status_code == 200
    assert charge.left["A-1"] == 50_000_000 - 8_000_000 - USUAL
    released = session.release(used(2, 1_000_000, ask=False))
    assert (released.status_code, released.content) == (204, b"")
    assert charge.left["A-1"] == 50_000_000 - 9_000_000


def test_rating_groups_have_quotas_of_their_own(client: httpx.Client, charge: Double) -> None:
    groups = [{"ratingGroup": 1, "requestedUnit": {"totalVolume": 1000}}]
    groups += [{"ratingGroup": 2, "requestedUnit": {"uplinkVolume": 20, "downlinkVolume": 300}}, {"ratingGroup": 3}]
    answer = client.post(f"{PATH}/chargingdata", json=request(multipleUnitUsage=groups))
    assert (granted(answer, 1), granted(answer, 2)) == (1000, 320)
    assert len(answer.json()["multipleUnitInformation"]) == 2, "group 3 asked for nothing"


def test_the_last_units_are_told_to_be_the_last(client: httpx.Client, charge: Double) -> None:
    charge.left["A-1"] = 3_000_000
    session = Session(client)
    told = information(session.created)
    assert told["grantedUnit"] == {"totalVolume": 3_000_000}
    assert told["finalUnitIndication"] == {"finalUnitAction": "TERMINATE"}
    assert "volumeQuotaThreshold" not in told, "there is nothing to come back for before they are used"
    assert information(session.update(used(1, 3_000_000))) == {"ratingGroup": 10, "resultCode": "QUOTA_LIMIT_REACHED"}


@pytest.mark.parametrize("left", [500, 0])
def test_a_subscriber_without_units_is_sent_to_the_page_where_it_can_top_up(
    log: Log, charge: Double, left: int
) -> None:
    charge.left["A-1"] = left
    with serving(log, top_up_page="https://belgicom.example/top-up") as url, httpx.Client(base_url=url) as client:
        told = information(Session(client).created)
    assert told["finalUnitIndication"] == {
        "finalUnitAction": "REDIRECT",
        "redirectServer": {"redirectAddressType": "URL", "redirectServerAddress": "https://belgicom.example/top-up"},
    }


def test_a_subscriber_is_found_by_its_number_too(client: httpx.Client, charge: Double) -> None:
    assert Session(client, "msisdn-32470000001").created.status_code == 201
    other = request(subscriber="nai-somebody@example.com")  # servedGPSI is the number
    assert client.post(f"{PATH}/chargingdata", json=other).status_code == 201
    assert {asked.account for asked in charge.requests} == {"A-1"}


def test_a_later_request_may_leave_out_what_has_not_changed(client: httpx.Client, charge: Double) -> None:
    session = Session(client)
    del session.body["pDUSessionChargingInformation"]
    session.update(used(1, 5))
    [usage] = charge.requests[-1].used
    assert (usage.apn, usage.visited, usage.zone_offset) == ("internet", "20610", 60)


def test_who_crosses_a_border_is_charged_where_it_is(client: httpx.Client, charge: Double) -> None:
    session = Session(client)
    abroad = {"nrLocation": {"tai": {"plmnId": {"mcc": "208", "mnc": "01"}, "tac": "0001"}}}
    inside = pdu_session()["pduSessionInformation"]
    del inside["servingNetworkFunctionID"]
    session.body["pDUSessionChargingInformation"] = pdu_session(
        userLocationinfo=abroad, pduSessionInformation=inside, uetimeZone="-03:30"
    )
    before = {"pDUContainerInformation": {"timeofFirstUsage": "2026-11-23T12:59:00+01:00", "userLocationInformation": {
        "eutraLocation": {"ecgi": {"plmnId": {"mcc": "206", "mnc": "01"}, "eutraCellId": "0a0b0c1"}}}}}  # fmt: skip
    session.update(used(1, 5, **before), used(2, 5, 11))
    asked = charge.requests[-1]
    assert (asked.visited, asked.zone_offset) == ("20801", -210)
    assert [(usage.visited, usage.cell) for usage in asked.used] == [
        ("20601", "20601-0a0b0c1"),
        ("20801", "20610-00001f0a1"),
    ]
    assert asked.used[0].started == datetime(2026, 11, 23, 11, 59, tzinfo=UTC)


def test_a_clock_of_the_core_that_runs_ahead_is_not_believed(client: httpx.Client, charge: Double) -> None:
    client.post(f"{PATH}/chargingdata", json=request(invocationTimeStamp="2999-01-01T00:00:00Z"))
    assert charge.requests[0].time <= datetime.now(UTC)


# What comes twice


def test_a_create_that_comes_again_is_the_same_session(client: httpx.Client, charge: Double) -> None:
    first = client.post(f"{PATH}/chargingdata", json=request())
    again = client.post(f"{PATH}/chargingdata", json=request(retransmissionIndicator=True))
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["location"] == first.headers["location"]
    assert charge.left["A-1"] == 10**12 - USUAL


@pytest.mark.parametrize("marked", [True, False])
def test_an_update_that_comes_again_has_one_effect(client: httpx.Client, charge: Double, marked: bool) -> None:
    session = Session(client)
    first = session.update(used(1, 4_000_000))
    again = session.repeat(retransmissionIndicator=marked)
    assert (again.status_code, again.content) == (200, first.content)
    assert charge.left["A-1"] == 10**12 - 4_000_000 - USUAL


def test_a_release_that_comes_again_is_answered_alike(client: httpx.Client, charge: Double) -> None:
    session = Session(client)
    assert session.release(used(1, 7, ask=False)).status_code == 204
    assert session.repeat(retransmissionIndicator=True).status_code == 204
    assert charge.left["A-1"] == 10**12 - 7


def test_requests_that_come_twice_at_once_are_written_once(client: httpx.Client, log: Log) -> None:
    double = Double(log)
    double.silent = True
    with double.working(), ThreadPoolExecutor(8) as cores:
        answers = [cores.submit(client.post, f"{PATH}/chargingdata", json=request()) for _ in range(8)]
        eventually(lambda: any(log.end("charging.request", number) for number in range(4)))
        double.silent = False
        assert {answer.result().status_code for answer in answers} == {201}
    assert len(double.requests) < 8


def test_sessions_are_told_apart(client: httpx.Client, charge: Double) -> None:
    one = request()
    others = [
        request(pDUSessionChargingInformation=pdu_session(8)),
        request(nfConsumerIdentification={"nFName": "smf-2", "nodeFunctionality": "SMF"}),
        request(subscriber="msisdn-32470000001"),
    ]
    later = pdu_session()
    later["pduSessionInformation"]["startTime"] = "2026-11-23T12:00:01Z"
    others.append(request(pDUSessionChargingInformation=later))
    for body in [one, *others]:
        assert client.post(f"{PATH}/chargingdata", json=body).status_code == 201
    assert len({asked.session for asked in charge.requests}) == 1 + len(others)


def test_a_session_goes_on_at_any_server_of_the_log(tmp_path: Path, log: Log, charge: Double) -> None:
    with serving(log) as url, httpx.Client(base_url=url) as client:
        session = Session(client)
        first = session.update(used(1, 5))
    with opened(tmp_path / "log.db") as same, serving(same) as url, httpx.Client(base_url=url) as client:
        session.client = client
        assert session.repeat().content == first.content
        assert granted(session.update(used(2, 5))) == USUAL


def test_many_sessions_are_answered_at_once_each_its_own(log: Log, charge: Double) -> None:
    supis = [subscriber(log, 100 + which) for which in range(40)]

    def run(client: httpx.Client, which: int) -> int:
        session = Session(client, supis[which], charging_id=which)
        return granted(session.update({"ratingGroup": 10, "requestedUnit": {"totalVolume": 1000 + which}}))

    with serving(log) as url, httpx.Client(base_url=url, timeout=10) as client, ThreadPoolExecutor(20) as cores:
        assert list(cores.map(run, [client] * 40, range(40))) == [1000 + which for which in range(40)]
