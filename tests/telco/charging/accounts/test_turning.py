"""Time goes on for accounts of which nothing comes: cycles turn and what is over expires, once, whatever comes late."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.telco.charging.accounts.desk import ACCOUNT, ANN, Desk, command, day, used
from tests.telco.charging.accounts.offer import Offer, Plan
from tests.telco.charging.accounts.oracle import Oracle
from tests.telco.charging.accounts.test_any_order import assert_postings_are_the_balance, commands, usages
from trunkline.telco.charging.tariff.terms import Allowance
from trunkline.telco.model import Balance, ChargingCommand, Notice, Posting, Unit, Usage

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
OTHER = replace(ACCOUNT, id="B")


def wait(desk: Desk, until: datetime) -> None:
    """Nothing comes until then."""
    for now in (max(desk.clock, until - 2 * MINUTE), until):
        desk.tick(now)


def ends(desk: Desk) -> list[str]:
    """What was told of buckets that end."""
    return [each.id.removeprefix("A/") for each in desk.told(Notice) if each.kind == "expiry"]


def opened(*events: object) -> Desk:
    """An account with its first usages, by the clock of these."""
    desk = Desk()
    desk.clock = day(2)
    return desk.take(ACCOUNT, used("a", day(2), octets=700), *events)


def test_a_cycle_turns_by_itself_and_tells_what_stays_and_what_expires() -> None:
    desk = opened()
    before = len(desk.told(Posting))
    wait(desk, day(31) + 30 * MINUTE)
    assert desk.balance().cycle == day(1)
    april = day(32) - HOUR  # clocks went forward on 29 March
    wait(desk, april + HOUR + MINUTE)
    assert (desk.balance().cycle, desk.balance().spent) == (april, 0)
    told = {(each.kind, each.cause.removeprefix("A/"), each.amount) for each in desk.told(Posting)[before:]}
    assert ("grant", f"talk/data/2026-04-01/{ANN}", 1_000) in told
    assert ("expiry", f"talk/data/2026-03-01/{ANN}", 300) in told  # of 800 that were left 500 stay
    assert {each.time for each in desk.told(Posting)[before:]} == {april}
    assert_postings_are_the_balance(desk)


def test_it_turns_by_the_records_of_others_too() -> None:
    desk = opened(OTHER)
    for clock in (day(33), day(33) + MINUTE, day(33) + 2 * MINUTE):
        desk.clock = clock
        desk.take(used(str(clock), clock, account="B", messages=1))
    [told] = [each for each in desk.told(Balance) if each.account == "A" and each.cycle > day(1)]
    assert told.cycle == day(32) - HOUR


def test_it_waits_until_the_account_is_quiet() -> None:
    """What is read in of long ago finds its cycle open, as long as it comes without a break, and workers end."""
    desk = opened()
    desk.clock = day(100)
    for number in range(20):
        desk.take(used(f"u{number}", day(3 + number / 2), messages=1))
        wait(desk, desk.clock + 20 * MINUTE)
        if number % 5 == 0:
            desk.driver.restart()
    assert (desk.rejected(), desk.balance().cycle) == ([], day(1))
    wait(desk, desk.clock + 2 * HOUR)
    assert desk.balance().cycle > day(61)


def test_a_late_usage_of_the_cycle_that_turned_changes_what_stayed() -> None:
    desk = opened()
    wait(desk, day(33))
    desk.take(used("late", day(30), octets=550))
    assert desk.cost() == {"a": 0, "late": 0}
    assert desk.left()[f"talk/data/2026-03-01/{ANN}"] == 250
    assert_postings_are_the_balance(desk)


def test_what_was_bought_is_told_of_a_day_before_it_ends_and_when_it_has() -> None:
    topup = command("t", "topup", 500, day(2), valid_to=day(5))
    desk = opened(topup, command("p", "pack", offering="boost", subscription=ANN, time=day(2.2)))
    desk.take(used("b", day(2.5), octets=100))
    wait(desk, day(4) + 2 * HOUR)
    assert ends(desk) == ["topup/t/expiring"]
    notice = desk.told(Notice)[-1]
    assert (notice.subscription, notice.time) == (ANN, day(4))
    assert notice.values == {
        "name": "Top-up", "unit": "money", "left": "500", "currency": "EUR", "end": day(5).isoformat()
    }  # fmt: skip
    desk.driver.restart()
    for until in (day(9), day(10)):  # a worker that has just begun waits for an hour
        wait(desk, until)
    assert ends(desk)[1:] == ["boost/data/p/expiring", "topup/t/expired", "boost/data/p/expired"]
    assert (desk.told(Notice)[-1].values["lost"], desk.left()["money"]) == ("300", 0)


def test_what_is_used_up_is_not_told_of_again() -> None:
    desk = opened(command("p", "pack", offering="boost", subscription=ANN, time=day(2.05)))
    desk.take(used("b", day(2.1), octets=400))
    wait(desk, day(20))
    assert ends(desk) == []


def test_a_tariff_that_breaks_the_ledger_when_a_cycle_turns_is_stopped() -> None:
    bad = Plan("bad", Allowance("bad/data", "Bad", Unit.OCTET, 10, 1, shared=True))
    member = replace(ACCOUNT.members[0], tariffs=(replace(ACCOUNT.members[0].tariffs[0], tariff="bad"),))
    desk = Desk(offer=Offer(bad))
    desk.clock = day(2)
    desk.take(replace(ACCOUNT, members=(member,)), used("a", day(2), octets=1))
    bad.allowances = (bad.allowances[0]._replace(amount=-5),)
    wait(desk, day(33))
    assert desk.balance().cycle > day(31)
    assert list(desk.left()) == ["money"]


@given(usages(), commands(), st.randoms(use_true_random=False))
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_whenever_time_goes_on_all_comes_to_what_happened_in_its_order(
    usages: list[Usage], commands: list[ChargingCommand], chance: random.Random
) -> None:
    desk, events = Desk(), [*usages, *commands]
    desk.clock = day(-2)
    desk.take(ACCOUNT)
    chance.shuffle(events)
    while events:
        size = chance.randint(1, 5)
        desk.driver.work(desk.records(events[:size]), undo_first=chance.random() < 0.2)
        del events[:size]
        if chance.random() < 0.3:
            desk.driver.restart()
        if chance.random() < 0.5:
            wait(desk, min(day(30), desk.clock + timedelta(days=chance.randint(0, 9))))
    for until in (day(30.5), day(31)):
        wait(desk, until)
    expected = Oracle(ACCOUNT, usages, commands, desk.clock - HOUR - MINUTE)
    assert desk.rejected() == []
    assert desk.cost() == expected.cost
    left = desk.left()
    assert left.pop("money") == expected.money
    assert left == expected.left
    assert len(set(desk.notices())) == len(desk.notices())
    assert set(desk.notices()) >= expected.notices
    assert_postings_are_the_balance(desk)
