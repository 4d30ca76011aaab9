"""From when on a rise is a shock."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

from trunkline.telco.model.currency import minor_digits

_FORM = re.compile(r"(\d{1,9}(?:\.\d{1,4})?) ?(%)?")


class Threshold(NamedTuple):
    """Percent of what the cycle's usage costs today, or units of the currency."""

    amount: Decimal
    percent: bool

    @classmethod
    def parse(cls, text: str) -> Threshold:
        """`20%`, `10`. Raises `ValueError`."""
        found = _FORM.fullmatch(text.strip())
        if found is None:
            raise ValueError(f"{text!r} is no amount and no percentage: write 10 or 20%")
        return cls(Decimal(found[1]), found[2] == "%")

    def shocks(self, today: int, difference: int, currency: str) -> bool:
        """Whether a rise by `difference` is more; both are minor units. Any rise is, where today costs nothing."""
        if self.percent:
            return difference > 0 and difference * 100 > self.amount * today
        return difference > 0 and difference > self.amount.scaleb(minor_digits(currency))

    def __str__(self) -> str:
        return f"{self.amount} %" if self.percent else f"{self.amount}"
