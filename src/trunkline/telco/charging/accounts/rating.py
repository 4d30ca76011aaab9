"""Rating: what one usage costs an account as it stands, and which buckets pay."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from trunkline.streams import Rejection
from trunkline.telco.charging.accounts.standing import Holding, Standing, fair_key, price_key
from trunkline.telco.charging.tariff.measures import UNIT_OF
from trunkline.telco.charging.tariff.terms import Tariff, Tariffs, Terms
from trunkline.telco.model import Account, Drawn, Member, RatedUsage, Unit, Usage


class Violation(Exception):
    """A tariff says what breaks the ledger: it is to be stopped, and nothing of what it said counts."""

    def __init__(self, tariff: str, message: str) -> None:
        super().__init__(message)
        self.tariff = tariff


class Rating(NamedTuple):
    """A usage with its price. `uncovered` is how much of that no bucket had; `restrained` are those of which fair use
    kept a part."""

    rated: RatedUsage
    uncovered: int
    restrained: tuple[Holding, ...]


def rate(standing: Standing, usage: Usage, account: Account, tariffs: Tariffs) -> Rating:
    """What a usage costs. Nothing is taken yet.

    Units are drawn from the allowances that the tariff names, in their order; the rest has a price, which is drawn from
    the account's money: first from what has an end, last from its credit, which pays what nothing else does, even if it
    is empty. Raises `Rejection` where no tariff says what it costs, `Violation` where one says what cannot be.
    """
    tariff = tariff_of(account, usage, tariffs)
    terms = tariff.terms(usage)
    whole(tariff.id, "a quantity", terms.quantity)
    drawn, restrained, left = _units(standing, usage, terms)
    cost = 0
    if left:
        before = standing.counted.get(price_key(usage.subscription, tariff.id, terms.price.id), 0)
        cost = terms.price.cost(left, before)
        whole(tariff.id, "a price", cost)
    paid, uncovered = _money(standing, usage, terms, cost, f"{account.id}/money")
    rated = RatedUsage(
        usage=usage,
        tariff=tariff.id,
        rate=terms.price.id,
        zone=terms.zone,
        band=terms.band,
        unit=terms.unit,
        quantity=terms.quantity,
        free=terms.quantity - left,
        amount=cost,
        currency=account.currency,
        tax=terms.price.tax,
        drawn=(*drawn, *paid),
        cycle=standing.cycle,
    )
    return Rating(rated, uncovered, restrained)


def member_of(account: Account, msisdn: str, time: datetime) -> Member:
    """Who had the number at a moment. Raises `Rejection` with `subscription.unknown` where nobody had."""
    for member in account.members:
        if member.msisdn == msisdn and (member.until is None or time < member.until):
            return member
    raise Rejection("subscription.unknown", f"the account {account.id} had no number {msisdn} at {time.isoformat()}")


def tariff_of(account: Account, usage: Usage, tariffs: Tariffs) -> Tariff:
    """The tariff of the number when the usage began. Raises `Rejection` where it had none."""
    member = member_of(account, usage.subscription, usage.started)
    for assignment in reversed(member.tariffs):
        if assignment.since <= usage.started:
            tariff = tariffs.at(assignment.tariff, usage.started)
            if tariff.currency != account.currency:
                raise Rejection(
                    "tariff.currency",
                    f"the tariff {tariff.id} is in {tariff.currency}, the account {account.id} in {account.currency}",
                )
            return tariff
    raise Rejection("tariff.none", f"{member.msisdn} had no tariff at {usage.started.isoformat()}")


def taken_back(usage: Usage, account: Account, standing: Standing, was: RatedUsage | None) -> RatedUsage:
    """A usage that costs nothing since another has taken its place; `was` is what it was rated as."""
    return RatedUsage(
        usage=usage,
        tariff=was.tariff if was else "",
        rate=was.rate if was else "",
        zone=was.zone if was else "",
        band=was.band if was else "",
        unit=was.unit if was else UNIT_OF[usage.service],
        quantity=0,
        currency=account.currency,
        tax=was.tax if was else "none",
        cycle=was.cycle if was else standing.cycle,
        void=True,
    )


def whole(tariff: str, what: str, amount: object) -> None:
    """Raises `Violation` where a tariff gives anything but a whole number of 0 or more."""
    if type(amount) is not int or amount < 0:
        raise Violation(tariff, f"the tariff {tariff} gives {what} that is no whole number of 0 or more: {amount!r}")


def _units(standing: Standing, usage: Usage, terms: Terms) -> tuple[list[Drawn], tuple[Holding, ...], int]:
    """What allowances give, those that fair use keeps from giving more, and the units that are left."""
    drawn: list[Drawn] = []
    restrained: list[Holding] = []
    taken: dict[str, int] = {}
    left = terms.quantity
    for holding in standing.holdings:
        if not left:
            break
        if holding.unit is not terms.unit or holding.allowance not in terms.allowances or not _may(holding, usage):
            continue
        amount = min(left, max(holding.remaining, 0))
        if (most := holding.fair_use.get(terms.zone)) is not None:
            key = fair_key(holding, terms.zone)
            room = max(0, most - standing.fair.get(key, 0) - taken.get(key, 0))
            if room < amount:
                amount = room
                restrained.append(holding)
            taken[key] = taken.get(key, 0) + amount
        if amount:
            drawn.append(Drawn(bucket=holding.id, amount=amount))
            left -= amount
    return drawn, tuple(restrained), left


def _money(standing: Standing, usage: Usage, terms: Terms, cost: int, credit: str) -> tuple[list[Drawn], int]:
    """What pays the cost, and how much of it the account's credit pays without having it."""
    drawn: dict[str, int] = {}
    left = cost
    for holding in standing.holdings:
        if not left:
            break
        if (
            holding.unit is Unit.MONEY
            and (not holding.allowance or holding.allowance in terms.allowances)
            and _may(holding, usage)
            and (amount := min(left, max(holding.remaining, 0)))
        ):
            drawn[holding.id] = amount
            left -= amount
    if left:
        drawn[credit] = drawn.get(credit, 0) + left
    return [Drawn(bucket=id, amount=amount) for id, amount in drawn.items()], left


def _may(holding: Holding, usage: Usage) -> bool:
    """Whether it is the number's, at that time."""
    return (
        holding.subscription in ("", usage.subscription)
        and holding.valid_from <= usage.started
        and (holding.valid_to is None or usage.started < holding.valid_to)
    )
