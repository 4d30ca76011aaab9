"""Corrections of corrections: of usages that are connected by them one counts, whatever comes first."""

from __future__ import annotations

import random
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.telco.charging.accounts.desk import ACCOUNT, Desk, day, used
from tests.telco.charging.corrections import counting
from trunkline.telco.model import Service, Usage

W = used("w", day(2), messages=1)
S = used("s", day(2.1), messages=2, corrects="w")
C = used("c", day(2.2), messages=3, corrects="w")
T = used("t", day(2.3), messages=4, corrects="s")
NAMES = "abcdefg"


@st.composite
def families(draw: st.DrawFn) -> list[Usage]:
    """Usages of some moments of two cycles, most of which correct one that has a smaller name, a few any one."""
    made = []
    for number, name in enumerate(NAMES[: draw(st.integers(2, 7))]):
        corrects = draw(st.sampled_from([*NAMES[:number]] * 3 + ["", *NAMES, "never"]))
        at, much = day(draw(st.integers(-1, 3))), draw(st.integers(0, 3))
        made.append(used(name, at, messages=much, corrects=corrects, service=Service.MESSAGE))
    return made


@given(families(), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_any_tree_in_any_order_comes_to_what_the_words_say(family: list[Usage], chance: random.Random) -> None:
    events = [*family, *chance.sample(family, len(family) // 2)]
    chance.shuffle(events)
    desk = Desk(ACCOUNT)
    while events:
        size = chance.randint(1, 4)
        desk.driver.work(desk.records(events[:size]), undo_first=chance.random() < 0.2)
        del events[:size]
        if chance.random() < 0.2:
            desk.driver.restart()
    counts = counting(family)
    assert desk.cost() == {usage.id: 5 * usage.items * (usage.id in counts) for usage in family}
    assert desk.left()["money"] == -sum(desk.cost().values())


@pytest.mark.parametrize("order", list(permutations([W, S, C, T])))
def test_what_corrects_a_correction_that_another_has_passed_counts_for_nothing(order: tuple[Usage, ...]) -> None:
    assert Desk(ACCOUNT, *order).cost() == {"w": 0, "s": 0, "c": 15, "t": 0}


def test_usages_that_correct_each_other_in_a_circle_cost_nothing() -> None:
    desk = Desk(ACCOUNT, used("a", day(2), messages=1, corrects="b"), used("b", day(2), messages=1, corrects="a"))
    desk.take(used("c", day(3), messages=1, corrects="a"), used("d", day(3), messages=1, corrects="d"))
    assert desk.cost() == dict.fromkeys("abcd", 0)


def test_what_a_closed_cycle_says_of_an_open_one_is_known_as_long_as_that_is() -> None:
    wrong, right = used("w", day(2), messages=1), used("s", day(-1), messages=2, corrects="w")
    desk = Desk(ACCOUNT, wrong, right, used("t", day(3), messages=3, corrects="s"))
    assert desk.cost() == {"w": 0, "s": 0, "t": 15}
    desk.clock = day(40)
    desk.take(used("april", day(34), messages=1)).driver.restart()  # the cycle of `s` is closed
    desk.take(used("late", day(1.5), octets=1))  # what is behind it is gone through again
    assert desk.cost() == {"w": 0, "s": 0, "t": 15, "april": 5, "late": 0}
    desk.take(used("c", day(4), messages=4, corrects="w"))
    assert desk.cost() == {"w": 0, "s": 0, "t": 0, "april": 5, "late": 0, "c": 20}
    desk.clock = day(70)
    desk.take(used("may", day(64), messages=1))
    assert {key for key in desk.driver.state() if str(key).startswith("usage|")} == {"usage|A|april", "usage|A|may"}
