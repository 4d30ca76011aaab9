"""Forms: how a language writes amounts and moments."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_DOWN, Decimal
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec

from trunkline.telco.model import Unit
from trunkline.telco.model.currency import major, minor_digits

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
Mark = Annotated[str, msgspec.Meta(max_length=1)]

MONEY: Final = frozenset({"amount", "currency"})
MOMENT: Final = frozenset({"day", "month", "year", "time"})
"""What the patterns of a language may name."""
_TENTH: Final = Decimal("0.1")


class Forms(msgspec.Struct, frozen=True, kw_only=True):
    """The part `forms` of a language. `octets` are a thousand, a million and a thousand million of them."""

    decimal: Annotated[Mark, msgspec.Meta(min_length=1)]
    thousands: Mark
    money: Word
    """With `{amount}` and `{currency}`."""
    moment: Word
    """With `{day}`, `{month}`, `{year}` and `{time}`."""
    months: Annotated[list[Word], msgspec.Meta(min_length=12, max_length=12)]
    octets: Annotated[list[Word], msgspec.Meta(min_length=3, max_length=3)]
    minutes: Word
    messages: Word
    items: Word


def amount(forms: Forms, unit: Unit, value: int) -> str:
    """`1.9 GB`, `12 min`: never more than there is, so what is beyond is cut off, not rounded."""
    match unit:
        case Unit.OCTET:
            power = 2 if abs(value) >= 10**9 else 1 if abs(value) >= 10**6 else 0
            of = (Decimal(value) / 1000 ** (power + 1)).quantize(_TENTH, ROUND_DOWN)
            return f"{_number(forms, of, int(of % 1 != 0))} {forms.octets[power]}"
        case Unit.SECOND:
            return f"{_number(forms, Decimal(value // 60), 0)} {forms.minutes}"
        case Unit.MESSAGE:
            return f"{_number(forms, Decimal(value), 0)} {forms.messages}"
        case _:
            return f"{_number(forms, Decimal(value), 0)} {forms.items}"


def money(forms: Forms, minor: int, currency: str) -> str:
    """`12.34 EUR`, of minor units."""
    value = _number(forms, major(minor, currency), minor_digits(currency))
    return forms.money.replace("{amount}", value).replace("{currency}", currency)


def moment(forms: Forms, time: datetime, zone: ZoneInfo) -> str:
    """`1 April 2026, 00:00`, by the clocks of the operator's zone."""
    local = time.astimezone(zone)
    parts = {"day": local.day, "month": forms.months[local.month - 1], "year": local.year, "time": f"{local:%H:%M}"}
    text = forms.moment
    for name, part in parts.items():
        text = text.replace(f"{{{name}}}", str(part))
    return text


def _number(forms: Forms, value: Decimal, digits: int) -> str:
    written = f"{value:,.{digits}f}"
    return written.translate({ord(","): forms.thousands, ord("."): forms.decimal})
