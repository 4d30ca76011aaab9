"""What is refused, and how a core is told: ProblemDetails with a cause, and the field that is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.streams.driver import MadeBatch, record
from tests.telco.charging.online.core import PATH, Session, pdu_session, request, used
from tests.telco.charging.online.double import Double
from tests.telco.charging.online.house import eventually, loaded, put, serving
from trunkline.log.envelope import cloud_event
from trunkline.log.port import Event, Log, LogError
from trunkline.telco.charging.online import exchange
from trunkline.telco.charging.online.charging_request import decoded, opening
from trunkline.telco.charging.online.directory import Directory
from trunkline.telco.charging.online.problem import Refused
from trunkline.telco.charging.online.session import session_of
from trunkline.telco.model import ChargingRequest, Number

JSON = {"content-type": "application/json"}
CREATE = f"{PATH}/chargingdata"


def problem(answer: httpx.Response, status: int, cause: str) -> dict[str, Any]:
    """The problem that an answer is, which must be of this status and cause."""
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert (answer.status_code, told["status"], told["cause"]) == (status, status, cause), told
    assert told["detail"]
    return told


def deep(levels: int) -> bytes:
    return (
        json.dumps({**request(), "further": 0}).encode().replace(b": 0}", b": " + b"[" * levels + b"]" * levels + b"}")
    )


def unit(**fields: Any) -> dict[str, Any]:
    return {"multipleUnitUsage": [{"ratingGroup": 10, "requestedUnit": fields}]}


@pytest.mark.parametrize(
    ("body", "field", "cause"),
    [
        (request(multipleUnitUsage=[{"ratingGroup": "x"}]), "/multipleUnitUsage/0/ratingGroup", "CHARGING_FAILED"),
        (request(multipleUnitUsage=[{"ratingGroup": -1}]), "/multipleUnitUsage/0/ratingGroup", "CHARGING_FAILED"),
        (request(multipleUnitUsage=[{}]), "/multipleUnitUsage/0/ratingGroup", "MANDATORY_IE_MISSING"),
        (request(multipleUnitUsage=[{"ratingGroup": 1}] * 101), "/multipleUnitUsage", "CHARGING_FAILED"),
        (request(invocationTimeStamp="yesterday"), "/invocationTimeStamp", "CHARGING_FAILED"),
        (request(invocationTimeStamp="2026-11-23T12:00:00"), "/invocationTimeStamp", "CHARGING_FAILED"),
        (request(invocationTimeStamp="0001-01-01T00:00:00+01:00"), "/invocationTimeStamp", "CHARGING_FAILED"),
        (request(invocationSequenceNumber=2**32), "/invocationSequenceNumber", "CHARGING_FAILED"),
        (request(invocationSequenceNumber=None), "/invocationSequenceNumber", "CHARGING_FAILED"),
        (request(nfConsumerIdentification={}), "/nfConsumerIdentification/nodeFunctionality", "MANDATORY_IE_MISSING"),
        (request(subscriber=""), "/subscriberIdentifier", "MANDATORY_IE_MISSING"),
        (request(subscriber="i" * 256), "/subscriberIdentifier", "CHARGING_FAILED"),
        (request(pDUSessionChargingInformation=None), "/pDUSessionChargingInformation", "MANDATORY_IE_MISSING"),
        (request(oneTimeEvent=True), "/oneTimeEvent", "CHARGING_FAILED"),
        (
            request(pDUSessionChargingInformation=pdu_session(pduSessionInformation=None)),
            "/pDUSessionChargingInformation/pduSessionInformation",
            "MANDATORY_IE_MISSING",
        ),
        (
            request(pDUSessionChargingInformation=pdu_session(uetimeZone="+99:00")),
            "/pDUSessionChargingInformation/uetimeZone",
            "CHARGING_FAILED",
        ),
        (request(**unit(totalVolume=2**51)), "/multipleUnitUsage/0/requestedUnit/totalVolume", "CHARGING_FAILED"),
        (request(**unit(time=60)), "/multipleUnitUsage/0/requestedUnit", "CHARGING_FAILED"),
        (
            request(multipleUnitUsage=[{"ratingGroup": 1, "requestedUnit": {}}] * 2),
            "/multipleUnitUsage/1/ratingGroup",
            "CHARGING_FAILED",
        ),
        (
            request(multipleUnitUsage=[used(1, 5), used(1, 5)]),
            "/multipleUnitUsage/1/usedUnitContainer/0/localSequenceNumber",
            "CHARGING_FAILED",
        ),
        (
            request(multipleUnitUsage=[used(1, 5, triggerTimestamp="1980-01-06T00:00:00Z")]),
            "/multipleUnitUsage/0/usedUnitContainer/0/triggerTimestamp",
            "CHARGING_FAILED",
        ),
    ],
)
def test_a_field_that_is_wrong_is_named(
    client: httpx.Client, charge: Double, body: dict[str, Any], field: str, cause: str
) -> None:
    told = problem(client.post(CREATE, json=body), 400, cause)
    assert [invalid["param"] for invalid in told["invalidParams"]] == [field]
    assert not charge.requests


@pytest.mark.parametrize("body", [b"", b"{", b'{"subscriberIdentifier":"\xff"}', b"\x00", deep(50_000)])
def test_what_is_not_json_or_nested_too_deep_is_refused(client: httpx.Client, body: bytes) -> None:
    problem(client.post(CREATE, content=body, headers=JSON), 400, "INVALID_MSG_FORMAT")


def test_what_is_nested_in_a_field_that_charging_does_not_look_at_is_passed_over(
    client: httpx.Client, charge: Double
) -> None:
    assert client.post(CREATE, content=deep(20), headers=JSON).status_code == 201


@pytest.mark.parametrize("told", [True, False])
def test_a_body_that_is_too_large_is_not_read(client: httpx.Client, told: bool) -> None:
    body = json.dumps(request(further="x" * 300_000)).encode()
    content: Any = body if told else iter([body[:200_000], body[200_000:]])
    problem(client.post(CREATE, content=content, headers=JSON), 413, "INVALID_MSG_FORMAT")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_only_json_is_taken(client: httpx.Client, kind: str) -> None:
    problem(client.post(CREATE, content=b"{}", headers={"content-type": kind}), 415, "INVALID_MSG_FORMAT")


@pytest.mark.parametrize("path", ["", "/", "/chargingdata/", "/chargingdata/a", "/chargingdata//update", "/other"])
def test_there_is_nothing_beside_the_three_operations(client: httpx.Client, path: str) -> None:
    problem(client.post(PATH + path, json=request()), 404, "RESOURCE_URI_STRUCTURE_NOT_FOUND")


def test_only_posts_are_taken(client: httpx.Client) -> None:
    answer = client.get(CREATE)
    problem(answer, 405, "INVALID_MSG_FORMAT")
    assert answer.headers["allow"] == "POST"


def test_a_foreign_host_does_not_reach_it(client: httpx.Client) -> None:
    assert client.post(CREATE, json=request(), headers={"host": "evil.example"}).status_code == 421


def test_a_subscriber_that_nobody_pays_for_is_unknown(client: httpx.Client, charge: Double) -> None:
    body = request(subscriber="imsi-206010000000099", pDUSessionChargingInformation=pdu_session(userInformation={}))
    told = problem(client.post(CREATE, json=body), 404, "USER_UNKNOWN")
    assert told["invalidParams"][0]["param"] == "/subscriberIdentifier"
    assert not charge.requests


@pytest.mark.parametrize("other", ["sMSChargingInformation", "iMSChargingInformation"])
def test_what_is_charged_by_cdr_may_go_on(client: httpx.Client, charge: Double, other: str) -> None:
    body = request(**{"pDUSessionChargingInformation": None, other: {"originatorInfo": {}}})
    problem(client.post(CREATE, json=body), 403, "CHARGING_NOT_APPLICABLE")


def test_a_number_that_was_given_up_or_is_gone_is_unknown(client: httpx.Client, charge: Double, log: Log) -> None:
    now = datetime.now(UTC)
    for which, until in (("32470000002", now - timedelta(days=1)), ("32470000003", now + timedelta(days=1))):
        put(log, Number(id=which, account="A-2", msisdn=which, until=until))
    log.append(Number.topic, [cloud_event(type=Number.topic, source="/test", id="gone", value=None, key="32470000001")])
    alone = pdu_session(userInformation=None)

    def status(msisdn: str) -> int:
        body = request(subscriber=f"msisdn-{msisdn}", pDUSessionChargingInformation=alone)
        return client.post(CREATE, json=body).status_code

    eventually(lambda: status("32470000003") == 201)
    eventually(lambda: status("32470000001") == 404)
    assert status("32470000002") == 404


@pytest.mark.parametrize(
    "change", [lambda ref: "x" + ref[1:], lambda ref: ref[:-3], lambda ref: "A" * 3000, lambda _: "é"]
)
def test_a_reference_that_was_never_given_is_unknown(
    client: httpx.Client, charge: Double, change: Callable[[str], str]
) -> None:
    session = Session(client)
    session.ref = change(session.ref)
    problem(session.update(used(1, 5)), 404, "CONTEXT_NOT_FOUND")
    assert len(charge.requests) == 1


@pytest.mark.parametrize(
    ("refused", "status", "cause"),
    [
        ("account.unknown", 404, "USER_UNKNOWN"),
        ("request.out-of-order", 400, "CHARGING_FAILED"),
        ("ledger.violation", 500, "SYSTEM_FAILURE"),
        ("account.barred", 403, "END_USER_REQUEST_DENIED"),
    ],
)
def test_what_charging_refuses_is_told_with_its_cause(
    client: httpx.Client, charge: Double, refused: str, status: int, cause: str
) -> None:
    session = Session(client)
    charge.problems["A-1"] = refused
    for answer in (session.update(used(1, 5)), session.release()):
        assert problem(answer, status, cause)["detail"] == f"{refused}: the double was told so"


def test_a_session_that_may_use_nothing_is_refused(client: httpx.Client, charge: Double) -> None:
    charge.left["A-1"] = 0
    problem(client.post(CREATE, json=request()), 403, "QUOTA_LIMIT_REACHED")


# When charging does not answer


def test_a_request_without_answer_is_told_to_come_again_and_then_has_its_effect_once(log: Log) -> None:
    double = Double(log)
    double.silent = True
    with double.working(), serving(log, patience=0.2) as url, httpx.Client(base_url=url) as client:
        answer = client.post(CREATE, json=request(multipleUnitUsage=[used(1, 500, ask=False)]))
        problem(answer, 504, "TIMED_OUT_REQUEST")
        assert answer.headers["retry-after"] == "1"
        double.silent = False
        eventually(lambda: client.post(CREATE, json=request(multipleUnitUsage=[used(1, 500, ask=False)])).is_success)
    assert double.left["A-1"] == 10**12 - 500


def test_no_more_wait_than_there_is_room_for(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MOST_WAITING", 0)
    with serving(log) as url, httpx.Client(base_url=url) as client:
        answer = client.post(CREATE, json=request())
    problem(answer, 503, "NF_CONGESTION")
    assert answer.headers["retry-after"] == "1"


def test_a_log_that_takes_nothing_is_told(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise LogError("the disk is full")

    monkeypatch.setattr(log, "append", full)
    with serving(log) as url, httpx.Client(base_url=url) as client:
        answer = client.post(CREATE, json=request())
    told = problem(answer, 500, "SYSTEM_FAILURE")
    assert answer.headers["retry-after"] == "1"
    assert "disk" not in told["detail"], "what went wrong stays in the server's log"


# Any bytes at all

NUMBER = Number(id="32470000001", account="A-1", msisdn="32470000001")
CONTRACT = loaded().validators()[ChargingRequest.topic]
WORDS = [
    "subscriberIdentifier",
    "invocationTimeStamp",
    "multipleUnitUsage",
    "ratingGroup",
    "requestedUnit",
    "totalVolume",
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=4), inner),
    max_leaves=20,
)


@given(
    changes=st.dictionaries(st.sampled_from(list(request())), VALUES, max_size=1),
    container=st.fixed_dictionaries(
        {"localSequenceNumber": st.integers(-1, 2**53)},
        optional={name: st.integers(0, 2**50) for name in ("totalVolume", "uplinkVolume", "downlinkVolume")}
        | {"time": st.integers(0, 2**32), "triggerTimestamp": st.datetimes().map(lambda time: f"{time.isoformat()}Z")},
    ),
    cut=st.none() | st.integers(0, 500),
)
@settings(max_examples=300, deadline=None)
def test_any_body_becomes_a_request_that_keeps_the_contract_or_is_refused(
    changes: dict[str, Any], container: dict[str, Any], cut: int | None
) -> None:
    usages = [used(1, 5), {"ratingGroup": 11, "usedUnitContainer": [container]}]
    body = json.dumps(request(**{"multipleUnitUsage": usages, **changes})).encode()[:cut]
    directory = Directory()
    directory.take(MadeBatch([record(Number.topic, 0, b"32470000001", msgspec.json.encode(NUMBER))]))
    status = 0
    try:
        _, asked = opening(decoded(body), directory, datetime.now(UTC))
    except Refused as refused:
        status = refused.status
    else:
        assert not list(CONTRACT.failures([Event(msgspec.json.encode(asked), asked.key.encode())]))
    assert status in (0, 400, 404)


@given(ref=st.text(max_size=60) | st.binary(max_size=60).map(lambda told: told.hex()))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_reference_but_a_true_one_is_unknown(ref: str) -> None:
    with pytest.raises(Refused) as refused:
        session_of(ref)
    assert refused.value.status == 404
