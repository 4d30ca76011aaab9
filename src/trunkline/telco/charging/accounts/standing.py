"""Where an account stands at a moment: what its buckets hold, and what its cycle has counted so far.

It is never changed in place. What happens to an account makes of one standing the next, so that history can be gone
through again from any standing that was kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from operator import attrgetter

import msgspec
from msgspec.structs import replace

from trunkline.telco.charging.tariff.terms import Allowance
from trunkline.telco.model import Bucket, RatedUsage, Unit

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
EXPIRING = timedelta(days=1)
"""How long before its end it is told of a bucket that does not come again."""


class Holding(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A bucket with what its allowance says of it, so that it stays what it was when the tariff changes.

    `opens` are the days for which a pack is valid from its first use on; 0 where it runs already. What online sessions
    hold is not taken off `remaining`: a usage that was used is paid, whoever else holds what it is paid of.
    """

    id: str
    name: str
    unit: Unit
    remaining: int
    granted: int
    subscription: str = ""
    allowance: str = ""
    priority: int = 0
    valid_from: datetime
    valid_to: datetime | None = None
    opens: int = 0
    pack: bool = False
    rollover_most: int | None = None
    fair_use: dict[str, int] = {}
    thresholds: tuple[int, ...] = ()

    @classmethod
    def of(
        cls, id: str, allowance: Allowance, subscription: str, since: datetime, until: datetime | None, *, pack: bool
    ) -> Holding:
        """What an allowance gives, full."""
        return cls(
            id=id,
            name=allowance.name,
            unit=allowance.unit,
            remaining=allowance.amount,
            granted=allowance.amount,
            subscription="" if allowance.shared else subscription,
            allowance=allowance.id,
            priority=allowance.priority,
            valid_from=since,
            valid_to=until,
            opens=allowance.days if allowance.first_use else 0,
            pack=pack,
            rollover_most=allowance.rollover_most,
            fair_use=dict(allowance.fair_use),
            thresholds=allowance.thresholds,
        )

    @property
    def meter(self) -> str:
        """What its use is counted with: all that its allowance gave its owner; a pack alone."""
        return self.id if self.pack else f"{self.allowance}|{self.subscription}"

    @property
    def order(self) -> tuple[int, datetime, str]:
        """The place in which it is drawn from."""
        return self.priority, self.valid_to or NEVER, self.id

    @property
    def ends(self) -> tuple[datetime, ...]:
        """When it is told that it will end, and that it has: of what does not come again with each cycle."""
        if self.valid_to is None or (self.allowance and not self.pack):
            return ()
        expiring = self.valid_to - EXPIRING
        return (expiring, self.valid_to) if expiring > self.valid_from else (self.valid_to,)

    def due(self, since: datetime) -> datetime:
        """When something is due of it, after a moment up to which all was done."""
        if self.allowance and not self.pack:
            return self.valid_to or NEVER
        return next((end for end in self.ends if end > since), self.valid_to or NEVER)

    def less(self, amount: int, time: datetime) -> Holding:
        """What is left when `amount` was taken from it at a moment; a pack runs from its first use on."""
        if not self.opens:
            return replace(self, remaining=self.remaining - amount)
        until = time + timedelta(days=self.opens)
        return replace(self, remaining=self.remaining - amount, opens=0, valid_from=time, valid_to=until)

    def bucket(self, reserved: int) -> Bucket:
        """The bucket as it is told."""
        return Bucket(
            id=self.id,
            name=self.name,
            unit=self.unit,
            remaining=self.remaining - reserved,
            granted=self.granted,
            reserved=reserved,
            subscription=self.subscription,
            allowance=self.allowance,
            priority=self.priority,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
        )


ORDER = attrgetter("order")


class Standing(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """`time` is until when time has passed: what was due by then has happened, last at `moved`; `due` is when the next
    thing is.

    The rest counts within the cycle: `spent` minor units; `counted` units by subscription, tariff and price, for tiers;
    `used` units by meter; `fair` units by meter and zone.
    """

    time: datetime
    moved: datetime
    due: datetime
    cycle: datetime
    cycle_end: datetime
    month: str
    """The day on which the cycle begins, in the operator's zone: `2026-03-01`."""
    holdings: tuple[Holding, ...] = ()
    """In the order in which they are drawn from."""
    spent: int = 0
    counted: dict[str, int] = {}
    used: dict[str, int] = {}
    fair: dict[str, int] = {}

    def get(self, id: str) -> Holding | None:
        """The holding of that id."""
        return next((holding for holding in self.holdings if holding.id == id), None)

    def put(self, changed: Iterable[Holding]) -> Standing:
        """The same with these holdings, in the place of those of the same ids."""
        by_id = {holding.id: holding for holding in changed}
        due = min([self.due, *(holding.due(self.moved) for holding in by_id.values())])
        holdings = [by_id.pop(holding.id, holding) for holding in self.holdings]
        holdings += by_id.values()
        holdings.sort(key=ORDER)
        return replace(self, holdings=tuple(holdings), due=due)

    def add(self, holding: Holding, amount: int) -> Standing:
        """Put an amount into a holding, or take it out; where it is not there (any more), make it anew, empty.

        What is put in counts as granted.
        """
        its = self.get(holding.id) or replace(holding, remaining=0, granted=0)
        return self.put([replace(its, remaining=its.remaining + amount, granted=its.granted + max(amount, 0))])

    def debit(self, rated: RatedUsage) -> Standing:
        """What is left when a usage has taken what it was rated to take."""
        drawn = {each.bucket: each.amount for each in rated.drawn}
        changed = []
        used, fair, counted = self.used, self.fair, self.counted
        for holding in self.holdings:
            amount = drawn.get(holding.id)
            if amount is None:
                continue
            changed.append(holding.less(amount, rated.usage.started))
            if holding.allowance:
                used = {**used, holding.meter: used.get(holding.meter, 0) + amount}
            if rated.zone in holding.fair_use:
                key = fair_key(holding, rated.zone)
                fair = {**fair, key: fair.get(key, 0) + amount}
        if paid := rated.quantity - rated.free:
            key = price_key(rated.usage.subscription, rated.tariff, rated.rate)
            counted = {**counted, key: counted.get(key, 0) + paid}
        after = replace(self, spent=self.spent + rated.amount, counted=counted, used=used, fair=fair)
        return after.put(changed) if changed else after

    def filled(self, holding: Holding) -> tuple[int, int]:
        """How much of what its meter counts was used, and how much there was: of a pack in all, else in the cycle."""
        if holding.pack:
            return holding.granted - holding.remaining, holding.granted
        used = self.used.get(holding.meter, 0)
        return used, used + sum(its.remaining for its in self.holdings if its.meter == holding.meter)


def price_key(subscription: str, tariff: str, rate: str) -> str:
    """Under which the units are counted that a price has had, for its tiers."""
    return f"{subscription}|{tariff}|{rate}"


def fair_key(holding: Holding, zone: str) -> str:
    """Under which the units are counted that an allowance gave in a zone, for its fair use."""
    return f"{holding.meter}|{zone}"
