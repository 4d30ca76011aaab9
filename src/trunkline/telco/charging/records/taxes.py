"""Taxes: what of an amount with tax is tax, by the classes that rates name (`charging.yaml`, `taxes`)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction


class Taxes:
    """Rates in percent by class. A class that has none is not told of: its amounts are known with tax alone."""

    def __init__(self, rates: Mapping[str, float]) -> None:
        self._rates = {name: Decimal(str(rate)) for name, rate in rates.items()}
        # Of an amount with tax, what is without: 100 of 121.
        self._shares = {name: (100 / (100 + Fraction(rate))).as_integer_ratio() for name, rate in self._rates.items()}

    def rate(self, tax: str) -> Decimal | None:
        """In percent; None where it is not known."""
        return self._rates.get(tax)

    def net(self, gross: int, tax: str) -> int:
        """An amount without its tax, in minor units, rounded half up; the tax is the rest."""
        share, whole = self._shares.get(tax, (1, 1))
        halves = (2 * abs(gross) * share + whole) // (2 * whole)
        return halves if gross >= 0 else -halves
