"""The shadow comes to what charging comes to by either tariff, and says who would pay more, and why."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.streams.driver import record
from tests.telco.charging.accounts.desk import ANN, BOB, MARCH, Desk, command, day, request, used
from tests.telco.charging.shadow.shop import (
    DRAFT,
    GB,
    SETTINGS,
    TEN,
    TODAY,
    account,
    bills,
    compared,
    reported,
    with_draft,
)
from trunkline.telco.charging.shadow.bill import BillKey, Reason
from trunkline.telco.charging.shadow.comparison import Comparison
from trunkline.telco.charging.shadow.report import Shocked, Sum, report
from trunkline.telco.charging.shadow.side import Side
from trunkline.telco.charging.shadow.threshold import Threshold
from trunkline.telco.charging.tariff import load_with
from trunkline.telco.model import RatedUsage, Usage

ALLOWANCE = Reason("allowance", "mobile-80/data")
BEYOND = Reason("rate", "data-beyond")
TALK: dict[str, Any] = {"other_party": "4930123456"}


@st.composite
def happenings(draw: st.DrawFn) -> list[Any]:
    """Usages of two cycles at home and abroad, some corrected, packs and top-ups; in any order, some of them twice."""
    made: list[Any] = []
    for number in range(draw(st.integers(1, 12))):
        what: dict[str, Any] = draw(
            st.one_of(
                st.builds(dict, octets=st.integers(1, 60 * GB)),
                st.builds(dict, seconds=st.integers(1, 4_000)),
                st.builds(dict, messages=st.integers(1, 3)),
            )
        )
        time = day(draw(st.floats(-26, 30)))
        visited = draw(st.sampled_from(["20699", "20801", "310260"]))
        made.append(used(f"u{number}", time, by=draw(st.sampled_from([ANN, BOB])), visited=visited, **what, **TALK))
    for wrong in draw(st.lists(st.sampled_from(made), max_size=3, unique_by=lambda each: each.id)):
        made.append(replace(wrong, id=f"c{wrong.id}", corrects=wrong.id, downlink=wrong.downlink // 2))
    for number in range(draw(st.integers(0, 2))):
        offering = draw(st.sampled_from(["roaming-america", "roaming-world-day"]))
        made.append(
            command(f"p{number}", "pack", time=day(draw(st.floats(-20, 20))), offering=offering, subscription=ANN)
        )
    chance = random.Random(draw(st.integers()))
    made += chance.sample(made, len(made) // 3)
    chance.shuffle(made)
    return [account(), *made]


few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(happenings())
@few
def test_with_the_same_tariffs_nothing_differs(events: list[Any]) -> None:
    found = reported(events, Threshold(Decimal(0), percent=False), draft=TODAY)
    assert all(bill.difference == 0 and bill.today == bill.draft for _, bill in found.bills)
    assert (found.shocked, found.refused, found.reasons) == ([], [], [])


@given(happenings())
@few
def test_each_side_is_what_charging_tells_by_these_tariffs(events: list[Any]) -> None:
    comparison = compared(events)
    for side, tariffs in (("today", TODAY), ("draft", DRAFT)):
        charging = bills(Desk(*events, offer=tariffs).told(RatedUsage))
        assert {key: getattr(bill, side) for key, bill in comparison.bills.items()} == charging
    for bill in comparison.bills.values():
        assert sum(bill.reasons.values()) == bill.difference


def test_who_pays_more_is_told_with_the_allowance_and_the_rate_that_make_it() -> None:
    events = [
        account(),
        account(id="B", customer="D"),
        used("a", day(2), octets=115 * GB, visited="20699"),  # there are 80 GB and 40 of the cycle before; or 60 and 40
        used("b", day(3), octets=10 * GB, visited="20699", by=BOB),
        used("call", day(4), seconds=60, visited="20699", **TALK),
    ]
    assert compared(events).customers == {"A": "C", "B": "D"}
    found = reported(events)
    ann, bob = BillKey("A", MARCH, ANN), BillKey("A", MARCH, BOB)
    costs = [(key, bill.today, bill.draft, bill.difference) for key, bill in found.bills]
    assert costs == [(ann, 23, 23 + 15 * 200, 3_000), (bob, 5 * 300, 10 * 200, 500)]
    assert found.reasons == [("EUR", ALLOWANCE, 3_500)]
    assert found.shocked == [Shocked("A", MARCH, "EUR", Sum(1_523, 5_023, 0), [(ALLOWANCE, 3_500)])]
    assert reported(events, Threshold(Decimal(35), percent=False)).shocked == []

    found = reported([*events, used("more", day(5), octets=50 * GB, visited="20699", by=BOB)])
    assert found.reasons == [("EUR", BEYOND, 50 * (200 - 300)), ("EUR", ALLOWANCE, 3_500)]
    assert (found.sums, found.shocked) == ({"EUR": Sum(16_523, 15_023, 0)}, [])


def test_what_was_used_in_real_time_counts_too() -> None:
    part = used("r", day(2), octets=300 * GB, visited="20699", rating_group=1)
    found = reported([account(), request("q", day(2), visited="20699", used=(part,), final=True)])
    assert [(bill.today, bill.draft) for _, bill in found.bills] == [(180 * 300, 200 * 200)]


def test_what_the_draft_cannot_rate_is_listed_and_no_saving(tmp_path: Path) -> None:
    file = with_draft(tmp_path, "prices: standard\n", "prices: standard\n    services: [data, message]\n")
    text = file.read_text().replace("services: [voice, message]", "services: [message]")
    file.write_text(text)
    call = used("call", day(2), seconds=120, visited="20699", **TALK)
    events = [
        account(),
        call,
        used("late", day(-60), seconds=1),
        used("nobody", day(2), seconds=1, by="32470000009"),
        used("data", day(3), octets=300 * GB, visited="20699"),
    ]
    found = reported(events, draft=load_with(tmp_path, file))
    assert [(one.id, one.what, one.today, one.draft) for one in found.refused] == [
        ("call", "usage", "", "tariff.no-rate"),
        ("late", "usage", "usage.too-late", "usage.too-late"),
        ("nobody", "usage", "subscription.unknown", "subscription.unknown"),
    ]
    [(_, bill)] = found.bills
    assert (bill.today, bill.unrated, bill.draft) == (180 * 300 + 46, 46, 200 * 200)
    assert bill.difference == found.sums["EUR"].difference == 200 * 200 - 180 * 300

    found = reported([*events, replace(call, id="fixed", corrects="call", duration=0)], draft=load_with(tmp_path, file))
    assert found.sums["EUR"].unrated == 0


def test_a_command_that_only_one_tariff_can_do_is_listed(tmp_path: Path) -> None:
    file = with_draft(tmp_path, "id: data\n        name: 60 GB", "id: data\n        name: 60 GB\n        priority: 90")
    month = "A/mobile-80/data/2026-03-01"
    events = [
        account(),
        command("take", "adjust", -70 * GB, day(2), bucket=month),
        command("wrong", "adjust", -900 * GB, day(2), bucket=month),
    ]
    found = reported(events, draft=load_with(tmp_path, file))
    assert [(one.id, one.what, one.today, one.draft) for one in found.refused] == [
        ("take", "command", "", "balance.insufficient")
    ]


def test_what_cannot_be_read_is_listed_with_its_place() -> None:
    comparison = Comparison()
    sides = Side(TODAY, SETTINGS), Side(DRAFT, SETTINGS)
    comparison.take(record(Usage.topic, 7, b"A", b"{", 0), *sides)
    assert [(one.what, one.account, one.id, one.draft) for one in comparison.refused()] == [
        ("event", "A", "charging.usage/0:7", "decode.json")
    ]


def test_a_cycle_counts_only_from_the_one_that_is_asked_for() -> None:
    events = [account(), *(used(f"u{n}", day(n), octets=130 * GB, visited="20699") for n in (-3, 2))]
    found = report(compared([*events, used("old", day(-60), seconds=1)]), TEN, MARCH)
    assert [key.cycle for key, _ in found.bills] == [MARCH]
    assert found.refused == []


@pytest.mark.parametrize(
    ("text", "today", "difference", "shocks"),
    [
        ("10", 0, 1_000, False),
        ("10", 0, 1_001, True),
        ("0.5", 9_999, 51, True),
        ("20%", 1_000, 200, False),
        ("20 %", 1_000, 201, True),
        ("20%", 0, 1, True),
        ("0", 500, 0, False),
        ("0", 500, -100, False),
    ],
)
def test_a_rise_above_the_threshold_is_a_shock(text: str, today: int, difference: int, shocks: bool) -> None:
    assert Threshold.parse(text).shocks(today, difference, "EUR") == shocks


@pytest.mark.parametrize("text", ["", "-1", "ten", "10 USD%", "1e9"])
def test_a_threshold_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write 10 or 20%"):
        Threshold.parse(text)
