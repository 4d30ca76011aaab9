"""Charging in real time: grants are held, what was used is charged, what was not is released."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.telco.charging.accounts.desk import ACCOUNT, ANN, BOB, Desk, command, day, request, used
from trunkline.quarantine import Rejected
from trunkline.telco.charging.accounts.requests import VALIDITY
from trunkline.telco.model import ChargingAnswer, Granted, Ledger, Notice, Posting, Service

PREPAID = replace(ACCOUNT, kind="prepaid")
DATA = f"talk/data/2026-03-01/{ANN}"
ROLLED = f"talk/data/2026-02-01/{ANN}"


def granted(desk: Desk, id: str) -> Granted:
    """The one grant of an answer."""
    [found] = desk.answer(id).granted
    return found


def test_granted_units_are_held_and_what_was_not_used_is_released() -> None:
    desk = Desk(PREPAID, request("r1", day(2), wanted={1: 300}))
    found = granted(desk, "r1")
    assert (found.units, found.result, found.last) == (300, "SUCCESS", False)
    assert found.valid_until == day(2) + VALIDITY
    assert (desk.left()[ROLLED], desk.ledger()[Ledger.RESERVED, "octet"]) == (200, 300)
    part = used("s/1", day(2), octets=120, rating_group=1)
    desk.take(request("r2", day(2.01), sequence=1, used=(part,), wanted={1: 100}))
    assert (desk.left()[ROLLED], desk.ledger()[Ledger.RESERVED, "octet"]) == (280, 100)
    rest = used("s/2", day(2.01), octets=60, rating_group=1)
    desk.take(request("r3", day(2.02), sequence=2, used=(rest,), final=True))
    assert desk.answer("r3").granted == ()
    assert (desk.left()[ROLLED], desk.ledger()[Ledger.RESERVED, "octet"]) == (320, 0)
    assert desk.cost() == {"s/1": 0, "s/2": 0}


def test_prepaid_is_granted_what_it_can_pay_and_told_that_it_is_the_last() -> None:
    desk = Desk(PREPAID, command("t", "topup", 14), request("r", day(2), service=Service.MESSAGE, wanted={1: 5}))
    assert granted(desk, "r").units == 2
    assert granted(desk, "r").last
    assert desk.left()["money"] == 4


def test_units_of_allowances_and_money_are_granted_together() -> None:
    desk = Desk(PREPAID, command("t", "topup", 7), request("r", day(2), wanted={1: 0}))
    assert (granted(desk, "r").units, granted(desk, "r").last) == (1_607, True)  # 1,500 are free; 7.49 is rounded to 7
    assert (desk.left()["money"], desk.ledger()[Ledger.RESERVED, "money"]) == (0, 7)


def test_what_costs_less_than_money_is_rounded_to_is_not_granted_to_who_has_none() -> None:
    desk = Desk(PREPAID, request("r", day(2), wanted={1: 1_600}), request("q", day(2), session="q", wanted={1: 1}))
    assert (granted(desk, "r").units, granted(desk, "r").last) == (1_500, True)
    assert granted(desk, "q").result == "QUOTA_LIMIT_REACHED"


def test_what_one_session_holds_no_other_one_is_granted() -> None:
    desk = Desk(PREPAID, command("t", "topup", 12))  # 5 each, and 1 for each of two at once
    for session in "abc":
        desk.take(request(session, day(2), session=session, service=Service.MESSAGE, wanted={1: 1}))
    assert [granted(desk, session).result for session in "abc"] == ["SUCCESS", "SUCCESS", "QUOTA_LIMIT_REACHED"]


def test_who_has_nothing_is_cut_off_and_told_once() -> None:
    desk = Desk(PREPAID)
    for number in range(3):
        desk.take(request(f"r{number}", day(2), sequence=number, service=Service.MESSAGE, wanted={1: 1}))
    assert granted(desk, "r2") == Granted(rating_group=1, units=0, result="QUOTA_LIMIT_REACHED")
    [notice] = desk.told(Notice)
    assert (notice.kind, notice.subscription, notice.cause) == ("cut-off", ANN, "r0")


def test_a_limit_refuses_what_costs_something_and_nothing_else() -> None:
    desk = Desk(replace(ACCOUNT, limit=12), used("a", day(2), messages=1))
    desk.take(
        request("m", day(2), service=Service.MESSAGE, wanted={1: 3}), request("d", day(2), session="d", wanted={1: 500})
    )
    assert (granted(desk, "m").units, granted(desk, "m").last) == (1, True)
    assert (granted(desk, "d").units, granted(desk, "d").result) == (500, "SUCCESS")


def test_a_request_is_worked_on_once_and_answered_each_time_the_same() -> None:
    first = request("r", day(2), used=(used("s/1", day(2), messages=1),), wanted={1: 300})
    desk = Desk(PREPAID, first)
    before = desk.balance()
    desk.driver.restart()
    desk.take(first)
    assert desk.balance() == before
    assert desk.told(ChargingAnswer) == [desk.answer("r")] * 2


def test_a_request_that_comes_behind_a_later_one_is_charged_and_granted_nothing() -> None:
    desk = Desk(PREPAID, request("r2", day(2.1), sequence=2, wanted={1: 300}))
    desk.take(request("r1", day(2), sequence=1, used=(used("s/1", day(2), messages=1),), wanted={1: 300}))
    assert (desk.answer("r1").problem, desk.cost()) == ("request.out-of-order", {"s/1": 5})
    assert desk.ledger()[Ledger.RESERVED, "octet"] == 300


def test_what_was_not_reported_in_time_is_released_by_the_clock_even_after_a_restart() -> None:
    desk = Desk(PREPAID, request("r", day(2), wanted={1: 300}))
    desk.driver.restart()
    desk.tick(desk.clock + VALIDITY - timedelta(seconds=1))
    assert desk.ledger()[Ledger.RESERVED, "octet"] == 300
    desk.tick(desk.clock + timedelta(seconds=1))
    assert (desk.left()[ROLLED], desk.ledger()[Ledger.RESERVED, "octet"]) == (500, 0)
    assert [each.kind for each in desk.told(Posting)][-1] == "release"
    desk.tick(desk.clock + VALIDITY)
    assert not [key for key in desk.driver.state() if str(key).startswith("session")]


def test_what_was_not_reported_in_time_is_released_by_the_next_event_too() -> None:
    desk = Desk(PREPAID, request("r", day(2), wanted={1: 300}))
    desk.clock += VALIDITY
    desk.take(replace(ACCOUNT, id="B"))
    assert desk.ledger()[Ledger.RESERVED, "octet"] == 0


def test_a_session_may_have_several_rating_groups() -> None:
    desk = Desk(PREPAID, request("r", day(2), wanted={1: 300, 7: 200}))
    assert [(each.rating_group, each.units) for each in desk.answer("r").granted] == [(1, 300), (7, 200)]
    desk.take(request("q", day(2.1), sequence=1, used=(used("s/1", day(2), octets=300, rating_group=1),)))
    assert desk.ledger()[Ledger.RESERVED, "octet"] == 200


def test_what_nothing_says_the_price_of_is_not_granted() -> None:
    desk = Desk(PREPAID, request("r", day(2), service=Service.CONTENT, wanted={1: 1}))
    assert granted(desk, "r").result == "RATING_FAILED"
    desk.take(request("q", day(2), session="q", subscription="3299", wanted={1: 1}))
    assert granted(desk, "q").result == "END_USER_SERVICE_DENIED"
    lost = used("s/1", day(2), messages=1, service=Service.CONTENT)
    desk.take(request("p", day(2), sequence=1, used=(lost,)))
    [rejected] = desk.told(Rejected)
    assert (rejected.reason, rejected.target, rejected.uri) == ("tariff.no-rate", "charging.usage", "usage://A/s/1")
    assert desk.answer("p").problem == ""


def test_usage_that_nobody_asked_for_may_overdraw_prepaid_and_says_so() -> None:
    desk = Desk(PREPAID, command("t", "topup", 3), used("a", day(2), messages=1), used("b", day(2.1), messages=1))
    assert desk.left()["money"] == -7
    assert [(each.kind, each.values["left"]) for each in desk.told(Notice)] == [("limit", "-2")]


def test_the_first_request_abroad_is_welcomed_and_the_first_usage_there_not_again() -> None:
    desk = Desk(PREPAID, request("r", day(2), visited="20801", wanted={1: 300}))
    desk.take(used("a", day(2.1), octets=5, visited="20810"), used("b", day(2.2), octets=5, visited="26201"))
    assert desk.notices() == [f"2026-03-01/roaming/{ANN}/208", f"2026-03-01/roaming/{ANN}/262"]


@st.composite
def courses(draw: st.DrawFn) -> list[tuple[str, int, int]]:
    """Turns of sessions: which, how much is wanted, and how much of what was granted before was used, in percent."""
    turn = st.tuples(st.sampled_from("abc"), st.integers(1, 900), st.integers(0, 100))
    return draw(st.lists(turn, min_size=1, max_size=25))


@given(courses(), st.integers(0, 60))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_online_grant_ever_overdraws_prepaid(course: list[tuple[str, int, int]], money: int) -> None:
    desk = Desk(PREPAID, *([command("t", "topup", money)] if money else []))
    open_: dict[str, int] = {}
    for number, (session, wanted, share) in enumerate(course):
        at = day(2) + timedelta(minutes=number)
        spent = open_.pop(session, 0) * share // 100
        part: Any = (used(f"u{number}", at, octets=spent, rating_group=1, by=BOB),) if spent else ()
        desk.take(
            request(f"r{number}", at, session=session, sequence=number, subscription=BOB, used=part, wanted={1: wanted})
        )
        found = granted(desk, f"r{number}")
        assert found.units <= wanted
        if found.units:
            open_[session] = found.units
        for unit in ("octet", "money"):
            assert sum(each.remaining + each.reserved for each in desk.balance().buckets if each.unit == unit) >= 0
        assert {unit: desk.ledger()[Ledger.RESERVED, unit] for unit in ("octet", "money")} == {
            "octet": sum(each.reserved for each in desk.balance().buckets if each.unit == "octet"),
            "money": sum(each.reserved for each in desk.balance().buckets if each.unit == "money"),
        }
    assert desk.rejected() == []
