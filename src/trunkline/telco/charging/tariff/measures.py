"""How quantities and prices are written in tariffs: `60 s`, `20 GB`, `0.25 EUR per 60 s`; never a float.

Multiples of octets are those of SI (1 kB is 1,000) or, with an i, of IEC 80000-13 (1 KiB is 1,024).
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final, NamedTuple

from trunkline.telco.model import Service, Unit
from trunkline.telco.model.currency import minor_digits

UNIT_OF: Final = {
    Service.VOICE: Unit.SECOND,
    Service.DATA: Unit.OCTET,
    Service.MESSAGE: Unit.MESSAGE,
    Service.CONTENT: Unit.ITEM,
}
MOST_UNITS: Final = 10**15
MOST_MONEY: Final = 10**9
"""Minor units: what one price may be at most."""

UNITS: Final[dict[str, tuple[Unit, int]]] = {
    "s": (Unit.SECOND, 1), "min": (Unit.SECOND, 60), "h": (Unit.SECOND, 3600),
    "B": (Unit.OCTET, 1),
    "kB": (Unit.OCTET, 10**3), "MB": (Unit.OCTET, 10**6), "GB": (Unit.OCTET, 10**9), "TB": (Unit.OCTET, 10**12),
    "KiB": (Unit.OCTET, 2**10), "MiB": (Unit.OCTET, 2**20), "GiB": (Unit.OCTET, 2**30), "TiB": (Unit.OCTET, 2**40),
    "message": (Unit.MESSAGE, 1), "messages": (Unit.MESSAGE, 1),
    "item": (Unit.ITEM, 1), "items": (Unit.ITEM, 1),
}  # fmt: skip
"""By its sign: what it is of, and how many of these."""
_QUANTITY = re.compile(r"([0-9]{1,15}) ?([A-Za-z]+)")
_MONEY = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,6}))? ([A-Z]{3})")


class Quantity(NamedTuple):
    """So many seconds, octets, messages or items."""

    unit: Unit
    amount: int

    @classmethod
    def parse(cls, text: str) -> Quantity:
        """Raises `ValueError` with what is wrong."""
        found = _QUANTITY.fullmatch(text)
        if found is None or found[2] not in UNITS:
            raise ValueError(f"`{text}` is no quantity: write a whole number and one of {', '.join(UNITS)}")
        unit, size = UNITS[found[2]]
        amount = int(found[1]) * size
        if not 0 < amount <= MOST_UNITS:
            raise ValueError(f"`{text}` must be more than 0 and at most {MOST_UNITS:,} {unit}s")
        return cls(unit, amount)


class Cost(NamedTuple):
    """What one unit costs, in minor units of a currency, exactly. Without `unit` it is 0 of whatever is used."""

    each: Fraction
    unit: Unit | None
    currency: str

    @classmethod
    def parse(cls, text: str) -> Cost:
        """`free`, or `0.25 EUR per 60 s` (`per GB` is of 1 GB). Raises `ValueError` with what is wrong."""
        if text == "free":
            return cls(Fraction(0), None, "")
        money, per, quantity = text.partition(" per ")
        found = _MONEY.fullmatch(money)
        if found is None or not per:
            raise ValueError(f"`{text}` is no price: write `free`, or it like `0.25 EUR per 60 s`, `5 EUR per GB`")
        size = Quantity.parse(quantity if quantity[:1].isdigit() else f"1 {quantity}")
        minor = Fraction(f"{found[1]}.{found[2] or 0}") * 10 ** minor_digits(found[3])
        if minor > MOST_MONEY:
            raise ValueError(f"`{text}` is more than {MOST_MONEY:,} minor units")
        return cls(minor / size.amount, size.unit, found[3])
