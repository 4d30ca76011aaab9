"""What units cost that no allowance gives. Money is rounded once for each usage, half up, to the minor unit."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Final, NamedTuple

FINEST: Final = 1 << 61
"""The most that a price's numerator times denominator may be: what columns of 64 bits still compute exactly."""


class Tier(NamedTuple):
    """Up to so many units in the cycle (None: all further ones) each costs this much, in minor units."""

    up_to: int | None
    each: Fraction


class TieredPrice:
    """Units have the price of the tier in which they fall, counted over the cycle; often there is one tier only."""

    def __init__(self, id: str, tax: str, tiers: Sequence[Tier]) -> None:
        """The last tier is open. Raises `ValueError` where the prices are too fine to be computed exactly."""
        self.id, self.tax = id, tax
        self.denominator = lcm(*(tier.each.denominator for tier in tiers))
        """All tiers' prices are whole numbers of the minor unit divided by this."""
        self.steps: tuple[tuple[int, int | None, int], ...] = tuple(
            (begin, tier.up_to, int(tier.each * self.denominator))
            for begin, tier in zip([0, *(tier.up_to or 0 for tier in tiers)], tiers, strict=False)
        )
        """Of each tier: where it begins, where it ends, and what a unit costs, divided by the denominator."""
        if max(each for _, _, each in self.steps) * self.denominator * len(self.steps) >= FINEST:
            raise ValueError("has digits so fine, or tiers so unlike, that 64 bits do not compute it: make it rounder")

    def cost(self, units: int, before: int) -> int:
        total = 0
        for begin, end, each in self.steps:
            upper = before + units if end is None else min(before + units, end)
            total += max(0, upper - max(before, begin)) * each
        return rounded(total, self.denominator)


class SellersPrice:
    """Content costs what its seller says; where allowances gave a part of it, the rest of that."""

    def __init__(self, id: str, tax: str, amount: int, quantity: int) -> None:
        self.id, self.tax = id, tax
        self._amount, self._quantity = amount, quantity

    def cost(self, units: int, before: int) -> int:
        return rounded(self._amount * units, self._quantity) if units else 0


def rounded(numerator: int, denominator: int) -> int:
    """Half up to a whole number; neither is negative."""
    return (2 * numerator + denominator) // (2 * denominator)
