"""Who pays for what a number uses, as the accounts say it."""

from __future__ import annotations

import random
from datetime import datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.streams.driver import any_way, record, thorough
from tests.telco.charging.mediation.records import at
from trunkline.log import Record
from trunkline.streams.recorded import Recorded
from trunkline.telco.charging.mediation.directory import Directory
from trunkline.telco.model import Account, Assignment, Holder, Member, Number

TARIFF = (Assignment(tariff="go", since=at(-(10**6))),)


def account(id: str, *members: tuple[str, str] | tuple[str, str, datetime]) -> Account:
    """With members of (MSISDN, IMSI), or (MSISDN, IMSI, until)."""
    held = tuple(
        Member(msisdn=each[0], imsi=each[1], until=each[2] if len(each) > 2 else None, tariffs=TARIFF)
        for each in members
    )
    return Account(id=id, customer="c", kind="postpaid", currency="EUR", members=held)


def records(*accounts: Account | str) -> list[Record]:
    """What is written to charging.account: an account, or the id of one that is gone."""
    return [
        record(Account.topic, offset, each.encode(), None)
        if isinstance(each, str)
        else record(Account.topic, offset, each.id.encode(), msgspec.json.encode(each))
        for offset, each in enumerate(accounts)
    ]


def directory(*accounts: Account | str) -> tuple[list[tuple[str, Number | None]], dict[str, Number]]:
    """Every word of the directory, and what it says at last."""
    driver = any_way(Recorded(Directory), records(*accounts), random.Random(1))
    said = [
        ((key or b"").decode(), msgspec.json.decode(value, type=Number) if value else None)
        for key, value in driver.sent_to(Number.topic)
    ]
    return said, {id: number for id, number in dict(said).items() if number is not None}


def test_a_number_and_its_sim_are_the_accounts() -> None:
    _, numbers = directory(account("A", ("32470000001", "206990000000001"), ("32590000001", "")))
    assert numbers == {
        "32470000001": Number(id="32470000001", account="A", msisdn="32470000001"),
        "imsi:206990000000001": Number(id="imsi:206990000000001", account="A", msisdn="32470000001"),
        "32590000001": Number(id="32590000001", account="A", msisdn="32590000001"),
    }


def test_an_account_that_says_the_same_again_changes_nothing() -> None:
    said, _ = directory(account("A", ("1", "2")), account("A", ("1", "2")))
    assert [id for id, _ in said] == ["1", "imsi:2"]


def test_a_number_that_is_given_up_is_gone() -> None:
    said, numbers = directory(account("A", ("1", "2"), ("3", "")), account("A", ("3", "")))
    assert said[-2:] == [("1", None), ("imsi:2", None)]
    assert list(numbers) == ["3"]


def test_an_account_that_is_gone_takes_its_numbers_with_it() -> None:
    said, numbers = directory(account("A", ("1", "2"), ("3", "")), account("B", ("4", "")), "A")
    assert sorted(id for id, number in said if number is None) == ["1", "3", "imsi:2"]
    assert list(numbers) == ["4"]


def test_a_number_moves_in_whatever_order_the_accounts_say_so() -> None:
    before = account("A", ("1", "2"), ("3", "4"))
    _, leaving_first = directory(before, account("A", ("3", "4")), account("B", ("1", "2")))
    _, taken_first = directory(before, account("B", ("1", "2")), account("A", ("3", "4")))
    assert leaving_first == taken_first
    assert {id: number.account for id, number in taken_first.items()} == {
        "1": "B",
        "imsi:2": "B",
        "3": "A",
        "imsi:4": "A",
    }


def test_an_account_that_repeats_an_old_claim_does_not_get_the_number_back() -> None:
    before = account("A", ("1", ""))
    _, numbers = directory(before, account("B", ("1", "")), msgspec.structs.replace(before, cycle_day=9))
    assert numbers["1"].account == "B"


def test_when_the_new_account_gives_it_up_it_is_the_old_ones_again_that_still_has_it() -> None:
    _, numbers = directory(account("A", ("1", "")), account("B", ("1", "")), account("B"))
    assert numbers["1"].account == "A"


def test_a_new_sim_takes_the_place_of_the_old_one() -> None:
    said, numbers = directory(account("A", ("1", "2")), account("A", ("1", "9")))
    assert ("imsi:2", None) in said
    assert sorted(numbers) == ["1", "imsi:9"]


def test_who_held_a_number_until_when_stays_known_while_the_account_says_so() -> None:
    _, numbers = directory(account("A", ("1", "", at(10))), account("B", ("1", "", at(20))), account("C", ("1", "")))
    assert numbers["1"] == Number(
        id="1",
        account="C",
        msisdn="1",
        former=(Holder(account="A", msisdn="1", until=at(10)), Holder(account="B", msisdn="1", until=at(20))),
    )


def test_a_number_that_was_given_up_stays_the_last_holders_until_somebody_takes_it_up() -> None:
    _, numbers = directory(account("A", ("1", "")), account("A", ("1", "", at(10))))
    assert numbers["1"] == Number(id="1", account="A", msisdn="1", until=at(10))


def test_an_account_may_take_up_again_what_it_gave_up() -> None:
    _, numbers = directory(
        account("A", ("1", "")), account("A", ("1", "", at(10))), account("B", ("1", "")), account("A", ("1", ""))
    )
    assert numbers["1"].account == "A"


@thorough
@given(
    st.lists(st.tuples(st.sampled_from("ABC"), st.lists(st.sampled_from("123"), unique=True) | st.none()), max_size=12),
    st.randoms(use_true_random=False),
)
def test_a_number_is_the_account_s_that_took_it_up_last_and_has_it_still(
    made: list[tuple[str, list[str] | None]], chance: random.Random
) -> None:
    held: dict[str, list[str]] = {}
    written: list[Account | str] = []
    for id, numbers in made:
        written.append(id if numbers is None else account(id, *((number, "") for number in numbers)))
        for number in "123":
            holders = held.setdefault(number, [])
            if number not in (numbers or []):
                held[number] = [holder for holder in holders if holder != id]
            elif id not in holders:
                held[number] = [*holders, id]
    driver = any_way(Recorded(Directory), records(*written), chance)
    last = dict(driver.sent_to(Number.topic))
    accounts = {key: msgspec.json.decode(value, type=Number).account for key, value in last.items() if value}
    assert accounts == {number.encode(): holders[-1] for number, holders in held.items() if holders}
