"""Versions of tariffs compiled to tables: whole columns of usages get their zone, band, quantity and cost at once.

What it gives is what `Version.terms` and `Price.cost` give, for each usage; tests hold the two against each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from trunkline.telco.charging.tariff.columns import NO_PRICE, Booleans, Columns, Integers
from trunkline.telco.charging.tariff.locator import Locator
from trunkline.telco.charging.tariff.price import FINEST, rounded
from trunkline.telco.charging.tariff.rate import Rate
from trunkline.telco.charging.tariff.version import Version

REFUSED: Final = -1
_ENDLESS: Final = np.iinfo(np.int64).max


class Rated(NamedTuple):
    """How each usage of a batch counts; numbers are places in the `zones`, `bands` and `rates` of `Compiled`."""

    cell: Integers
    """Place in the `cells` of `Compiled`."""
    zone: Integers
    band: Integers
    rate: Integers
    """`REFUSED` where `Version.terms` raises, and says why."""
    quantity: Integers
    price: Integers
    """What its seller says, or `NO_PRICE`."""


class Compiled:
    """Versions of plans that have the same zones and calendar."""

    def __init__(self, versions: Sequence[Version]) -> None:
        """Raises `ValueError` where there are none, or they have not one grid."""
        if len({id(version.grid) for version in versions}) != 1:
            raise ValueError("compile versions with the same zones and calendar together, others apart")
        grid = versions[0].grid
        self._locator = Locator(grid)
        self.cells = self._locator.cells
        self.bands = grid.calendar.bands
        self.zones = tuple(dict.fromkeys(cell.zone for cell in self.cells if cell))
        self.rates: tuple[Rate, ...] = tuple(dict.fromkeys(r for version in versions for r in version.rates.values()))
        self._zone = np.array([self.zones.index(cell.zone) if cell else -1 for cell in self.cells])
        places = {rate: index for index, rate in enumerate(self.rates)}
        self._rate = np.array(
            [
                [places[version.rates[cell]] if cell and cell in version.rates else REFUSED for cell in self.cells]
                for version in versions
            ]
        )
        self._tables(self.rates)

    def _tables(self, rates: Sequence[Rate]) -> None:
        self._free = np.array([rate.free for rate in rates], dtype=np.int64)
        self._minimum = np.array([rate.minimum for rate in rates], dtype=np.int64)
        self._increment = np.array([rate.increment for rate in rates], dtype=np.int64)
        self._sellers = np.array([rate.price is None for rate in rates])
        self._denominator = np.array([rate.price.denominator if rate.price else 1 for rate in rates], dtype=np.int64)
        steps = [rate.price.steps if rate.price else () for rate in rates]
        self._tiers = np.array([len(of) for of in steps], dtype=np.int64)
        most = max(map(len, steps), default=0)
        table = [[of[tier] if tier < len(of) else (0, 0, 0) for of in steps] for tier in range(most)]
        self._begin = np.array([[step[0] for step in tier] for tier in table], dtype=np.int64)
        self._end = np.array([[_ENDLESS if s[1] is None else s[1] for s in tier] for tier in table], dtype=np.int64)
        self._each = np.array([[step[2] for step in tier] for tier in table], dtype=np.int64)
        dearest = [max((each for _, _, each in of), default=0) for of in steps]
        self._most = np.array(
            [
                FINEST * rate.price.denominator // max(each, 1) if rate.price else FINEST
                for rate, each in zip(rates, dearest, strict=True)
            ],
            dtype=np.float64,
        )

    def rate(self, columns: Columns, version: Integers) -> Rated:
        """`version` has for each usage the place of its version among those that were compiled."""
        cell = self._locator.find(columns)
        rate = self._rate[version, cell]
        used = columns.used - self._free[rate]
        increment = self._increment[rate]
        counted = np.maximum(used, self._minimum[rate])
        quantity = np.where(used > 0, -(-counted // increment) * increment, 0)
        rate = np.where(self._sellers[rate] & (columns.price == NO_PRICE), REFUSED, rate)
        quantity[rate == REFUSED] = 0
        return Rated(cell, self._zone[cell], cell % len(self.bands), rate, quantity, columns.price)

    def exact(self, rated: Rated) -> Booleans:
        """Whether 64 bits compute what each quantity costs."""
        return rated.quantity < np.minimum(self._most[np.where(rated.rate == REFUSED, 0, rated.rate)], FINEST)

    def cost(self, rated: Rated, units: Integers | None = None, before: Integers | None = None) -> Integers:
        """What `units` of each quantity cost, all of it where they are not given, after the `before` of the cycle.

        Nothing where a usage was refused. Exact as long as a cost has fewer than 19 digits.
        """
        units = rated.quantity if units is None else units
        before = np.zeros_like(units) if before is None else before
        fine = rated.rate != REFUSED
        rate = np.where(fine, rated.rate, 0)
        denominator = self._denominator[rate]
        whole = np.zeros_like(units)
        rest = np.zeros_like(units)
        for tier in range(len(self._each)):
            rows = np.flatnonzero(fine & (self._tiers[rate] > tier)) if tier else np.flatnonzero(fine)
            of = rate[rows]
            upper = np.minimum(before[rows] + units[rows], self._end[tier, of])
            inside = np.maximum(upper - np.maximum(before[rows], self._begin[tier, of]), 0)
            wholes, parts = np.divmod(inside, denominator[rows])
            whole[rows] += wholes * self._each[tier, of]
            rest[rows] += parts * self._each[tier, of]
        cost = whole + (2 * rest + denominator) // (2 * denominator)
        return self._sellers_too(cost, rated, rate, fine, units)

    def _sellers_too(self, cost: Integers, rated: Rated, rate: Integers, fine: Booleans, units: Integers) -> Integers:
        rows = np.flatnonzero(fine & self._sellers[rate])
        cost[rows] = np.where(units[rows] > 0, rated.price[rows], 0)
        for row in rows[(units[rows] > 0) & (units[rows] != rated.quantity[rows])].tolist():
            cost[row] = rounded(int(rated.price[row]) * int(units[row]), int(rated.quantity[row]))
        return cost
