"""Balances become buckets, what was done to them a history, and what is asked of them commands that are answered."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import pytest
from msgspec.structs import replace

from tests.telco.charging.records.events import (
    APRIL,
    ELS,
    NOON,
    TOM,
    House,
    account,
    balance,
    bucket,
    data,
    posting,
)
from trunkline.telco.charging.records.actions import ACTIONS, ActionOwner
from trunkline.telco.model import Account, Balance, Ledger, Unit
from trunkline.tmf.declaration import Document
from trunkline.tmf.errors import Refusal

ACCOUNT: Final = {"id": "1042", "@type": "PartyAccountRef"}
EUROS: Final = {"amount": 15.0, "units": "EUR"}


def ask(house: House, name: str, id: str = "1", **said: Any) -> Document:
    """POST an action."""
    owner, of = ActionOwner(ACTIONS[name], house.store), ACTIONS[name]
    with house.store.unit() as unit:
        made = owner.create(unit, {"id": id, "@type": of.type, "amount": EUROS, **said})
        unit.add(name, id, msgspec.json.encode(made))
    return made


def delete(house: House, name: str, id: str = "1") -> None:
    """DELETE an action."""
    with house.store.unit() as unit:
        ActionOwner(ACTIONS[name], house.store).delete(unit, house.get(name, id))
        unit.remove(name, id)


def refused(house: House, name: str, **said: Any) -> int:
    with pytest.raises(Refusal) as refusal:
        ask(house, name, **said)
    assert house.commands() == [], "what is refused is not asked"
    return refusal.value.status


def test_each_bucket_is_told_when_it_comes_changes_and_goes(house: House) -> None:
    assert house.told(balance(bucket(), data())) == ["BucketCreateEvent"] * 2
    assert house.told(balance(bucket(), data())) == []
    assert house.told(balance(bucket(remaining=1_000), data())) == ["BucketAttributeValueChangeEvent"]
    told = house.get("bucket", "1042/money")
    assert (told["remainingValue"], told["remainingValueName"]) == ({"amount": 10.0, "units": "EUR"}, "10.00 EUR")
    assert (told["isShared"], told["status"], told["usageType"]) == (True, "active", "EUR")
    told = house.get("bucket", "1042/data")
    assert (told["isShared"], told["logicalResource"][0]["value"]) == (False, ELS)
    assert house.told(balance(bucket(remaining=1_000))) == ["BucketDeleteEvent"]
    assert house.gone(Balance.topic, "1042") == ["BucketDeleteEvent"]
    assert house.store.get("accumulatedBalance", "1042/spent") is None


def test_a_bucket_whose_time_is_over_is_expired_and_adds_to_no_total(house: House) -> None:
    house.told(balance(data(), data("1042/old", remaining=7), time=APRIL))
    assert house.get("bucket", "1042/data")["status"] == "expired"
    assert house.store.get("accumulatedBalance", "1042/data") is None


def test_what_all_buckets_hold_is_added_up_by_unit(house: House) -> None:
    house.told(balance(bucket(), bucket("1042/gift", remaining=100), data(), spent=266, limit=5_000))
    total = house.get("accumulatedBalance", "1042/EUR")
    assert total["totalBalance"] == {"amount": 13.34, "units": "EUR"}
    assert [each["id"] for each in total["bucket"]] == ["1042/money", "1042/gift"]
    spent = house.get("accumulatedBalance", "1042/spent")
    assert (spent["totalBalance"]["amount"], spent["limit"]["value"]) == (2.66, 50.0)


@pytest.mark.parametrize(
    ("kind", "debit", "credit", "type", "buckets"),
    [
        ("topup", Ledger.PAYMENTS, "1042/money", "TopupBalance", [("1042/money", "credit")]),
        ("grant", Ledger.GRANTS, "1042/data", "TopupBalance", [("1042/data", "credit")]),
        ("adjustment", "1042/money", Ledger.GRANTS, "AdjustBalance", [("1042/money", "debit")]),
        ("transfer", "1042/a", "1042/b", "TransferBalance", [("1042/b", "credit"), ("1042/a", "debit")]),
        ("expiry", "1042/data", Ledger.EXPIRED, "BalanceAction", [("1042/data", "debit")]),
    ],
)
def test_each_posting_that_is_not_of_usage_is_in_the_history(
    house: House, kind: str, debit: str, credit: str, type: str, buckets: list[tuple[str, str]]
) -> None:
    house.told(posting("p", kind, debit=debit, credit=credit))
    told = house.get("balanceAction", "p")
    assert (told["@type"], told["bucket"]["id"]) == (type, buckets[0][0])
    assert [(each["bucket"]["id"], each["item"][0]["itemType"]) for each in told["impactedBucket"]] == buckets


def test_what_usage_and_sessions_took_is_not_in_the_history(house: House) -> None:
    for kind in ("usage", "correction", "reservation", "release"):
        house.told(posting(kind, kind, debit="1042/money", credit=Ledger.REVENUE))
        assert house.store.get("balanceAction", kind) is None


def test_a_top_up_is_done_when_charging_has_answered(known: House) -> None:
    made = ask(known, "topupBalance", partyAccount=ACCOUNT, bucket={"id": "1042/money"}, status="completed")
    assert made["status"] == "acknowledged", "whatever the client says of it"
    [command] = known.commands()
    assert (command.kind, command.account, command.bucket, command.amount) == ("topup", "1042", "1042/money", 1_500)
    known.answer(command)
    told = known.get("topupBalance", "1")
    assert told["status"] == "completed"
    assert told["confirmationDate"]


def test_what_charging_refuses_has_failed_with_its_reason(known: House) -> None:
    ask(known, "topupBalance", partyAccount=ACCOUNT)
    [command] = known.commands()
    known.answer(command, "bucket.expired", "it ended yesterday")
    told = known.get("topupBalance", "1")
    assert (told["status"], told["failure"]) == ("failed", {"code": "bucket.expired", "message": "it ended yesterday"})
    known.answer(command)
    assert known.get("topupBalance", "1")["status"] == "failed", "the first answer counts"


def test_answers_to_others_are_passed_over(known: House) -> None:
    ask(known, "topupBalance", partyAccount=ACCOUNT)
    [command] = known.commands()
    for id in ("nchf/1", "tmf654/topupBalance/2", "tmf654/nothing/1", "", "tmf654"):
        known.answer(type(command)(id=id, account="1042", kind="topup", time=command.time))
    assert known.get("topupBalance", "1")["status"] == "acknowledged"


def test_who_tops_up_may_say_a_number_alone(known: House) -> None:
    made = ask(known, "topupBalance", logicalResource={"id": ELS})
    assert made["partyAccount"]["id"] == "1042"
    [command] = known.commands()
    assert (command.account, command.subscription) == ("1042", ELS)
    assert refused(known, "topupBalance", logicalResource={"id": TOM}) == 409
    known.gone(Account.topic, "1042")
    assert refused(known, "topupBalance", logicalResource={"id": ELS}) == 409


def test_the_first_top_up_of_an_account_needs_no_balance(house: House) -> None:
    house.told(account())
    ask(house, "topupBalance", logicalResource={"id": ELS})
    assert [command.amount for command in house.commands()] == [1_500]
    assert refused(house, "topupBalance", bucket={"id": "1042/money"}) == 409, "it has no bucket yet"


def test_a_number_is_its_last_holders(known: House) -> None:
    known.told(account(id="8"))
    gone = replace(account().members[0], until=NOON)
    known.told(account(members=(gone,)))
    assert ask(known, "topupBalance", logicalResource={"id": ELS})["partyAccount"]["id"] == "8"


def test_a_pack_is_bought_by_its_offering(known: House) -> None:
    pack = {"id": "world-1gb", "@referredType": "ProductOffering"}
    ask(known, "topupBalance", logicalResource={"id": ELS}, product=pack, amount={"amount": 1, "units": "item"})
    [command] = known.commands()
    assert (command.kind, command.offering, command.subscription) == ("pack", "world-1gb", ELS)


def test_an_adjustment_takes_or_gives(known: House) -> None:
    ask(known, "adjustBalance", partyAccount=ACCOUNT, adjustType="debit", amount={"amount": 2.5, "units": "EUR"})
    ask(known, "adjustBalance", "2", partyAccount=ACCOUNT, amount={"amount": 2.5, "units": "EUR"})
    assert [command.amount for command in known.commands()] == [-250, 250]


def test_a_transfer_goes_from_bucket_to_bucket_of_one_account(known: House) -> None:
    known.told(balance(bucket(), data(), data("1042/family", subscription="")))
    one, other = {"id": "1042/data"}, {"id": "1042/family"}
    ask(known, "transferBalance", bucket=one, receiverBucket=other, amount={"amount": 1.5, "units": "GB"})
    [command] = known.commands()
    assert (command.bucket, command.to_bucket, command.amount) == ("1042/data", "1042/family", 1_500_000_000)
    assert refused(known, "transferBalance", bucket=one) == 400
    assert refused(known, "transferBalance", bucket=one, receiverBucket=other, receiverPartyAccount={"id": "7"}) == 409


def test_a_reservation_is_released_when_it_is_deleted(known: House) -> None:
    ask(known, "reserveBalance", partyAccount=ACCOUNT, bucket={"id": "1042/money"})
    [command] = known.commands()
    with pytest.raises(Refusal):
        delete(known, "reserveBalance")
    known.answer(command)
    delete(known, "reserveBalance")
    [command] = known.commands()
    assert (command.kind, command.bucket, command.amount) == ("release", "1042/money", 1_500)
    assert command.reason == "tmf654/reserveBalance/1"


def test_a_reservation_that_has_ended_is_not_released_a_second_time(known: House) -> None:
    ask(known, "reserveBalance", partyAccount=ACCOUNT, expirationDate="2026-01-01T00:00:00Z")
    [command] = known.commands()
    assert command.valid_to is not None
    known.answer(command)
    delete(known, "reserveBalance")
    assert known.commands() == []


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({}, 400),
        ({"partyAccount": {"id": "8"}}, 409),
        ({"partyAccount": {"id": "8"}, "logicalResource": {"id": ELS}}, 409),
        ({"bucket": {"id": "nowhere"}}, 409),
        ({"partyAccount": ACCOUNT, "bucket": {"id": "1042/data"}}, 409),
        ({"partyAccount": ACCOUNT, "amount": {"amount": 15.005, "units": "EUR"}}, 400),
        ({"partyAccount": ACCOUNT, "amount": {"amount": 0, "units": "EUR"}}, 400),
        ({"partyAccount": ACCOUNT, "amount": {"amount": -3, "units": "EUR"}}, 400),
        ({"partyAccount": ACCOUNT, "amount": {"amount": 1e300, "units": "GB"}}, 400),
        ({"partyAccount": ACCOUNT, "amount": {"amount": True, "units": "EUR"}}, 400),
        ({"partyAccount": ACCOUNT, "amount": {"amount": 3, "units": "bananas"}}, 400),
        ({"partyAccount": ACCOUNT, "amount": {"amount": 3}}, 400),
        ({"partyAccount": ACCOUNT, "amount": {"amount": 3, "units": "USD"}}, 409),
        ({"partyAccount": ACCOUNT, "voucher": "1234"}, 400),
        ({"partyAccount": ACCOUNT, "isAutoTopup": True}, 400),
    ],
)
def test_what_cannot_be_meant_is_refused_and_not_asked(known: House, said: Document, status: int) -> None:
    assert refused(known, "topupBalance", **said) == status


def test_what_was_asked_is_not_changed_afterwards(known: House) -> None:
    owner = ActionOwner(ACTIONS["topupBalance"], known.store)
    made = ask(known, "topupBalance", partyAccount=ACCOUNT)
    with known.store.unit() as unit:
        assert owner.change(unit, made, made | {"description": "in the shop"})["description"] == "in the shop"
        for change in ({"amount": {"amount": 99, "units": "EUR"}}, {"status": "completed"}):
            with pytest.raises(Refusal) as refusal:
                owner.change(unit, made, made | change)
            assert refusal.value.status == 409


def test_units_of_a_bucket_are_told_as_what_they_are(house: House) -> None:
    buckets = [bucket(f"1042/{unit}", unit=unit, remaining=61) for unit in Unit]
    house.told(balance(*buckets))
    shown = [house.get("bucket", f"1042/{unit}")["remainingValueName"] for unit in Unit]
    assert shown == ["0.61 EUR", "1 min 1 s", "61 B", "61 messages", "61 items"]


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0 min"), (22, "22 s"), (120, "2 min"), (-75, "-1 min 15 s")])
def test_seconds_are_told_as_people_say_them(house: House, seconds: int, shown: str) -> None:
    house.told(balance(bucket("1042/talk", unit=Unit.SECOND, remaining=seconds)))
    assert house.get("bucket", "1042/talk")["remainingValueName"] == shown
