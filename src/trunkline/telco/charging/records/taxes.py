"""Taxes: what of an amount with tax is tax, by the classes that rates name (`charging.yaml`, `taxes`)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal


class Taxes:
    """Rates in percent by class. A class that has none is not told of: its amounts are known with tax alone."""

    def __init__(self, rates: Mapping[str, float]) -> None:
        self._rates = {name: Decimal(str(rate)) for name, rate in rates.items()}

    def rate(self, tax: str) -> Decimal | None:
        """In percent; None where it is not known."""
        return self._rates.get(tax)

    def net(self, gross: int, tax: str) -> int:
        """An amount without its tax, in minor units, rounded half up; the tax is the rest."""
        rate = self._rates.get(tax, Decimal(0))
        return int((Decimal(gross) * 100 / (100 + rate)).to_integral_value(ROUND_HALF_UP))
