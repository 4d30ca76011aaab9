"""Amounts as TM Forum has them: money in units of its currency, usage with its unit; here all are whole numbers.

Charging counts minor units (cents), seconds, octets, messages and items.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

from trunkline.telco.charging.tariff.measures import UNITS
from trunkline.telco.model import Unit
from trunkline.telco.model.currency import major, minor_digits
from trunkline.tmf.declaration import Document
from trunkline.tmf.errors import bad

_UNITS: Final = UNITS | {
    **dict.fromkeys(("octet", "octets", "byte", "bytes"), UNITS["B"]),
    **dict.fromkeys(("second", "seconds"), UNITS["s"]),
    **dict.fromkeys(("minute", "minutes"), UNITS["min"]),
    **dict.fromkeys(("hour", "hours"), UNITS["h"]),
    "SMS": UNITS["message"],
}
MOST: Final = 10**15
"""Of whole units that a command may be about: so large a number is the same in every JSON."""


class Amount(NamedTuple):
    """A whole number of a unit; of money, minor units of the currency."""

    unit: Unit
    value: int
    currency: str = ""


def money(minor: int, currency: str) -> Document:
    """TM Forum's Money."""
    return {"unit": currency, "value": minor / 10 ** minor_digits(currency)}


def minor(money: Document) -> int:
    """The minor units of what `money` made."""
    return int(Decimal(str(money["value"])).scaleb(minor_digits(money["unit"])))


def quantity(unit: Unit, value: int, currency: str = "") -> Document:
    """TM Forum's Quantity; its units are the currency where it is money."""
    if unit is Unit.MONEY:
        return {"amount": value / 10 ** minor_digits(currency), "units": currency}
    return {"amount": value, "units": unit.value}


def read(quantity: Any, place: str, least: int = 1) -> Amount:
    """What a client's Quantity says. Raises `Refusal` (400) where that is no whole number, `least` or more, of a known
    unit or of the minor units of a currency."""
    amount = quantity.get("amount") if isinstance(quantity, dict) else None
    units = quantity.get("units") if isinstance(quantity, dict) else None
    if not isinstance(amount, int | float) or isinstance(amount, bool) or not isinstance(units, str):
        raise bad("badAmount", f"{place} needs an amount and its units", 'such as {"amount": 15, "units": "EUR"}')
    if units in _UNITS:
        unit, size = _UNITS[units]
        value, currency = _decimal(amount) * size, ""
    elif len(units) == 3 and units.isascii() and units.isupper():
        unit, value, currency = Unit.MONEY, _decimal(amount).scaleb(minor_digits(units)), units
    else:
        raise bad("badUnits", f"{place} has the units {units[:20]!r}", f"a currency (ISO 4217), or {', '.join(_UNITS)}")
    if value != value.to_integral_value() or not least <= value <= MOST:
        raise bad("badAmount", f"{place} is no whole number of units, more than 0", f"it is {amount} {units}")
    return Amount(unit, int(value), currency)


def shown(unit: Unit, value: int, currency: str = "") -> str:
    """An amount for people: `1.9 GB`, `12 min 5 s`, `12.34 EUR`."""
    match unit:
        case Unit.MONEY:
            return f"{major(value, currency)} {currency}"
        case Unit.OCTET:
            for name, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
                if abs(value) >= size:
                    return f"{value / size:.1f} {name}"
            return f"{value} B"
        case Unit.SECOND:
            minutes, seconds = divmod(abs(value), 60)
            parts = [f"{minutes} min"] if minutes or not seconds else []
            return ("-" if value < 0 else "") + " ".join([*parts, *([f"{seconds} s"] if seconds else [])])
        case Unit.MESSAGE | Unit.ITEM:
            return f"{value} {unit}{'' if value == 1 else 's'}"


def _decimal(amount: float) -> Decimal:
    try:
        value = Decimal(str(amount))
    except InvalidOperation:
        value = Decimal("NaN")
    return value if value.is_finite() else Decimal(-1)
