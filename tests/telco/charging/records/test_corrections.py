"""A usage that was corrected says by which, and is found; charging itself and the records agree on it in any order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from itertools import count
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.telco.charging.accounts.desk import ACCOUNT, Desk, day, used
from tests.telco.charging.records.events import NOON, House, rated, usage
from tests.telco.charging.records.test_usage_and_bills import BILL, found
from trunkline.store import open_store
from trunkline.telco.model import RatedUsage, Usage

RUNS: Final = map(str, count(1))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with closing(open_store(f"sqlite:///{tmp_path_factory.mktemp('corrections')}/store.db")) as store:
        yield House(store)


def corrected(house: House, id: str) -> tuple[str, bool, str]:
    """What is told of a usage: its status, whether it was corrected, and by which."""
    told = house.get("usage", id)
    return told["status"], told.get("isCorrected", False), told.get("correctedBy", {}).get("id", "")


def voided(id: str, revision: int = 0, corrects: str = "", **said: Any) -> RatedUsage:
    """A usage that charging has taken back."""
    of = usage(id, corrects=corrects, **said)
    return rated(id, 0, of=of, revision=revision, quantity=0, drawn=(), void=True)


def correction(id: str, corrects: str, amount: int = 20, revision: int = 0, **said: Any) -> RatedUsage:
    """A usage that takes the place of another."""
    return rated(id, amount, of=usage(id, corrects=corrects, **said), revision=revision)


def test_a_usage_that_was_corrected_says_by_which(house: House) -> None:
    house.told(rated("a", 34), rated("b", 10))
    told = house.told(voided("a", 1), correction("c", "a"))
    assert told == [
        *("UsageStateChangeEvent", "UsageAttributeValueChangeEvent", "UsageCreateEvent"),
        "UsageAttributeValueChangeEvent",
    ]
    assert corrected(house, "a") == ("rerated", True, "c")
    assert (house.get("usage", "a")["revision"], house.get("usage", "a")["ratedProductUsage"][0]["rate"]) == (
        1,
        "calls",
    )
    assert house.get("usage", "c")["corrects"]["id"] == "a"
    assert corrected(house, "b") == corrected(house, "c") == ("rated", False, "")
    assert house.get("customerBill", BILL)["amountDue"]["value"] == 0.3


def test_all_usages_that_were_corrected_are_found(house: House) -> None:
    house.told(rated("a"), rated("b"), voided("a", 1), correction("c", "a"), rated("d", revision=1))
    for where, ids in (
        ({"isCorrected": True}, ["a"]),
        ({"correctedBy_id": "c"}, ["a"]),
        ({"corrects_id": "a"}, ["c"]),
    ):
        assert [document["id"] for document in found(house, "usage", **where)] == ids


def test_a_usage_that_was_corrected_before_it_came_says_so(house: House) -> None:
    house.told(correction("c", "a"))
    house.told(voided("a"))
    assert corrected(house, "a") == ("rerated", True, "c")
    assert "revision" not in house.get("usage", "a")


def test_what_was_taken_back_before_it_was_rated_is_of_no_line(house: House) -> None:
    never: dict[str, Any] = {"tariff": "", "rate": "", "zone": "", "band": "", "tax": "none"}
    house.told(correction("c", "a", 20), replace(voided("a"), **never))
    assert "appliedCustomerBillingRate" not in house.get("usage", "a")
    house.told(replace(voided("a", 1), **never))
    assert house.get("usage", "a")["revision"] == 1
    assert house.get("customerBill", BILL)["amountDue"]["value"] == 0.2
    assert [line["counted"]["usages"] for line in found(house, "appliedCustomerBillingRate", bill_id=BILL)] == [1]


def test_what_only_takes_back_was_not_corrected_itself(house: House) -> None:
    house.told(rated("a"), voided("a", 1), voided("c", corrects="a", duration=0))
    assert corrected(house, "a") == ("rerated", True, "c")
    assert corrected(house, "c") == ("rerated", False, "")
    assert house.get("usage", "c")["ratedProductUsage"][0]["takenBack"] is True


@pytest.mark.parametrize("first", [0, 1])
def test_of_several_that_correct_the_same_the_last_in_order_counts(house: House, first: int) -> None:
    """In whatever order they come; the one that does not count was corrected by the other."""
    early: dict[str, Any] = {"started": NOON + timedelta(minutes=1)}
    late: dict[str, Any] = {"started": NOON + timedelta(minutes=2)}
    house.told(rated("a"), voided("a", 1))
    if first == 0:
        house.told(correction("early", "a", **early))
        assert corrected(house, "a") == ("rerated", True, "early")
        house.told(voided("early", 1, "a", **early), correction("late", "a", **late))
    else:
        house.told(correction("late", "a", **late))
        house.told(voided("early", corrects="a", **early))
    assert corrected(house, "a") == corrected(house, "early") == ("rerated", True, "late")
    assert corrected(house, "late") == ("rated", False, "")


def test_a_correction_that_is_corrected_leads_to_the_next(house: House) -> None:
    house.told(rated("a"), voided("a", 1), correction("b", "a"))
    house.told(voided("b", 1, "a"), correction("c", "b"))
    assert [corrected(house, id) for id in "abc"] == [
        ("rerated", True, "b"),
        ("rerated", True, "c"),
        ("rated", False, ""),
    ]


NAMES: Final = "abcde"


@st.composite
def usages(draw: st.DrawFn) -> list[Usage]:
    """Usages of some moments, of which some correct one that has a smaller name, in the order in which they come."""
    made = []
    for number, name in enumerate(NAMES):
        corrects = draw(st.sampled_from(["", *NAMES[:number]]))
        made.append(used(name, day(draw(st.integers(2, 4))), messages=draw(st.integers(1, 3)), corrects=corrects))
    return draw(st.permutations(made))


@settings(max_examples=30, deadline=None)
@given(come=usages())
def test_what_charging_itself_takes_back_says_by_which_in_any_order(shared: House, come: list[Usage]) -> None:
    desk, run = Desk(ACCOUNT, *come), next(RUNS)
    for told in desk.told(RatedUsage):
        of = told.usage
        corrects = f"{run}/{of.corrects}" if of.corrects else ""
        shared.told(replace(told, usage=replace(of, id=f"{run}/{of.id}", corrects=corrects)))
    for each in come:
        told_by = shared.get("usage", f"{run}/{each.id}").get("correctedBy", {}).get("id", "")
        by = corrected_by(come, each)
        assert told_by == (f"{run}/{by}" if by else ""), each


def corrected_by(come: list[Usage], usage: Usage) -> str:
    """What took the place of a usage, or of what it corrects."""
    by = last(come, usage.id)
    while not by and usage.corrects:
        if (rival := last(come, usage.corrects)) != usage.id:
            by = rival
        [usage] = [each for each in come if each.id == usage.corrects]
    return by


def last(come: list[Usage], corrected: str) -> str:
    """Which of those that correct a usage is the last."""
    rivals = [each for each in come if each.corrects == corrected]
    return max(rivals, key=lambda each: (each.started, each.id)).id if rivals else ""
