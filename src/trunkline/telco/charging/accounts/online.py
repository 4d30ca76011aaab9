"""Granting units to sessions in real time: how many can be paid, and what is held for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from trunkline.streams import Rejection
from trunkline.telco.charging.accounts.postings import Draw
from trunkline.telco.charging.accounts.rating import rate
from trunkline.telco.charging.accounts.standing import Standing
from trunkline.telco.charging.tariff.terms import Tariffs
from trunkline.telco.model import Account, ChargingAnswer, ChargingRequest, RatedUsage, Service, Source, Unit, Usage

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


class Purse(NamedTuple):
    """What a grant may be paid of: `standing` is the account less all that is `held`; `costs` says whether money is.

    Each usage is rounded by itself, and what was held for one session may pay another. So where several sessions are
    open at once, a prepaid account must have a minor unit more for each of them.
    """

    standing: Standing
    held: int
    costs: bool
    account: Account
    tariffs: Tariffs

    @classmethod
    def of(cls, standing: Standing, holds: Sequence[Hold], account: Account, tariffs: Tariffs) -> Purse:
        """Of an account with what it holds taken off: what those units would take now, which is what they will."""
        costs = False
        for hold in holds:
            if hold.rated is not None:
                rated = _again(standing, hold.rated, account, tariffs)
                standing = standing.debit(rated)
                costs = costs or rated.free < rated.quantity
                continue
            taken = {draw.bucket: draw.amount for draw in hold.draws}
            standing = standing.put(
                replace(holding, remaining=holding.remaining - taken[holding.id])
                for holding in standing.holdings
                if holding.id in taken
            )
        return cls(standing, len(holds), costs, account, tariffs)

    def quota(self, request: ChargingRequest, group: int) -> Quota:
        """The most units, up to what is wanted, that can be paid. Raises `Rejection` where nothing says what they
        cost."""
        wanted = request.wanted[group] or USUAL[request.service]
        if (rated := self._payable(request, group, wanted)) is not None:
            behind = self._replace(standing=self.standing.debit(rated))._payable(request, group, 1)
            return Quota(wanted, rated, last=behind is None)
        units, beyond = 0, wanted
        while beyond - units > 1:
            middle = (units + beyond) // 2
            if (more := self._payable(request, group, middle)) is not None:
                units, rated = middle, more
            else:
                beyond = middle
        return Quota(units, rated, last=True)

    def _payable(self, request: ChargingRequest, group: int, units: int) -> RatedUsage | None:
        """What so many units would cost, or None where that cannot be paid.

        Units that cost less than money is rounded to need something to pay them all the same.
        """
        rated, uncovered = self._rated(request, group, units)
        due = rated.amount
        if not due and rated.free < rated.quantity:
            usual, lacking = self._rated(request, group, USUAL[request.service])
            due, uncovered = min(usual.amount, 1), int(lacking == usual.amount > 0)
        if self.account.kind == "prepaid" and self.held and (due or self.costs):
            left = sum(holding.remaining for holding in self.standing.holdings if holding.unit is Unit.MONEY)
            uncovered = max(uncovered, rated.amount + self.held + 1 - left)
        within = not due or self.account.limit is None or self.standing.spent + due <= self.account.limit
        return rated if within and (self.account.kind == "postpaid" or uncovered <= 0) else None

    def _rated(self, request: ChargingRequest, group: int, units: int) -> tuple[RatedUsage, int]:
        """So many units with their price, and how much of that nothing covers."""
        rating = rate(self.standing, _probe(request, group, units, self.account), self.account, self.tariffs)
        return rating.rated, rating.uncovered


def _again(standing: Standing, held: RatedUsage, account: Account, tariffs: Tariffs) -> RatedUsage:
    """What held units would take of the account as it stands now; what they did where nothing says it any more."""
    try:
        return rate(standing, held.usage, account, tariffs).rated
    except Rejection:
        return held


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
