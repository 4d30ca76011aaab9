"""A rate: what it is for, how quantities are rounded, and what they cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Annotated, Final, Literal

import msgspec

from trunkline.faults import Fault, Place
from trunkline.streams import Rejection
from trunkline.telco.charging.tariff.measures import UNIT_OF, Cost, Quantity
from trunkline.telco.charging.tariff.price import SellersPrice, Tier, TieredPrice
from trunkline.telco.charging.tariff.selection import Selection
from trunkline.telco.model import Service, Usage

SELLERS: Final = "the seller's"
Id = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class WrittenTier(msgspec.Struct, frozen=True, kw_only=True):
    """`up_to` counts over the cycle; the last tier has none."""

    price: str
    up_to: str | None = None


class WrittenRate(Selection, frozen=True, kw_only=True):
    """A rate as it stands in YAML: it has either one price or tiers."""

    id: Id
    price: str | None = None
    tiers: Annotated[list[WrittenTier], msgspec.Meta(min_length=1, max_length=20)] | None = None
    free: str | None = None
    minimum: str | None = None
    increment: str | None = None
    tax: Literal["standard", "reduced", "none"] = "standard"


class Rate:
    """A rate that can be used. A usage counts for nothing up to `free`; what is more than that counts as `minimum` at
    least, and in whole multiples of `increment`."""

    def __init__(self, written: WrittenRate, price: TieredPrice | None, amounts: dict[str, int]) -> None:
        """Without `price` its seller says it."""
        self.id, self.tax, self.selection = written.id, written.tax, written
        self.price = price
        self.free = amounts.get("free", 0)
        self.minimum = amounts.get("minimum", 0)
        self.increment = amounts.get("increment", 1)

    def quantity(self, used: int) -> int:
        """What is charged for."""
        if used <= self.free:
            return 0
        counted = max(used - self.free, self.minimum)
        return -(-counted // self.increment) * self.increment

    def sellers(self, usage: Usage, quantity: int, currency: str) -> SellersPrice:
        """The price that its seller says. Raises `Rejection` where there is none, or in another currency."""
        if usage.price is None or usage.price < 0:
            raise Rejection("tariff.no-price", f"`{self.id}` costs what its seller says, who says none of 0 or more")
        if usage.currency != currency:
            raise Rejection("tariff.currency", f"the seller's price is in `{usage.currency}`, the tariff in {currency}")
        return SellersPrice(self.id, self.tax, usage.price, quantity)


def make(written: WrittenRate, currency: str) -> tuple[Rate | None, list[Fault]]:
    """The rate, in a tariff of this currency, and what is wrong with it: None where it cannot be used at all."""
    found: list[Fault] = []
    amounts = {
        key: amount
        for key in ("free", "minimum", "increment")
        if (text := getattr(written, key)) is not None
        and (amount := _amount((key,), text, written.services, found)) is not None
    }
    if (written.price is None) == (written.tiers is None):
        return None, [*found, Fault((), f"the rate `{written.id}` needs either `price` or `tiers`")]
    if written.price == SELLERS:
        if written.services != [Service.CONTENT]:
            found.append(Fault(("price",), "only content has a seller who says its price"))
        return (None if found else Rate(written, None, amounts)), found
    tiers = written.tiers or [WrittenTier(price=written.price or "")]
    found += _order(tiers)
    costs = [
        _cost(("price",) if written.tiers is None else ("tiers", index, "price"), tier.price, written, currency, found)
        for index, tier in enumerate(tiers)
    ]
    ends = [
        None if tier.up_to is None else _amount(("tiers", index, "up_to"), tier.up_to, written.services, found)
        for index, tier in enumerate(tiers)
    ]
    if found:
        return None, found
    try:
        price = TieredPrice(written.id, written.tax, [Tier(*step) for step in zip(ends, costs, strict=True)])
    except ValueError as error:
        return None, [Fault(("price",) if written.tiers is None else ("tiers",), str(error))]
    return Rate(written, price, amounts), []


def _order(tiers: Sequence[WrittenTier]) -> Iterator[Fault]:
    """Tiers that no usage reaches, and the lack of one for what is beyond the last."""
    before = 0
    for index, tier in enumerate(tiers):
        if tier.up_to is None:
            if index < len(tiers) - 1:
                yield Fault(
                    ("tiers", index + 1), f"tier {index + 2} is never reached: the one before it has no `up_to`"
                )
            return
        try:
            end = Quantity.parse(tier.up_to).amount
        except ValueError:
            return
        if end <= before:
            yield Fault(("tiers", index, "up_to"), f"tier {index + 1} is never reached: it ends where another did")
        before = end
    yield Fault(("tiers",), f"nothing says what is beyond {tiers[-1].up_to}: leave `up_to` out of the last tier")


def _amount(place: Place, text: str, services: Sequence[Service], found: list[Fault]) -> int | None:
    try:
        quantity = Quantity.parse(text)
    except ValueError as error:
        found.append(Fault(place, str(error)))
        return None
    for service in services:
        if UNIT_OF[service] is not quantity.unit:
            found.append(Fault(place, f"{service} is measured in {UNIT_OF[service]}s, not in {quantity.unit}s"))
    return quantity.amount


def _cost(place: Place, text: str, written: WrittenRate, currency: str, found: list[Fault]) -> Fraction:
    try:
        cost = Cost.parse(text)
    except ValueError as error:
        found.append(Fault(place, str(error)))
        return Fraction(0)
    if cost.unit is None:
        return cost.each
    if cost.currency != currency:
        found.append(Fault(place, f"is in {cost.currency}, and the currency here is {currency}"))
    for service in written.services:
        if UNIT_OF[service] is not cost.unit:
            found.append(Fault(place, f"{service} is measured in {UNIT_OF[service]}s, not in {cost.unit}s"))
    return cost.each
