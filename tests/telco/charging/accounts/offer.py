"""Tariffs of a made-up operator, a double for what reads the operator's own; small amounts, so that all of it happens.

`talk` is a plan: 1,000 octets and 100 seconds that the account shares, roaming in `eu` for 300 octets of them at most.
`boost` is a pack of 400 octets for three days from their first use on; `night` one of 50 for the cycle.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from trunkline.streams import Rejection
from trunkline.telco.charging.tariff.terms import Allowance, Terms
from trunkline.telco.model import Service, Unit, Usage

UNITS = {
    Service.VOICE: Unit.SECOND,
    Service.DATA: Unit.OCTET,
    Service.MESSAGE: Unit.MESSAGE,
    Service.CONTENT: Unit.ITEM,
}
FROM = datetime(2020, 1, 1, tzinfo=UTC)
DATA = Allowance(
    "talk/data",
    "Data",
    Unit.OCTET,
    1_000,
    10,
    shared=False,
    rollover=1,
    rollover_most=500,
    fair_use=(("eu", 300),),
)
VOICE = Allowance("talk/voice", "Voice", Unit.SECOND, 100, 10, shared=True)
BOOST = Allowance("boost/data", "Boost", Unit.OCTET, 400, 5, shared=False, days=3, first_use=True)
NIGHT = Allowance("night/data", "Night", Unit.OCTET, 50, 1, shared=True)


@dataclass
class TieredPrice:
    """Hundredths of a minor unit a unit, another from so many units of the cycle on."""

    id: str
    each: int
    from_units: int
    then: int
    tax: str = "standard"

    def cost(self, units: int, before: int) -> int:
        cheap = max(0, min(units, self.from_units - before))
        return (cheap * self.each + (units - cheap) * self.then + 50) // 100


PRICES = {
    Service.DATA: TieredPrice("data", 7, 500, 3),
    Service.VOICE: TieredPrice("voice", 31, 200, 57),
    Service.MESSAGE: TieredPrice("message", 500, 0, 500),
    Service.CONTENT: TieredPrice("content", 19_900, 0, 19_900),
}


class Plan:
    """A tariff whose prices and allowances a test gives."""

    currency = "EUR"

    def __init__(
        self,
        id: str,
        *allowances: Allowance,
        kind: Literal["plan", "pack"] = "plan",
        cost: Callable[[int], int] | None = None,
    ) -> None:
        self.id = self.name = id
        self.kind: Literal["plan", "pack"] = kind
        self.allowances = allowances
        self._cost = cost

    def terms(self, usage: Usage) -> Terms:
        if self.kind == "pack" or (usage.service is Service.CONTENT and usage.price is None):
            raise Rejection("tariff.no-rate", f"{self.id} says nothing of it")
        unit = UNITS[usage.service]
        quantity = -(-usage.quantity // 10) * 10 if unit is Unit.SECOND else usage.quantity
        gives = tuple(each.id for each in (DATA, VOICE, BOOST, NIGHT, *self.allowances) if each.unit is unit)
        zone = "home" if usage.visited in ("", "20601") else "eu"
        price = PRICES[usage.service]
        return Terms(zone, "all", unit, quantity, gives, Own(price.id, self._cost) if self._cost else price)


@dataclass
class Own:
    """A price that a test gives."""

    id: str
    of: Callable[[int], int]
    tax: str = "standard"

    def cost(self, units: int, before: int) -> int:
        return self.of(units)


class Offer:
    """All of it."""

    def __init__(self, *more: Plan) -> None:
        packs = (Plan("boost", BOOST, kind="pack"), Plan("night", NIGHT, kind="pack"))
        self._tariffs = {each.id: each for each in (Plan("talk", DATA, VOICE), *packs, *more)}

    def at(self, id: str, time: datetime) -> Plan:
        if id not in self._tariffs:
            raise Rejection("tariff.unknown", f"there is no tariff {id}")
        if time < FROM:
            raise Rejection("tariff.not-valid", f"{id} was not sold then")
        return self._tariffs[id]
