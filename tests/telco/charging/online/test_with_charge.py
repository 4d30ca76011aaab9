"""A prepaid subscriber's session against charging itself: the reference operator's tariffs, accounts and directory."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.telco.charging.online.core import NOW, PATH, Session, granted, information, pdu_session, request, used
from tests.telco.charging.online.house import REFERENCE, eventually, opened, put, serving, told, values
from trunkline.log.port import Log
from trunkline.streams import Worker
from trunkline.telco.charging.processors import processors
from trunkline.telco.model import Account, Assignment, Balance, ChargingCommand, Member, Number, Posting

PREPAID = Account(
    id="A-1",
    customer="C-1",
    kind="prepaid",
    currency="EUR",
    members=(
        Member(
            msisdn="32470000001",
            imsi="206990000000001",
            tariffs=(Assignment(tariff="prepaid", since=datetime(2025, 1, 1, tzinfo=UTC)),),
        ),
    ),
)
SUPI = "imsi-206990000000001"
MEGABYTE = 1_000_000
PRICE = 5  # cents a megabyte, of the first hundred
TOP_UP = 200  # cents


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    """The log with the prepaid account and its top-up, and charging's processors at work."""
    with opened(tmp_path / "log.db") as log:
        put(log, PREPAID)
        put(log, ChargingCommand(id="T-1", account="A-1", kind="topup", amount=TOP_UP, time=NOW - timedelta(hours=1)))
        stop = threading.Event()
        worker = threading.Thread(target=Worker(log, processors(REFERENCE)).run, args=(stop,))
        worker.start()
        eventually(lambda: money(log) == (TOP_UP, 0) and bool(values(log, Number.topic)))
        yield log
        stop.set()
        worker.join()


@pytest.fixture
def client(log: Log) -> Iterator[httpx.Client]:
    with serving(log, patience=10.0) as url, httpx.Client(base_url=url, timeout=20) as client:
        yield client


def money(log: Log) -> tuple[int, int]:
    """What the account has left, and what is held of it, in cents."""
    balances = told(log, Balance)
    buckets = [bucket for bucket in balances[-1].buckets if bucket.unit == "money"] if balances else []
    return sum(bucket.remaining for bucket in buckets), sum(bucket.reserved for bucket in buckets)


def home(**fields: Any) -> dict[str, Any]:
    inside = {**pdu_session()["pduSessionInformation"], "servingCNPlmnId": {"mcc": "206", "mnc": "99"}}
    return request(0, SUPI, pDUSessionChargingInformation=pdu_session(pduSessionInformation=inside), **fields)


def ask(megabytes: int) -> dict[str, Any]:
    return {"ratingGroup": 10, "requestedUnit": {"totalVolume": megabytes * MEGABYTE}}


def test_a_session_spends_what_was_topped_up_to_the_last_cent(log: Log, client: httpx.Client) -> None:
    session = Session(client, body=home(multipleUnitUsage=[ask(30)]))
    assert granted(session.created) == 30 * MEGABYTE
    eventually(lambda: money(log) == (TOP_UP - 30 * PRICE, 30 * PRICE))

    last = session.update({**used(1, 30 * MEGABYTE), **ask(30)})
    assert 10 * MEGABYTE <= granted(last) < 10.1 * MEGABYTE, "two euros are 40 megabytes; half a cent is rounded off"
    assert information(last)["finalUnitIndication"] == {"finalUnitAction": "TERMINATE"}
    assert information(session.update(used(2, 10 * MEGABYTE)))["resultCode"] == "QUOTA_LIMIT_REACHED"
    eventually(lambda: money(log) == (0, 0))

    put(log, ChargingCommand(id="T-2", account="A-1", kind="topup", amount=TOP_UP, time=NOW))
    eventually(lambda: money(log) == (TOP_UP, 0))
    assert granted(session.update(ask(1))) == MEGABYTE, "a session goes on when there is something again"
    assert session.release().status_code == 204
    eventually(lambda: money(log) == (TOP_UP, 0))


def test_what_is_not_used_is_free_again_and_what_comes_twice_counts_once(log: Log, client: httpx.Client) -> None:
    body = home(multipleUnitUsage=[ask(20)])
    session = Session(client, body=body)
    again = client.post(f"{PATH}/chargingdata", json=body)
    assert (again.content, again.headers["location"]) == (session.created.content, session.created.headers["location"])
    first = session.update({**used(1, 3 * MEGABYTE), **ask(20)})
    assert session.repeat(retransmissionIndicator=True).content == first.content
    eventually(lambda: money(log) == (TOP_UP - 23 * PRICE, 20 * PRICE))
    for answer in (session.release(used(2, 4 * MEGABYTE, ask=False)), session.repeat()):
        assert answer.status_code == 204
    eventually(lambda: money(log) == (TOP_UP - 7 * PRICE, 0))
    assert sum(posting.amount for posting in told(log, Posting) if posting.kind == "usage") == 7 * PRICE


def test_a_subscriber_without_money_is_refused(log: Log, client: httpx.Client) -> None:
    put(log, ChargingCommand(id="T-3", account="A-1", kind="adjust", amount=-TOP_UP, time=NOW))
    eventually(lambda: money(log) == (0, 0))
    answer = client.post(f"{PATH}/chargingdata", json=home())
    assert (answer.status_code, answer.json()["cause"]) == (403, "QUOTA_LIMIT_REACHED")
