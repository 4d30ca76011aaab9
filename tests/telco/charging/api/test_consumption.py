"""What was used of what, and where that leads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.telco.charging.records.events import APRIL, ELS, MARCH, TOM, balance, bucket, data
from trunkline.telco.charging.api.consumption import Consumption, consumption
from trunkline.telco.model import Balance

TENTH = MARCH + timedelta(days=10)


def view(balance: Balance, now: datetime = TENTH, costs: Mapping[str, int] | None = None) -> Consumption:
    return consumption(balance, costs or {}, APRIL, now)


def test_each_number_has_its_allowances_and_its_cost() -> None:
    seen = view(balance(bucket(), data(), data("1042/tom", subscription=TOM)), costs={ELS: 200, "32499000000": 66})
    assert (seen.credit, seen.spent, seen.shared) == (1_234, 266, ())
    numbers = {each.subscription: each for each in seen.subscriptions}
    assert {number: each.cost for number, each in numbers.items()} == {ELS: 200, TOM: 0, "32499000000": 66}
    [used] = numbers[ELS].allowances
    assert (used.granted, used.used, used.left, used.percentage) == (20 * 10**9, 5 * 10**9, 15 * 10**9, 25)


def test_what_all_numbers_draw_from_is_shared() -> None:
    seen = view(balance(data(subscription="")))
    assert [each.allowance for each in seen.shared] == ["data-20"]
    assert seen.subscriptions == ()


def test_what_was_left_of_the_cycle_before_is_one_with_its_allowance() -> None:
    old = data("1042/old", granted=2_000, remaining=500, valid_to=APRIL - timedelta(days=20))
    new = data(granted=8_000, remaining=8_000)
    [used] = view(balance(old, new)).subscriptions[0].allowances
    assert (used.granted, used.used, used.buckets, used.valid_to) == (10_000, 1_500, ("1042/old", "1042/data"), APRIL)
    [used] = view(balance(old, new), APRIL - timedelta(days=1)).subscriptions[0].allowances
    assert used.granted == 8_000, "what is over is not left any more"


def test_what_sessions_hold_is_not_used_yet() -> None:
    [used] = view(balance(data(granted=1_000, remaining=600, reserved=300))).subscriptions[0].allowances
    assert (used.used, used.left, used.reserved) == (100, 600, 300)


def test_it_goes_on_as_it_began() -> None:
    days = (APRIL - MARCH) / timedelta(days=1)
    [used] = view(balance(data(granted=1_000, remaining=500))).subscriptions[0].allowances
    assert used.forecast is not None
    assert used.forecast.used == round(500 * days / 10)
    assert used.forecast.exhausted == MARCH + timedelta(days=20)
    [used] = view(balance(data(granted=1_000, remaining=900))).subscriptions[0].allowances
    assert used.forecast is not None
    assert used.forecast.exhausted is None, "it lasts"


def test_nothing_is_foreseen_before_it_begins_nor_of_what_does_not_end() -> None:
    [used] = view(balance(data(valid_from=TENTH))).subscriptions[0].allowances
    assert used.forecast is None
    [used] = view(balance(data(valid_to=None))).subscriptions[0].allowances
    assert used.forecast is None


def test_the_day_on_which_the_limit_is_reached_is_foreseen() -> None:
    seen = view(balance(spent=1_000, limit=2_000))
    assert seen.spending is not None
    assert seen.spending.exhausted == MARCH + timedelta(days=20)
    over = view(balance(spent=2_500, limit=2_000)).spending
    assert over is not None
    assert over.exhausted == TENTH


@given(
    granted=st.integers(0, 10**12),
    part=st.integers(0, 100),
    now=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(lambda time: time.replace(tzinfo=MARCH.tzinfo)),
)
def test_what_is_used_and_left_is_what_was_granted(granted: int, part: int, now: datetime) -> None:
    seen = view(balance(data(granted=granted, remaining=granted * part // 100)), now)
    for subscription in seen.subscriptions:
        for used in subscription.allowances:
            assert used.used + used.left + used.reserved == used.granted
            assert 0 <= used.percentage <= 100
            if used.forecast is not None:
                assert used.forecast.used >= used.used
                assert used.forecast.exhausted is None or used.forecast.exhausted >= now
