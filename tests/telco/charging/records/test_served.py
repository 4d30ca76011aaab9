"""What charging tells as TM Forum's APIs serve it: each answer by the official files, and what clients may change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from starlette.testclient import TestClient

from tests.telco.charging.records.events import (
    APRIL,
    ELS,
    House,
    account,
    balance,
    bucket,
    data,
    notice,
    posting,
    rated,
    usage,
)
from tests.telco.charging.records.test_messages import attempt, outcome
from tests.tmf.official import official
from trunkline.effects.outcome import State
from trunkline.http import create_app
from trunkline.telco.charging.records.owners import owners
from trunkline.tmf.apis import communication, customer_bill, prepay_balance
from trunkline.tmf.apis import usage as usage_api
from trunkline.tmf.declaration import V4
from trunkline.tmf.serving import serve

APIS = (usage_api.API, prepay_balance.API, customer_bill.API, communication.API)
USAGE, BALANCE, BILL, MESSAGE = (api.path(V4) for api in APIS)
MONEY = {"amount": 15, "units": "EUR"}


@pytest.fixture
def house(any_house: House) -> House:
    return any_house


@pytest.fixture
def http(house: House) -> Iterator[TestClient]:
    house.told(
        balance(bucket(), data(), kind="postpaid", limit=5_000), rated("a"), rated("b", 0, free=120), account(),
        rated("c", 10, revision=1, of=usage("c", other_party="")), posting(), notice(),
        posting("t", "transfer", debit="1042/a"), outcome(State.SUCCEEDED, attempt(1)),
        balance(bucket(), data(), kind="postpaid", limit=5_000, cycle=APRIL),
    )  # fmt: skip
    app = create_app(serve(APIS, house.store, owners=owners(house.store, ZoneInfo("Europe/Brussels")), strict=True))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


def test_every_record_is_valid_by_the_official_file(http: TestClient) -> None:
    for api in APIS:
        file = official(api.number, V4)
        for of in api.resources:
            answer = http.get(f"{api.path(V4)}/{of.name}")
            assert answer.status_code == 200, answer.text
            for document in answer.json():
                assert file.errors(of.type, document) == [], document
                one = f"{api.path(V4)}/{of.name}/{quote(document['id'], safe='')}"
                assert http.get(one).json() == document
            if of.name not in ("topupBalance", "adjustBalance", "transferBalance", "reserveBalance", ON_DEMAND):
                assert answer.json(), f"charging tells of no {of.name}"


ON_DEMAND = "customerBillOnDemand"


def test_the_usage_behind_each_cent_is_found_from_the_bill(http: TestClient) -> None:
    [bill] = http.get(f"{BILL}/customerBill?billingAccount.id=1042&category=normal").json()
    lines = http.get(f"{BILL}/appliedCustomerBillingRate?bill.id={bill['id']}").json()
    cents = 0.0
    for line in lines:
        behind = http.get(f"{USAGE}/usage?appliedCustomerBillingRate.id={line['id']}").json()
        cost = sum(each["ratedProductUsage"][0]["taxIncludedRatingAmount"]["value"] for each in behind)
        assert cost == pytest.approx(line["taxIncludedAmount"]["value"])
        cents += cost
    assert cents == pytest.approx(bill["amountDue"]["value"]) == 0.44


@pytest.mark.parametrize(
    "query",
    [
        "partyAccount.id=1042&usageDate.gte=2026-03-01&usageDate.lt=2026-04-01",
        f"ratedProductUsage.productRef.id={ELS}&usageType=voice",
        "customerBill.id=1042.2026-03-01",
        "filter=usageCharacteristic[?(@.name=='duration' %26%26 @.value==75)]",
    ],
)
def test_usage_is_found_by_what_it_is_asked_by(http: TestClient, query: str) -> None:
    answer = http.get(f"{USAGE}/usage?{query}")
    assert (answer.status_code, len(answer.json())) == (200, 3), answer.text


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("isCorrected=true", ["a"]),
        ("partyAccount.id=1042&isCorrected=true&usageDate.gte=2026-03-01", ["a"]),
        ("correctedBy.id=d", ["a"]),
        ("corrects.id=a", ["d"]),
    ],
)
def test_usage_that_was_corrected_is_found_and_valid(
    http: TestClient, house: House, query: str, ids: list[str]
) -> None:
    house.told(rated("a", 0, revision=1, quantity=0, void=True), rated("d", 20, of=usage("d", corrects="a")))
    answer = http.get(f"{USAGE}/usage?{query}")
    assert (answer.status_code, [each["id"] for each in answer.json()]) == (200, ids), answer.text
    assert answer.headers.get("X-Search-Complete", "true") == "true", "an index answers it"
    assert [official(635, V4).errors("Usage", each) for each in answer.json()] == [[]]


def test_what_charging_tells_is_not_the_clients_to_change(http: TestClient) -> None:
    bill = http.get(f"{BILL}/customerBill?category=normal").json()[0]["id"]
    for path, change in (
        (f"{USAGE}/usage/a", {"description": "mine"}),
        (f"{USAGE}/usageSpecification/voice", {"description": "mine"}),
        (f"{MESSAGE}/communicationMessage/1042-data-80", {"state": "failed"}),
        (f"{BILL}/customerBill/{bill}", {"amountDue": {"unit": "EUR", "value": 0}}),
    ):
        assert http.patch(path, json=change).status_code == 409, path
    for path in (f"{USAGE}/usage/a", f"{BALANCE}/bucket/1042%2Fmoney", f"{MESSAGE}/communicationMessage/1042-data-80"):
        assert http.delete(path).status_code == 409, path
    assert http.post(f"{BALANCE}/bucket", json={"usageType": "EUR"}).status_code == 409


def test_clients_keep_usage_and_messages_of_their_own_beside(http: TestClient) -> None:
    made = http.post(f"{USAGE}/usage", json={"usageType": "parking", "usageDate": "2026-03-09T12:00:00Z"})
    assert made.status_code == 201
    assert http.patch(made.headers["Location"], json={"status": "rated"}).status_code == 200
    assert http.delete(made.headers["Location"]).status_code == 204


def test_the_state_of_a_bill_is_for_who_sends_it_once_its_cycle_is_over(http: TestClient, house: House) -> None:
    over, interim = f"{BILL}/customerBill/1042.2026-03-01", f"{BILL}/customerBill/1042.2026-04-01"
    assert http.patch(over, json={"state": "sent"}).status_code == 200
    assert http.patch(interim, json={"state": "validated"}).status_code == 409
    house.told(rated("late", 6))
    told = http.get(over).json()
    assert (told["state"], told["amountDue"]["value"]) == ("sent", 0.5)


def test_a_bill_on_demand_is_what_is_owed_so_far(http: TestClient) -> None:
    def ask(account: str) -> Any:
        return http.post(f"{BILL}/{ON_DEMAND}", json={"billingAccount": {"id": account}}).json()

    done = ask("1042")
    assert (done["state"], done["customerBill"]["id"]) == ("done", "1042.2026-04-01")
    assert ask("nobody")["state"] == "rejected"
    assert http.post(f"{BILL}/{ON_DEMAND}", json={"name": "of whom?"}).status_code == 400
    assert official(678, V4).errors("CustomerBillOnDemand", done) == []


def test_an_action_is_valid_whatever_became_of_it(http: TestClient, house: House) -> None:
    file = official(654, V4)
    for problem in ("", "bucket.expired"):
        made = http.post(f"{BALANCE}/topupBalance", json={"amount": MONEY, "logicalResource": {"id": ELS}})
        assert made.status_code == 201, made.text
        [command] = house.commands()
        house.answer(command, problem)
        told = http.get(made.headers["Location"]).json()
        assert told["status"] == ("failed" if problem else "completed")
        assert file.errors("TopupBalance", told) == []
        assert http.patch(made.headers["Location"], json={"amount": {"amount": 1}}).status_code == 409
        assert http.delete(made.headers["Location"]).status_code == 204


def test_a_part_of_a_reservation_is_released_as_the_file_has_it(http: TestClient, house: House) -> None:
    file = official(654, V4)
    held = http.post(f"{BALANCE}/reserveBalance", json={"amount": MONEY, "partyAccount": {"id": "1042"}})
    [command] = house.commands()
    house.answer(command)
    reservation = {"id": held.json()["id"]}
    for euros, status in ((15.01, 409), (6, 201), (9.01, 409), (9, 201)):
        part = {"amount": {"amount": euros, "units": "EUR"}, "adjustType": "credit", "reserveBalance": reservation}
        made = http.post(f"{BALANCE}/adjustBalance", json=part)
        assert made.status_code == status, made.text
        if status == 201:
            assert file.errors("AdjustBalance", made.json()) == []
            [command] = house.commands()
            house.answer(command)
    told = http.get(held.headers["Location"]).json()
    assert told["amount"] == {"amount": 0, "units": "EUR"}
    assert file.errors("ReserveBalance", told) == []
