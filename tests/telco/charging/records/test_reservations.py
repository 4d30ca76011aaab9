"""A part of a reservation is released by an adjustment that names it, and never more than it holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import count
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.telco.charging.records.events import House, account, balance, bucket, data
from tests.telco.charging.records.test_balances import ACCOUNT, EUROS, ask, delete, refused
from trunkline.store import open_store
from trunkline.telco.model import ChargingCommand
from trunkline.tmf.declaration import Document

RUNS: Final = map(str, count(1))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with closing(open_store(f"sqlite:///{tmp_path_factory.mktemp('parts')}/store.db")) as store:
        house = House(store)
        house.told(balance(bucket(), data()), account())
        yield house


def reserved(house: House, id: str = "1", **said: Any) -> None:
    """15 EUR of the credit are held."""
    ask(house, "reserveBalance", id, **{"partyAccount": ACCOUNT, "bucket": {"id": "1042/money"}} | said)
    [command] = house.commands()
    house.answer(command)
    house.heard()


def release(house: House, euros: float, id: str = "r", **said: Any) -> ChargingCommand:
    """POST the release of a part of the reservation; what charging is asked."""
    part = {"amount": {"amount": euros, "units": "EUR"}, "reserveBalance": {"id": "1"}}
    assert ask(house, "adjustBalance", id, **part | said)["status"] == "acknowledged"
    [command] = house.commands()
    return command


def test_a_part_of_a_reservation_is_released_by_an_adjustment_that_names_it(known: House) -> None:
    reserved(known)
    command = release(known, 5.5)
    assert (command.id, command.kind) == ("tmf654/adjustBalance/r", "release")
    assert (command.account, command.bucket, command.amount) == ("1042", "1042/money", 550)
    assert command.reason == "tmf654/reserveBalance/1", "by which charging knows what was held for it"
    known.answer(command)
    assert known.get("adjustBalance", "r")["status"] == "completed"
    assert known.get("reserveBalance", "1")["amount"] == {"amount": 9.5, "units": "EUR"}
    delete(known, "reserveBalance")
    assert [(rest.kind, rest.amount) for rest in known.commands()] == [("release", 950)]


def test_subscribers_are_told_that_a_reservation_is_smaller(known: House) -> None:
    reserved(known)
    ask(known, "adjustBalance", amount={"amount": 5, "units": "EUR"}, reserveBalance={"id": "1"})
    assert known.heard() == ["ReserveBalanceAttributeValueChangeEvent"]


def test_a_part_that_charging_does_not_release_is_held_as_before(known: House) -> None:
    reserved(known)
    command = release(known, 15)
    assert known.get("reserveBalance", "1")["amount"]["amount"] == 0
    known.answer(command, "amount.invalid", "commands hold 0 of 1042/money, and 1500 are to be released")
    known.answer(command, "amount.invalid")
    assert known.get("adjustBalance", "r")["failure"]["code"] == "amount.invalid"
    assert known.get("reserveBalance", "1")["amount"] == EUROS


def test_what_was_released_whole_is_not_released_again(known: House) -> None:
    reserved(known)
    known.answer(release(known, 15))
    assert refused(known, "adjustBalance", amount={"amount": 0.01, "units": "EUR"}, reserveBalance={"id": "1"}) == 409
    delete(known, "reserveBalance")
    assert known.commands() == [], "to release 0 is to release all that others hold"


def test_a_part_is_counted_in_the_units_of_the_bucket(known: House) -> None:
    held = {"amount": 1.5, "units": "GB"}
    reserved(known, amount=held, bucket={"id": "1042/data"})
    part = {"amount": 200, "units": "MB"}
    assert release(known, 0, amount=part).amount == 200_000_000
    assert known.get("reserveBalance", "1")["amount"] == {"amount": 1_300_000_000, "units": "octet"}


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"amount": {"amount": 15.01, "units": "EUR"}}, 409),
        ({"amount": {"amount": 1, "units": "USD"}}, 409),
        ({"amount": {"amount": 1, "units": "GB"}}, 409),
        ({"amount": {"amount": -1, "units": "EUR"}}, 400),
        ({"adjustType": "debit"}, 400),
        ({"bucket": {"id": "1042/data"}}, 409),
        ({"partyAccount": {"id": "8"}}, 409),
        ({"reserveBalance": {"id": "2"}}, 409),
        ({"reserveBalance": {"id": "waits"}}, 409),
        ({"reserveBalance": {"id": "ended"}}, 409),
        ({"reserveBalance": {"id": "failed"}}, 409),
        ({"reserveBalance": {}}, 400),
    ],
)
def test_no_more_is_released_than_is_held(known: House, said: Document, status: int) -> None:
    reserved(known)
    reserved(known, "ended", expirationDate="2026-01-01T00:00:00Z")
    ask(known, "reserveBalance", "failed", partyAccount=ACCOUNT)
    [command] = known.commands()
    known.answer(command, "balance.insufficient")
    ask(known, "reserveBalance", "waits", partyAccount=ACCOUNT)
    assert len(known.commands()) == 1
    asked: Document = {"amount": {"amount": 1, "units": "EUR"}, "reserveBalance": {"id": "1"}}
    assert refused(known, "adjustBalance", **asked | said) == status
    assert known.get("reserveBalance", "1")["amount"] == EUROS


@settings(max_examples=25, deadline=None)
@given(parts=st.lists(st.tuples(st.integers(1, 900), st.booleans()), max_size=8))
def test_whatever_is_released_and_refused_the_reservation_is_what_is_left(
    shared: House, parts: list[tuple[int, bool]]
) -> None:
    """Before charging has answered, too, nobody is promised what another has released."""
    run, left, asked = next(RUNS), 1_500, list[tuple[ChargingCommand, int, bool]]()
    reserved(shared, run)
    for number, (cents, done) in enumerate(parts):
        said = {"reserveBalance": {"id": run}}
        if cents > left:
            amount = {"amount": cents / 100, "units": "EUR"}
            assert refused(shared, "adjustBalance", amount=amount, **said) == 409
        else:
            asked.append((release(shared, cents / 100, f"{run}.{number}", **said), cents, done))
            left -= cents
    for command, cents, done in asked:
        shared.answer(command, "" if done else "amount.invalid")
        left += 0 if done else cents
    assert shared.get("reserveBalance", run)["amount"] == {"amount": left / 100, "units": "EUR"}
