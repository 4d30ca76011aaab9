"""Velocity: more than a limit in any such time."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from tests.telco.charging.fraud.watching import FRIEND, MORNING, PREMIUM, SATELLITE, Watching, usage
from trunkline.telco.model import Direction, Service, Usage


def test_calls_to_premium_and_satellite_numbers_are_counted_together_and_the_sixth_in_an_hour_is_told() -> None:
    watching = Watching()
    numbers = [PREMIUM, SATELLITE, FRIEND, PREMIUM, SATELLITE, PREMIUM]
    assert watching.take(*(usage(str(index), index, other_party=number) for index, number in enumerate(numbers))) == []
    [told] = watching.take(usage("6", 6, other_party=PREMIUM))
    assert (told.id, told.kind) == ("32470000001/velocity/costly-calls/2026-11-23", "velocity")
    assert (told.account, told.subscription, told.rule, told.severity) == ("A1", "32470000001", "costly-calls", "high")
    assert (told.counted, told.limit, told.unit) == (6, 5, "call")
    assert told.usages == ("0", "1", "3", "4", "5", "6")
    assert (told.since, told.time) == (MORNING, MORNING + timedelta(minutes=6))


def test_what_is_told_is_told_once_a_day() -> None:
    watching = Watching()
    calls = [usage(f"{day}/{call}", day * 1440 + call, other_party=PREMIUM) for day in range(3) for call in range(20)]
    watching.take(*calls)
    days = ["2026-11-23", "2026-11-24", "2026-11-25"]
    assert watching.ids() == [f"32470000001/velocity/costly-calls/{day}" for day in days]


def test_the_window_moves_with_the_calls() -> None:
    watching = Watching()
    assert watching.take(*(usage(str(call), call * 12, other_party=PREMIUM) for call in range(200))) == []
    assert watching.take(usage("more", 199 * 12 + 1, other_party=PREMIUM)) != []


def test_each_number_of_an_account_is_counted_for_itself() -> None:
    watching = Watching()
    family = [f"3247000000{member}" for member in range(4)]
    calls = [usage(f"{who}/{n}", n, subscription=who, other_party=PREMIUM) for who in family for n in range(5)]
    assert watching.take(*calls) == []


def test_what_others_began_counts_for_nothing() -> None:
    watching = Watching()
    called = [
        usage(str(call), call / 10, direction=Direction.TERMINATING, other_party=f"3247{call:07}")
        for call in range(200)
    ]
    assert watching.take(*called) == []


@pytest.mark.parametrize(
    ("rule", "usages"),
    [
        ("calls", [usage(str(n), n / 4) for n in range(81)]),
        ("called-numbers", [usage(str(n), n / 4, other_party=f"3247{n:07}") for n in range(61)]),
        ("messages", [usage(str(n), n / 4, Service.MESSAGE) for n in range(151)]),
        ("data", [usage(str(n), n, Service.DATA, downlink=10_000_000_000) for n in range(4)]),
        ("costly-time", [usage("long", 0, duration=1801, other_party=SATELLITE)]),
        ("costly-messages", [usage(str(n), n, Service.MESSAGE, other_party="32909123456") for n in range(11)]),
    ],
)
def test_one_more_than_the_limit_of_each_rule_is_told_and_one_less_is_not(rule: str, usages: list[Usage]) -> None:
    watching = Watching()
    *before, last = usages
    assert watching.take(*before) == []
    assert [told.rule for told in watching.take(last)] == [rule]


def test_a_fibre_line_may_carry_as_much_as_it_can() -> None:
    watching = Watching()
    assert watching.take(*(usage(str(n), n, Service.DATA, imsi="", downlink=10**11) for n in range(9))) == []


def test_a_late_usage_counts_in_its_place() -> None:
    watching = Watching()
    watching.take(*(usage(str(call), call, other_party=PREMIUM) for call in range(5)), usage("now", 300))
    [told] = watching.take(usage("late", 2.5, other_party=PREMIUM))
    assert told.usages == ("0", "1", "2", "late", "3", "4")


def test_a_usage_that_is_later_than_allowed_is_not_looked_at_and_counted_as_such() -> None:
    watching = Watching()
    watching.take(*(usage(str(call), call, other_party=PREMIUM) for call in range(5)), usage("now", 363))
    before = REGISTRY.get_sample_value("trunkline_fraud_late_total") or 0
    assert watching.take(usage("late", 2.5, other_party=PREMIUM)) == []
    assert REGISTRY.get_sample_value("trunkline_fraud_late_total") == before + 1


def test_what_a_correction_takes_back_does_not_count_any_more() -> None:
    watching = Watching()
    watching.take(*(usage(str(call), call, other_party=PREMIUM) for call in range(5)))
    assert watching.take(usage("back", 3, corrects="3", duration=0, other_party=PREMIUM)) == []
    assert watching.take(usage("right", 4, corrects="4", duration=5, other_party=PREMIUM)) == []
    assert watching.take(usage("5", 5, other_party=PREMIUM)) == []
    assert watching.take(usage("6", 6, other_party=PREMIUM)) != []


def test_in_whatever_order_usages_come_and_however_often_work_begins_again_the_same_is_told_once() -> None:
    dice = random.Random(6)
    calls = [usage(f"{n}", dice.uniform(0, 300), other_party=f"3247{n:07}") for n in range(150)]
    calls += [usage(f"p{n}", 100 + n, other_party=PREMIUM) for n in range(9)]
    steady = Watching()
    steady.take(*sorted(calls, key=lambda call: call.started))
    assert steady.ids() == ["32470000001/velocity/costly-calls/2026-11-23"]
    for _ in range(10):
        dice.shuffle(calls)
        other = Watching()
        for begin in range(0, len(calls), 20):
            other.take(*calls[begin : begin + 20], undo_first=dice.random() < 0.5)
            other.driver.restart()
        other.take(*dice.sample(calls, 30))  # put back once more
        assert other.ids() == steady.ids()


def test_no_more_uses_of_a_number_are_remembered_than_there_may_be() -> None:
    watching = Watching()
    watching.take(*(usage(f"{n:04}", n / 100) for n in range(3000)))
    [state] = watching.remembered().values()
    assert len(state.uses) == 500
    assert watching.take(usage("before all of them", 0)) == []


def test_a_number_is_forgotten_a_month_after_its_last_usage_came() -> None:
    watching, month = Watching(), 30 * 86_400_000_000
    watching.take(usage("1", 0, subscription="32470000001"), usage("2", 0, subscription="32470000002"))
    watching.later(month - 1_000_000)
    watching.take(usage("3", 1, subscription="32470000001"))
    assert watching.remembered().keys() == {b"32470000001", b"32470000002"}
    watching.later(1_000_001)
    watching.take(usage("4", 2, subscription="32470000003"))
    assert watching.remembered().keys() == {b"32470000001", b"32470000003"}
