"""What usage costs, what pays for it, and what comes of usage that is late, corrected, or cannot be charged."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
from msgspec.structs import replace

from tests.telco.charging.accounts.desk import ACCOUNT, ANN, BOB, Desk, command, day, used
from tests.telco.charging.accounts.offer import Offer, Plan
from trunkline.telco.model import Account, Assignment, Balance, Drawn, Ledger, Posting, RatedUsage, Service, Unit


def test_an_allowance_gives_what_it_has_and_the_rest_costs_money() -> None:
    desk = Desk(ACCOUNT, used("u1", day(2), octets=1_400), used("u2", day(3), octets=600))
    assert desk.cost() == {"u1": 0, "u2": 35}  # 500 had stayed of February: 100 of the 600 are free, 500 at 0.07
    assert desk.left()["money"] == -35
    assert desk.balance().spent == 35
    rated = desk.rated()["u2"]
    assert (rated.tariff, rated.rate, rated.zone, rated.unit) == ("talk", "data", "home", Unit.OCTET)
    assert (rated.quantity, rated.free, rated.cycle) == (600, 100, day(1))
    assert rated.drawn == (
        Drawn(bucket=f"A/talk/data/2026-03-01/{ANN}", amount=100),
        Drawn(bucket="A/money", amount=35),
    )


def test_money_is_rounded_half_up_once_for_each_usage() -> None:
    desk = Desk(
        ACCOUNT, used("a", day(2), seconds=100), used("b", day(2.1), seconds=50), used("c", day(2.2), seconds=10)
    )
    assert desk.cost() == {"a": 0, "b": 16, "c": 3}  # 15.5 and 3.1


def test_a_tier_counts_over_the_cycle_and_for_each_number() -> None:
    desk = Desk(
        ACCOUNT,
        used("a", day(1.5), seconds=300),
        used("b", day(2), seconds=100),
        used("c", day(3), seconds=100, by=BOB),
    )
    assert desk.cost() == {"a": 62, "b": 57, "c": 31}
    desk.take(used("d", day(32), seconds=200))
    assert desk.cost()["d"] == 31  # of April 100 are free, and the tier has begun anew


def test_a_shared_allowance_gives_every_number_of_the_account() -> None:
    desk = Desk(ACCOUNT, used("a", day(2), seconds=60), used("b", day(2.1), seconds=60, by=BOB))
    assert desk.cost() == {"a": 0, "b": 6}
    assert desk.left()["talk/voice/2026-03-01"] == 0


def test_fair_use_keeps_what_an_allowance_would_give_abroad() -> None:
    desk = Desk(ACCOUNT, used("a", day(2), octets=400, visited="20801"), used("b", day(3), octets=100))
    assert desk.cost() == {"a": 7, "b": 0}
    assert desk.rated()["a"].free == 300


def test_a_pack_runs_from_its_first_use_on() -> None:
    desk = Desk(ACCOUNT, command("p", "pack", offering="boost", subscription=ANN, time=day(2)))
    desk.take(used("a", day(10), octets=100), used("b", day(12.9), octets=100), used("c", day(13), octets=100))
    assert [each.bucket for each in desk.rated()["b"].drawn] == ["A/boost/data/p"]
    assert [each.bucket for each in desk.rated()["c"].drawn] == [f"A/talk/data/2026-02-01/{ANN}"]
    assert desk.ledger()[Ledger.EXPIRED, "octet"] == 200 + 2 * 1_000  # and what did not stay, of both


def test_a_usage_that_comes_late_is_charged_in_its_place_and_the_later_ones_again() -> None:
    desk = Desk(ACCOUNT, used("a", day(2), octets=1_400), used("c", day(4), octets=200))
    assert desk.cost() == {"a": 0, "c": 7}
    desk.take(used("b", day(3), octets=100))
    assert desk.cost() == {"a": 0, "b": 0, "c": 14}
    assert [(each.usage.id, each.revision) for each in desk.told(RatedUsage)][2:] == [("b", 0), ("c", 1)]
    corrections = [each for each in desk.told(Posting) if each.kind == "correction"]
    assert {(each.cause, each.unit, each.amount, each.credit) for each in corrections} == {
        ("c", "octet", 100, f"A/talk/data/2026-03-01/{ANN}"),
        ("c", "money", 7, "revenue"),
    }


def test_a_late_usage_of_the_cycle_before_changes_what_rolled_over() -> None:
    desk = Desk(ACCOUNT, used("a", day(2), octets=100), used("b", day(3), octets=1_390))
    assert desk.cost()["b"] == 0
    desk.take(used("late", day(-2), octets=1_450))
    assert desk.cost() == {"a": 0, "late": 0, "b": 31}  # 50 stayed of February, not 500
    assert desk.balance().cycle == day(1)


def test_the_same_usage_again_has_no_second_effect() -> None:
    desk = Desk(ACCOUNT, used("a", day(2), messages=1))
    before = len(desk.driver.sent)
    desk.take(used("a", day(2), messages=1)).driver.restart()
    desk.take(used("a", day(2), messages=1))
    assert len(desk.driver.sent) == before


def test_a_correction_takes_the_place_of_a_usage() -> None:
    desk = Desk(ACCOUNT, used("a", day(2), messages=3), used("b", day(2), messages=1, corrects="a"))
    assert desk.cost() == {"a": 0, "b": 5}
    assert desk.rated()["a"].void
    assert desk.left()["money"] == -5


def test_a_correction_of_nothing_takes_a_usage_back() -> None:
    desk = Desk(ACCOUNT, used("a", day(2), messages=3), used("b", day(2), corrects="a", service=Service.MESSAGE))
    assert desk.cost() == {"a": 0, "b": 0}
    assert desk.left()["money"] == 0
    desk.take(used("c", day(2), messages=1, corrects="b"))
    assert desk.cost() == {"a": 0, "b": 0, "c": 5}


def test_a_correction_that_comes_before_what_it_corrects_holds_it_back() -> None:
    desk = Desk(ACCOUNT, used("b", day(2), messages=1, corrects="a"), used("a", day(2), messages=3))
    assert desk.cost() == {"a": 0, "b": 5}


@pytest.mark.parametrize("order", list(permutations("abc")))
def test_of_several_corrections_of_one_usage_the_last_in_order_counts(order: tuple[str, ...]) -> None:
    made = {
        "a": used("a", day(2), messages=3),
        "b": used("b", day(2), messages=1, corrects="a"),
        "c": used("c", day(2), messages=2, corrects="a"),
    }
    desk = Desk(ACCOUNT, *(made[id] for id in order))
    assert desk.cost() == {"a": 0, "b": 0, "c": 10}
    assert desk.left()["money"] == -10


def test_a_usage_of_a_closed_cycle_is_refused() -> None:
    desk = Desk(ACCOUNT, used("a", day(2), messages=1), used("b", day(-29), messages=1))
    assert desk.rejected() == ["usage.too-late"]
    desk.take(used("c", day(32), messages=1), used("d", day(0), messages=1))
    assert desk.rejected() == ["usage.too-late", "usage.too-late"]
    assert desk.cost() == {"a": 5, "c": 5}


def test_what_cannot_be_charged_is_refused_and_says_why() -> None:
    desk = Desk(used("a", day(2), messages=1))
    stray = replace(ACCOUNT.members[0], msisdn="3299", tariffs=())
    gone = replace(ACCOUNT.members[1], until=day(2))
    desk.take(
        replace(ACCOUNT, members=(ACCOUNT.members[0], gone, stray)),
        used("b", day(2), messages=1, by="3288"),
        used("c", day(2), messages=1, by="3299"),
        used("d", day(2), messages=1, by=BOB),
        used("e", day(2), messages=1, service=Service.CONTENT),
        used("f", day(2) + timedelta(days=60), messages=1),
        used("g", day(2), messages=1),
    )
    assert desk.rejected() == [
        "account.unknown",
        "subscription.unknown",
        "tariff.none",
        "subscription.unknown",
        "tariff.no-rate",
        "event.ahead",
    ]
    assert desk.cost() == {"g": 5}


def test_an_account_pays_in_the_currency_of_its_tariff_alone() -> None:
    desk = Desk(replace(ACCOUNT, currency="USD"), used("a", day(2), messages=1))
    assert desk.rejected() == ["tariff.currency"]


def test_what_cannot_be_decoded_is_refused_and_the_rest_goes_on() -> None:
    desk = Desk(ACCOUNT)
    [broken] = desk.records([used("a", day(2), messages=1)])
    desk.driver.work([replace(broken, value=b'{"id": "a"}'), *desk.records([used("b", day(2), messages=1)])])
    assert desk.rejected() == ["decode.schema"]
    assert desk.cost() == {"b": 5}


def test_another_tariff_from_a_moment_on_is_rated_again_from_then_on() -> None:
    offer = Offer(Plan("more", cost=lambda units: 2 * units))
    desk = Desk(ACCOUNT, used("a", day(2), octets=1_500), used("b", day(5), octets=100), offer=offer)
    assert desk.cost() == {"a": 0, "b": 7}
    tariffs = (*ACCOUNT.members[0].tariffs, Assignment(tariff="more", since=day(4)))
    desk.take(replace(ACCOUNT, members=(replace(ACCOUNT.members[0], tariffs=tariffs), ACCOUNT.members[1])))
    assert desk.cost() == {"a": 0, "b": 200}
    tariffs = (*ACCOUNT.members[0].tariffs, Assignment(tariff="gone", since=day(4)))
    desk.take(replace(ACCOUNT, members=(replace(ACCOUNT.members[0], tariffs=tariffs), ACCOUNT.members[1])))
    assert desk.cost() == {"a": 0, "b": 200}  # there is no such tariff: what was told stays


def test_cycles_begin_at_midnight_of_the_zone_on_the_account_s_day() -> None:
    desk = Desk(replace(ACCOUNT, cycle_day=15), used("a", day(14.999), messages=1), used("b", day(15), messages=1))
    assert (desk.rated()["a"].cycle, desk.rated()["b"].cycle) == (day(1) - timedelta(days=14), day(15))
    summer = Desk(ACCOUNT, used("a", day(32), messages=1))  # clocks went forward on 29 March
    assert summer.balance().cycle == day(32) - timedelta(hours=1)


def test_another_cycle_day_counts_from_the_next_cycle_on() -> None:
    desk = Desk(ACCOUNT, used("a", day(2), messages=1), replace(ACCOUNT, cycle_day=10))
    desk.take(used("b", day(20), messages=1), used("c", day(33), messages=1), used("d", day(42), messages=1))
    assert [desk.rated()[id].cycle.astimezone().date().isoformat() for id in "abcd"] == [
        day(1).astimezone().date().isoformat(),
        day(1).astimezone().date().isoformat(),
        day(31.96).astimezone().date().isoformat(),
        day(40.96).astimezone().date().isoformat(),
    ]


def test_history_of_closed_cycles_is_forgotten() -> None:
    desk = Desk(ACCOUNT)
    for month in range(6):
        desk.clock = day(30 * month + 2)
        desk.take(used(f"u{month}", day(30 * month + 2), messages=1))
    kept = [key for key in desk.driver.state() if str(key).startswith("usage|")]
    assert len(kept) == 2


def test_an_event_changes_little_of_what_is_kept() -> None:
    desk = Desk(ACCOUNT, *(used(f"u{number}", day(2) + timedelta(minutes=number), octets=1) for number in range(200)))
    before = len(desk.driver.changelog)
    desk.take(used("last", day(3), octets=1))
    assert sum(map(len, desk.driver.changelog[before:])) < 3_000


def test_an_account_has_a_balance_from_its_first_word_on() -> None:
    desk = Desk(ACCOUNT)
    first = desk.balance()
    assert (first.cycle, first.time, first.cause) == (day(1), desk.clock, "charging.account/0/0")
    assert (desk.left()["money"], desk.left()["talk/voice/2026-03-01"]) == (0, 100)
    assert desk.told(Posting) == []
    desk.take(command("c", "adjust", 0, desk.clock))  # which is refused: that is all that has come of the account
    assert replace(desk.balance(), cause=first.cause) == first


def test_what_an_account_is_before_its_first_event_may_change() -> None:
    desk = Desk(Account(id="A", customer="C", kind="postpaid", currency="EUR"))
    assert list(desk.left()) == ["money"]
    desk.driver.restart()
    desk.take(replace(ACCOUNT, limit=7, cycle_day=15))
    assert (desk.balance().limit, desk.balance().cycle) == (7, day(15))
    assert desk.left()["talk/voice/2026-03-15"] == 100
    told = len(desk.told(Balance))
    desk.take(replace(ACCOUNT, limit=7, cycle_day=15))
    assert len(desk.told(Balance)) == told


def test_that_a_balance_was_told_before_changes_nothing_of_what_usage_costs() -> None:
    usages = [used(f"u{number}", day(-80 + 7 * number), octets=900) for number in range(4)]
    whole, early = Desk(ACCOUNT, *usages), Desk(ACCOUNT)
    early.take(*usages)
    assert (early.rated(), early.rejected()) == (whole.rated(), [])
    assert early.told(Posting) == whole.told(Posting)
    assert replace(early.balance(), cause="") == replace(whole.balance(), cause="")
