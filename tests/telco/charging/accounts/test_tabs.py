"""Usages that come many at once, taken by tabs: all that is told is what the book tells of them one by one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.telco.charging.accounts.desk import ACCOUNT, ANN, BOB, Desk, command, day, used
from tests.telco.charging.accounts.test_reference import OFFER
from trunkline.telco.charging.accounts import tabs
from trunkline.telco.charging.accounts.tab import Tab
from trunkline.telco.charging.tariff.terms import Tariff
from trunkline.telco.model import Account, Assignment, ChargingCommand, Notice, Posting, RatedUsage, Usage

GB = 10**9
PLANS = ("mobile-20", "mobile-80", "mobile-300", "mobile-family", "mobile-family-member", "prepaid")
NETWORKS = ("", "20699", "20601", "20801", "26201", "310410", "22801")
NUMBERS = ("32470000009", "33612345678", "8116", "112", "12125550100")


class OneByOne:
    """The operator's tariffs, without the columns."""

    def at(self, id: str, time: datetime) -> Tariff:
        return OFFER.at(id, time)


def family(chance: random.Random) -> Account:
    """An account of two numbers, whose tariffs change now and then."""
    members = []
    for member in ACCOUNT.members:
        since = [day(-200), *sorted(day(chance.uniform(-20, 30)) for _ in range(chance.choice([0, 0, 1])))]
        tariffs = tuple(Assignment(tariff=chance.choice(PLANS), since=each) for each in since)
        members.append(replace(member, tariffs=tariffs, until=chance.choice([None, None, None, day(25)])))
    kind: Any = chance.choice(["postpaid", "postpaid", "prepaid"])
    limit = chance.choice([None, 200, 6_000])
    return replace(ACCOUNT, kind=kind, limit=limit, members=tuple(members), cycle_day=chance.choice([1, 14]))


def life(chance: random.Random) -> Iterator[Usage | ChargingCommand]:
    """What happens to an account in a month and a half, nearly in order of time; some of it late, twice, or wrong."""
    at, made = day(chance.choice([1, 10])), list[Usage]()
    big = chance.choice([GB // 50, GB // 2])
    for number in range(chance.randint(20, 250)):
        at += timedelta(minutes=chance.choice([1, 30, 240]))
        started = at - timedelta(minutes=chance.choice([0, 0, 0, 0, 0, 0, 5, 60, 2_000]))
        what: dict[str, Any] = chance.choice(
            [{"octets": chance.randrange(1, big)}] * 3 + [{"seconds": chance.randrange(1, 900)}, {"messages": 1}]
        )
        usage = used(
            f"u{number}",
            started,
            by=chance.choice([ANN, BOB]),
            visited=chance.choice((*["20699"] * 12, *NETWORKS)),
            other_party=chance.choice(NUMBERS),
            zone_offset=60,
            **what,
        )
        if made and chance.random() < 0.03:
            usage = replace(usage, corrects=chance.choice(made).id)
        made.append(usage)
        yield usage
        if chance.random() < 0.04:
            yield chance.choice(made)
        if chance.random() < 0.02:
            kind: Any = chance.choice(["topup", "pack"])
            offering = (
                "" if kind == "topup" else chance.choice(["roaming-america", "data-sim-extra", "roaming-neighbours"])
            )
            amount = chance.randrange(1, 3_000) if kind == "topup" else 0
            until = chance.choice([None, at + timedelta(days=9)]) if kind == "topup" else None
            yield command(f"k{number}", kind, amount, at, offering=offering, subscription=ANN, valid_to=until)


@given(most=st.sampled_from([tabs.MOST, tabs.MOST, 0]), seed=st.integers(0, 1 << 32))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_all_that_is_told_is_what_the_book_tells_of_each_usage_alone(most: int, seed: int) -> None:
    """Also where no tab is kept from one batch to the next."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tabs, "MOST", most)
        assert_all_is_told(random.Random(seed))


def assert_all_is_told(chance: random.Random) -> None:
    account, events = family(chance), list(life(chance))
    columns, book = (Desk(account, offer=offer) for offer in (OFFER, OneByOne()))
    for desk in (columns, book):
        desk.clock = day(40)
    while events:
        size = chance.choice([3, 40, 200])
        for desk in (columns, book):
            desk.take(*events[:size])
        if chance.random() < 0.3:
            columns.driver.restart()
        del events[:size]
    assert columns.told(RatedUsage) == book.told(RatedUsage)
    assert columns.told(Posting) == book.told(Posting)
    assert columns.told(Notice) == book.told(Notice)
    assert columns.rejected() == book.rejected()
    assert columns.balance() == book.balance()


def test_what_is_no_usage_among_many_is_put_aside_and_the_others_are_charged() -> None:
    members = tuple(
        replace(each, tariffs=(Assignment(tariff="mobile-80", since=day(-200)),)) for each in ACCOUNT.members
    )
    desk = Desk(replace(ACCOUNT, members=members), offer=OFFER)
    records = desk.records(used(f"u{n}", day(1 + n / 25), octets=10**6, visited="20699") for n in range(40))
    for broken in (0, 7, 8, 30, 39):
        records[broken] = msgspec.structs.replace(records[broken], value=b'{"id":"no usage"}')
    desk.driver.work(records)
    assert len(desk.rejected()) == 5
    assert desk.rated().keys() == {f"u{n}" for n in range(40)} - {"u0", "u7", "u8", "u30", "u39"}


def test_tabs_take_nearly_all_usages_of_an_ordinary_month(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[bool] = []
    take = Tab.take

    def watched(tab: Tab, *given: Any) -> Any:
        found = take(tab, *given)
        taken.append(found is not None)
        return found

    monkeypatch.setattr(Tab, "take", watched)
    members = tuple(
        replace(each, tariffs=(Assignment(tariff="mobile-80", since=day(-200)),)) for each in ACCOUNT.members
    )
    usages = [
        used(f"u{n}", day(1 + n / 25) - timedelta(minutes=n % 7), octets=10**7 * (1 + n % 13), visited="20699")
        for n in range(700)
    ]
    desk = Desk(replace(ACCOUNT, members=members), usages[0], offer=OFFER)
    desk.clock = day(40)
    desk.take(*usages[1:])
    assert len(desk.rated()) == 700
    assert sum(taken) > 0.95 * len(taken)
