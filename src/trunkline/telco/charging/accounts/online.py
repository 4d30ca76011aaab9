"""Granting units to sessions in real time: how many can be paid, and what is held for them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from trunkline.telco.charging.accounts.postings import Draw
from trunkline.telco.charging.accounts.rating import rate
from trunkline.telco.charging.accounts.standing import Standing
from trunkline.telco.charging.tariff.terms import Tariffs
from trunkline.telco.model import Account, ChargingAnswer, ChargingRequest, RatedUsage, Service, Source, Usage

USUAL: Final = {Service.VOICE: 300, Service.DATA: 20_000_000, Service.MESSAGE: 1, Service.CONTENT: 1}
"""Units that are granted where none are asked for."""


class Hold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is held of buckets for a session: what `rated` would take, or by a command an amount of one bucket.

    `id` names its postings; `until` is by the log's clock, None where only a command releases it.
    """

    id: str
    group: int = -1
    draws: tuple[Draw, ...]
    rated: RatedUsage | None = None
    until: datetime | None = None


class Session(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is open: a charging session, or what a command reserved. `answer` is the last that was given to it; `until`
    is when it is forgotten, by the log's clock."""

    account: str
    id: str
    holds: tuple[Hold, ...] = ()
    sequence: int = -1
    answer: ChargingAnswer | None = None
    until: datetime | None = None

    @property
    def of_command(self) -> bool:
        """Whether it is what a command reserved."""
        return self.answer is None and bool(self.holds)


class Quota(NamedTuple):
    """What can be granted: `units`, rated as if they had been used; `last` says that nothing is behind them."""

    units: int
    rated: RatedUsage | None
    last: bool


def occupied(standing: Standing, holds: Iterable[Hold]) -> Standing:
    """The standing with all that is held taken off."""
    for hold in holds:
        if hold.rated is not None:
            standing = standing.debit(hold.rated)
        else:
            taken = {draw.bucket: draw.amount for draw in hold.draws}
            standing = standing.put(
                replace(holding, remaining=holding.remaining - taken[holding.id])
                for holding in standing.holdings
                if holding.id in taken
            )
    return standing


def quota(standing: Standing, request: ChargingRequest, group: int, account: Account, tariffs: Tariffs) -> Quota:
    """The most units, up to what is wanted, that what nobody holds can pay. Raises `Rejection` where nothing says what
    they cost."""
    wanted = request.wanted[group] or USUAL[request.service]
    if (rated := _payable(standing, request, group, wanted, account, tariffs)) is not None:
        behind = _payable(standing.debit(rated), request, group, 1, account, tariffs)
        return Quota(wanted, rated, last=behind is None)
    units, beyond = 0, wanted
    while beyond - units > 1:
        middle = (units + beyond) // 2
        if (more := _payable(standing, request, group, middle, account, tariffs)) is not None:
            units, rated = middle, more
        else:
            beyond = middle
    return Quota(units, rated, last=True)


def _payable(
    standing: Standing, request: ChargingRequest, group: int, units: int, account: Account, tariffs: Tariffs
) -> RatedUsage | None:
    """What so many units would cost, or None where that cannot be paid.

    Units that cost less than money is rounded to need something to pay them all the same.
    """
    rating = rate(standing, _probe(request, group, units, account), account, tariffs)
    due, uncovered = rating.rated.amount, rating.uncovered
    if not due and rating.rated.free < rating.rated.quantity:
        usual = rate(standing, _probe(request, group, USUAL[request.service], account), account, tariffs)
        due, uncovered = min(usual.rated.amount, 1), int(usual.uncovered == usual.rated.amount > 0)
    within = account.limit is None or standing.spent + due <= account.limit
    covered = account.kind == "postpaid" or not uncovered
    return rating.rated if not due or (within and covered) else None


def _probe(request: ChargingRequest, group: int, units: int, account: Account) -> Usage:
    """The usage of so many units, as if it began now."""
    voice, data = request.service is Service.VOICE, request.service is Service.DATA
    return Usage(
        id=f"{request.id}/{group}",
        account=account.id,
        subscription=request.subscription,
        service=request.service,
        started=request.time,
        duration=units if voice else 0,
        downlink=units if data else 0,
        items=0 if voice or data else units,
        other_party=request.other_party,
        apn=request.apn,
        rating_group=group,
        visited=request.visited,
        zone_offset=request.zone_offset,
        system="online",
        source=Source(uri=f"request://{request.id}"),
    )
