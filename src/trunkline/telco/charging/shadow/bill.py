"""What a number's usage of one cycle costs by today's tariffs, and what it would cost by the draft."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import NamedTuple

import msgspec

from trunkline.telco.model import RatedUsage


class BillKey(NamedTuple):
    """Whose usage, and in the cycle that begins at which moment."""

    account: str
    cycle: datetime
    number: str


class Reason(NamedTuple):
    """Why a usage would cost something else: the allowances that would give another part of it, else the rate."""

    kind: str
    """`allowance` or `rate`."""
    name: str


class Bill(msgspec.Struct, kw_only=True):
    """Amounts are minor units of the currency. `unrated` is what of `today` the draft has no price for."""

    currency: str
    today: int = 0
    draft: int = 0
    unrated: int = 0
    reasons: Counter[Reason] = msgspec.field(default_factory=Counter)

    @property
    def difference(self) -> int:
        """How much more the usages cost that both can rate."""
        return self.draft - (self.today - self.unrated)

    def count(self, pair: Pair, sign: int) -> None:
        """Add what a usage costs (1), or take off what it was said to (-1)."""
        today, draft = pair
        if today is not None:
            self.today += sign * today.amount
        if draft is not None and today is not None:
            self.draft += sign * draft.amount
            if draft.amount != today.amount:
                self.reasons[reason(today, draft)] += sign * (draft.amount - today.amount)
        elif today is not None:
            self.unrated += sign * today.amount


class Charged(NamedTuple):
    """What is remembered of a rated usage. `given` are the units that allowances gave, by the allowances' ids."""

    amount: int
    rate: str
    given: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, rated: RatedUsage) -> Charged:
        given: Counter[str] = Counter()
        left = rated.free
        for drawn in rated.drawn:  # units come before the money that pays the rest
            if not left:
                break
            left -= drawn.amount
            given["/".join(drawn.bucket.removeprefix(f"{rated.usage.account}/").split("/")[:2])] += drawn.amount
        return cls(rated.amount, rated.rate, tuple(sorted(given.items())))


class Pair(NamedTuple):
    """One usage, by today's tariffs and by the draft; None where it cannot be rated."""

    today: Charged | None = None
    draft: Charged | None = None


def reason(today: Charged, draft: Charged) -> Reason:
    """Why the draft's price is another."""
    changed = {id for id, _ in set(today.given) ^ set(draft.given)}
    if changed:
        return Reason("allowance", ", ".join(sorted(changed)))
    return Reason("rate", draft.rate if today.rate == draft.rate else f"{today.rate} -> {draft.rate}")
