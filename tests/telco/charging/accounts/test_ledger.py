"""The ledger balances, or the tariff is stopped by which it would not: that tariff, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from tests.telco.charging.accounts.desk import ACCOUNT, BOB, Desk, command, day, request, used
from tests.telco.charging.accounts.offer import DATA, Offer, Plan
from trunkline.quarantine import Rejected
from trunkline.telco.charging.accounts.ledger import Totals, prove
from trunkline.telco.charging.accounts.rating import Violation
from trunkline.telco.charging.accounts.requests import VALIDITY
from trunkline.telco.charging.accounts.standing import Holding, Standing
from trunkline.telco.model import Assignment, ChargingAnswer, Ledger, Posting, Unit


class Slippery(int):
    """A number that is another one when it is taken away."""

    def __rsub__(self, other: int) -> int:
        return other - int(self) - 1


CHEATS: dict[str, Callable[[int], Any]] = {
    "less than nothing": lambda units: -5,
    "parts of the minor unit": lambda units: 2.5,
    "no plain number": Slippery,
    "a text": lambda units: "5",
    "nothing at all": lambda units: None,
}
CHEATED = replace(
    ACCOUNT,
    members=(
        replace(ACCOUNT.members[0], tariffs=(Assignment(tariff="cheat", since=day(-100)),)),
        ACCOUNT.members[1],
    ),
)


@pytest.mark.parametrize("cost", CHEATS.values(), ids=CHEATS.keys())
def test_a_tariff_that_cheats_is_stopped_and_the_others_go_on(cost: Callable[[int], Any]) -> None:
    desk = Desk(CHEATED, used("a", day(2), messages=1), offer=Offer(Plan("cheat", cost=cost)))
    desk.take(used("b", day(3), messages=1), used("c", day(4), messages=1, by=BOB))
    assert desk.rejected() == ["tariff.stopped", "tariff.stopped"]
    assert "cheat is stopped" in desk.told(Rejected)[1].message
    assert desk.cost() == {"c": 5}
    assert desk.left()["money"] == -5


def test_what_a_stopped_tariff_has_rated_before_stays_what_it_was() -> None:
    costs = iter([7, 8, 9])
    desk = Desk(CHEATED, offer=Offer(Plan("cheat", cost=lambda units: next(costs, -1))))
    desk.take(used("a", day(2), messages=1), used("b", day(3), messages=1), used("c", day(4), messages=1))
    desk.take(used("d", day(3.5), messages=1, by=BOB), used("e", day(5), messages=1))
    assert desk.cost() == {"a": 7, "b": 8, "c": 9, "d": 5}
    assert desk.rejected() == ["tariff.stopped"]
    assert desk.left()["money"] == -29


@pytest.mark.parametrize("amount", [-5, 2.5, "5"])
def test_a_tariff_that_grants_what_cannot_be_is_stopped(amount: Any) -> None:
    desk = Desk(CHEATED, offer=Offer(Plan("cheat", DATA._replace(id="cheat/data", amount=amount))))
    assert "money" in desk.left()  # the account is known, and what the others give it
    assert not any("cheat" in id for id in desk.left())
    desk.take(used("a", day(2), messages=1), used("b", day(2), messages=1, by=BOB))
    assert desk.rejected() == ["tariff.stopped"]
    assert desk.cost() == {"b": 5}


def test_a_stopped_tariff_is_tried_again_by_a_worker_that_begins_anew() -> None:
    costs = iter([-1])
    desk = Desk(CHEATED, offer=Offer(Plan("cheat", cost=lambda units: next(costs, 3))))
    desk.take(used("a", day(2), messages=1)).driver.restart()
    desk.take(used("b", day(2), messages=1))
    assert desk.cost() == {"b": 3}


def test_a_pack_and_a_request_by_a_tariff_that_cheats_are_answered_so() -> None:
    night = DATA._replace(id="dark/data", amount=-1, shared=True)
    offer = Offer(Plan("dark", night, kind="pack"), Plan("cheat", cost=lambda units: -1))
    desk = Desk(CHEATED, command("p", "pack", offering="dark"), request("r", day(2), wanted={1: 10}), offer=offer)
    desk.take(request("q", day(2), session="q", wanted={1: 10_000}))
    assert [each.problem for each in desk.told(ChargingAnswer)] == ["tariff.stopped", "", ""]
    assert desk.answer("q").granted[0].result == "RATING_FAILED"


def test_balances_and_charges_are_top_ups_and_grants() -> None:
    desk = Desk(ACCOUNT, command("t", "topup", 1_000), command("b", "topup", 20, valid_to=day(5)))
    desk.take(
        used("a", day(2), octets=2_000),
        command("g", "adjust", 30, day(3)),
        command("p", "pack", offering="night", time=day(3)),
        request("r", day(4), wanted={1: 500}),
        used("b", day(3.5), octets=70),
        used("c", day(2), octets=900, corrects="a"),
        used("d", day(33), seconds=500),
    )
    desk.tick(desk.clock + VALIDITY)  # what was held has expired meanwhile: it must come back first
    ledger = desk.ledger()
    for unit in (Unit.MONEY, Unit.OCTET, Unit.SECOND):
        held = sum(amount for (name, of), amount in ledger.items() if of == unit and name.startswith("A/"))
        charges = sum(ledger[name, unit] for name in (Ledger.REVENUE, Ledger.CONSUMED, Ledger.EXPIRED, Ledger.RESERVED))
        assert held + charges == -ledger[Ledger.PAYMENTS, unit] - ledger[Ledger.GRANTS, unit]
        assert held == sum(each.remaining for each in desk.balance().buckets if each.unit is unit)
    assert all(each.amount > 0 for each in desk.told(Posting))
    assert len({each.id for each in desk.told(Posting)}) == len(desk.told(Posting))


def test_buckets_that_hold_another_amount_than_the_ledger_says_are_found() -> None:
    credit = Holding(id="A/money", name="Credit", unit=Unit.MONEY, remaining=90, granted=0, valid_from=day(1))
    paid = Posting(
        id="p",
        account="A",
        debit=Ledger.PAYMENTS,
        credit="A/money",
        unit=Unit.MONEY,
        amount=90,
        time=day(1),
        cause="p",
        kind="topup",
    )
    standing = Standing(
        time=day(1), moved=day(1), due=day(9), cycle=day(1), cycle_end=day(9), month="", holdings=(credit,)
    )
    prove(standing, Totals().after([paid]), [paid], "talk")
    for wrong, postings in ((standing, [paid, paid]), (standing.put([replace(credit, remaining=91)]), [paid])):
        with pytest.raises(Violation, match="by the ledger must hold"):
            prove(wrong, Totals().after(postings), postings, "talk")
    with pytest.raises(Violation, match="must be of 1 or more"):
        prove(standing, Totals(), [replace(paid, amount=0)], "talk")


def test_an_account_is_changed_although_its_new_tariff_cheats() -> None:
    offer = Offer(Plan("cheat", DATA._replace(id="cheat/data", amount=-5)))
    desk = Desk(ACCOUNT, used("a", day(2), messages=1), offer=offer)
    tariffs = (*ACCOUNT.members[0].tariffs, Assignment(tariff="cheat", since=day(1.5)))
    desk.take(replace(ACCOUNT, limit=7, members=(replace(ACCOUNT.members[0], tariffs=tariffs), ACCOUNT.members[1])))
    desk.take(used("b", day(3), messages=1), used("c", day(3), messages=1, by=BOB))
    assert (desk.rejected(), desk.cost()) == (["tariff.stopped"], {"a": 5, "c": 5})
    assert desk.balance().limit == 7
