"""Rated usage becomes usage records and bills: every cent on a bill is that of usages which name their line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from itertools import count
from typing import Any, Final, NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.telco.charging.records.events import APRIL, ELS, MARCH, TOM, House, balance, bucket, rated, usage
from trunkline.store import Query, open_store
from trunkline.store.query import And, Compare, Operator
from trunkline.telco.model import RatedUsage, Service, Unit
from trunkline.tmf.declaration import Document

BILL: Final = "1042.2026-03-01"


def found(house: House, kind: str, **where: Any) -> list[Document]:
    """Documents by what an index answers, paths with underscores."""
    conditions = [Compare(tuple(path.split("_")), Operator.EQ, value) for path, value in where.items()]
    answer = house.store.find(Query(kind, And(tuple(conditions)) if conditions else None, limit=1_000))
    assert answer.complete, "no index answers it"
    return [msgspec.json.decode(stored.document) for stored in answer.records]


def test_a_rated_usage_says_what_it_cost_and_which_line_of_the_tariff_decided(house: House) -> None:
    assert house.told(rated()) == ["UsageCreateEvent"]
    told = house.get("usage", "msc/1/7")
    [cost] = told["ratedProductUsage"]
    assert (told["usageType"], told["status"], told["usageDate"]) == ("voice", "rated", "2026-03-09T12:00:00Z")
    assert cost["taxIncludedRatingAmount"] == {"unit": "EUR", "value": 0.34}
    assert cost["taxExcludedRatingAmount"] == {"unit": "EUR", "value": 0.28}
    assert [cost[name] for name in ("tariff", "rate", "zone", "band")] == ["base-2026", "calls", "home", "day"]
    assert cost["drawn"][0]["bucket"]["id"] == "1042/money"
    source = next(each["value"] for each in told["usageCharacteristic"] if each["name"] == "source")
    assert source == {"uri": "sftp://msc/cdr/0001.dat", "offset": 512}


def test_usage_is_found_by_account_number_bill_and_line(house: House) -> None:
    house.told(rated("a"), rated("b", of=usage("b", subscription=TOM)), rated("c", of=usage("c", account="7")))
    line = house.get("usage", "a")["appliedCustomerBillingRate"]["id"]
    for where, ids in (
        ({"partyAccount_id": "1042"}, ["a", "b"]),
        ({"ratedProductUsage_productRef_id": TOM}, ["b"]),
        ({"customerBill_id": BILL}, ["a", "b"]),
        ({"appliedCustomerBillingRate_id": line}, ["a"]),
        ({"usageType": "data"}, []),
    ):
        assert [document["id"] for document in found(house, "usage", **where)] == ids


def test_what_an_allowance_gave_is_told_apart(house: House) -> None:
    house.told(
        rated("a", 0, quantity=120, free=120),
        rated("b", 10, quantity=120, free=60),
        rated("c", 20, quantity=120),
    )
    tags = [house.get("usage", id)["ratedProductUsage"][0]["usageRatingTag"] for id in "abc"]
    assert tags == ["included usage", "non included usage", "usage"]


def test_a_bill_has_a_line_for_each_number_and_rate(house: House) -> None:
    data = usage("d", service=Service.DATA, uplink=10, downlink=990, duration=0, other_party="")
    house.told(
        rated("a", 34), rated("b", 10), rated("c", 20, of=usage("c", subscription=TOM)),
        rated("d", 121, of=data, rate="data", unit=Unit.OCTET, quantity=1_000, free=400, zone="eu", band=""),
    )  # fmt: skip
    lines = {
        (each["product"]["id"], each["name"]): each for each in found(house, "appliedCustomerBillingRate", bill_id=BILL)
    }
    assert {key: each["taxIncludedAmount"]["value"] for key, each in lines.items()} == {
        (ELS, "calls"): 0.44,
        (TOM, "calls"): 0.2,
        (ELS, "data"): 1.21,
    }
    assert lines[ELS, "calls"]["description"] == "2 usages, 4 min, home, day"
    assert lines[ELS, "data"]["description"] == "1 usage, 1.0 kB, of these 400 B included, eu"
    assert lines[ELS, "data"]["appliedTax"][0]["taxAmount"]["value"] == 0.21
    bill = house.get("customerBill", BILL)
    assert (bill["taxIncludedAmount"]["value"], bill["taxExcludedAmount"]["value"]) == (1.85, 1.53)
    assert bill["billingPeriod"] == {"startDateTime": "2026-02-28T23:00:00Z", "endDateTime": "2026-03-31T22:00:00Z"}


def test_what_is_rated_anew_counts_once_as_it_is_now(house: House) -> None:
    house.told(rated(amount=34))
    told = house.told(rated(amount=50, revision=1, rate="calls-2"))
    assert told == ["UsageStateChangeEvent", "UsageAttributeValueChangeEvent"]
    assert [line["name"] for line in found(house, "appliedCustomerBillingRate", bill_id=BILL)] == ["calls-2"]
    assert house.get("customerBill", BILL)["amountDue"]["value"] == 0.5
    assert house.told(rated(amount=34), rated(amount=50, revision=1)) == []
    assert house.get("customerBill", BILL)["amountDue"]["value"] == 0.5


def test_what_is_taken_back_costs_nothing_and_stays_on_record(house: House) -> None:
    house.told(rated("a", 34), rated("b", 10))
    house.told(rated("a", 0, revision=1, quantity=0, void=True))
    assert house.get("customerBill", BILL)["amountDue"]["value"] == 0.1
    [line] = found(house, "appliedCustomerBillingRate", bill_id=BILL)
    assert line["counted"] == {"usages": 1, "quantity": 120, "free": 0, "amount": 10}
    assert house.get("usage", "a")["status"] == "rerated"
    house.told(rated("b", 0, revision=1, quantity=0, void=True))
    assert found(house, "appliedCustomerBillingRate", bill_id=BILL) == []


def test_the_bill_of_a_cycle_is_interim_until_the_next_begins(house: House) -> None:
    house.told(balance(kind="postpaid"), rated(amount=34))
    bill = house.get("customerBill", BILL)
    assert (bill["category"], bill["state"], bill["nextBillDate"]) == ("interim", "new", "2026-03-31T22:00:00Z")
    house.told(balance(kind="postpaid", cycle=APRIL))
    bill = house.get("customerBill", BILL)
    assert (bill["category"], bill["state"], bill["billDate"]) == ("normal", "validated", "2026-03-31T22:00:00Z")
    assert house.get("customerBill", "1042.2026-04-01")["category"] == "interim"


def test_late_usage_counts_on_the_bill_of_its_cycle_which_stays_what_it_is(house: House) -> None:
    house.told(balance(kind="postpaid"), rated("a", 34), balance(kind="postpaid", cycle=APRIL), rated("b", 10))
    bill = house.get("customerBill", BILL)
    assert (bill["category"], bill["amountDue"]["value"]) == ("normal", 0.44)
    house.told(rated("c", 5, of=usage("c", account="9")))
    assert house.get("customerBill", "9.2026-03-01")["category"] == "interim", "of which no balance is known"


def test_a_cycle_without_usage_has_a_bill_of_nothing(house: House) -> None:
    house.told(balance(), balance(cycle=APRIL))
    assert house.get("customerBill", BILL)["amountDue"]["value"] == 0
    assert house.get("customerBill", BILL)["category"] == "normal"


def test_a_prepaid_account_owes_nothing_of_what_it_used(house: House) -> None:
    house.told(balance(bucket(), kind="prepaid"), rated(amount=34))
    bill = house.get("customerBill", BILL)
    assert (bill["taxIncludedAmount"]["value"], bill["amountDue"]["value"]) == (0.34, 0)


def test_accounts_share_the_cycles_and_their_rhythm(house: House) -> None:
    house.told(rated("a"), rated("b", of=usage("b", account="7")))
    [cycle], [rhythm] = found(house, "billCycle"), found(house, "billCycleSpecification")
    assert (cycle["id"], cycle["billCycleSpecification"]["id"], rhythm["id"]) == ("2026-03-01", "month-1", "month-1")


def test_what_nobody_taxes_is_told_with_tax_alone(house: House) -> None:
    house.told(rated(tax="luxury"))
    assert "taxExcludedRatingAmount" not in house.get("usage", "msc/1/7")["ratedProductUsage"][0]


class Said(NamedTuple):
    """What is said of a usage, the last word of which counts."""

    id: str
    subscription: str
    rate: str
    cycle: datetime
    amount: int
    free: int
    void: bool


SAID = st.builds(
    Said, st.sampled_from("abcdef"), st.sampled_from((ELS, TOM)), st.sampled_from(("calls", "texts")),
    st.sampled_from((MARCH, APRIL)), st.integers(0, 500), st.sampled_from((0, 60, 120)), st.booleans(),
)  # fmt: skip


ACCOUNTS = count(10_000)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with closing(open_store(f"sqlite:///{tmp_path_factory.mktemp('bills')}/store.db")) as store:
        yield House(store)


@settings(max_examples=60, deadline=None)
@given(said=st.lists(SAID, max_size=25))
def test_whatever_is_rated_in_whatever_order_each_line_is_the_sum_of_its_usages(
    shared: House, said: list[Said]
) -> None:
    house, account = shared, str(next(ACCOUNTS))
    last: dict[str, RatedUsage] = {}
    for one in said:
        id = f"{account}/{one.id}"
        last[id] = rated(
            id,
            0 if one.void else one.amount,
            revision=last[id].revision + 1 if id in last else 0,
            of=usage(id, account=account, subscription=one.subscription),
            rate=one.rate,
            cycle=one.cycle,
            quantity=0 if one.void else 120,
            free=0 if one.void else one.free,
            void=one.void,
        )
        house.told(last[id])
    lines: dict[str, Counter[str]] = {}
    bills: Counter[str] = Counter()
    for id, now in last.items():
        document = house.get("usage", id)
        line = lines.setdefault(document["appliedCustomerBillingRate"]["id"], Counter())
        line.update(usages=int(not now.void), quantity=now.quantity, free=now.free, amount=now.amount)
        bills[document["customerBill"]["id"]] += now.amount
    kept = {
        each["id"]: each["counted"] for each in found(house, "appliedCustomerBillingRate", billingAccount_id=account)
    }
    assert kept == {id: dict(line) for id, line in lines.items() if line["usages"]}
    for bill in found(house, "customerBill", billingAccount_id=account):
        assert sum(bill["counted"].values()) == bills[bill["id"]]
