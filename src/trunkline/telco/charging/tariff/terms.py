"""What a tariff says of one usage: the line between tariffs, which are data, and accounts, which are state."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from trunkline.telco.model import Unit, Usage


class Price(Protocol):
    """What units cost that no allowance gives, in minor units."""

    id: str
    tax: str

    def cost(self, units: int, before: int) -> int:
        """`units` after the `before` that this price has counted in the cycle (for tiers), 0 or more.

        Rounded half up to the minor unit, once.
        """


class Terms(NamedTuple):
    """How a usage counts."""

    zone: str
    """Where it was, or whither it went: `home`, `eu`, `world-1`."""
    band: str
    """Of the day and week."""
    unit: Unit
    quantity: int
    """In the unit, rounded up as the tariff says."""
    allowances: tuple[str, ...]
    """Ids of those that may give it, whose buckets are drawn from by priority; also those of packs, had or not."""
    price: Price


class Allowance(NamedTuple):
    """What a tariff gives for each cycle, or a pack once."""

    id: str
    """The same in all versions, and in no other tariff: `mobile-20/data`."""
    name: str
    unit: Unit
    amount: int
    priority: int
    shared: bool
    """Whether other numbers of the account draw from it too: those whose terms name it."""
    rollover: int = 0
    """Cycles for which what is left stays valid."""
    rollover_most: int | None = None
    fair_use: tuple[tuple[str, int], ...] = ()
    """Most of it that may be used in a zone, in a cycle."""
    days: int = 0
    """Of a pack: how long it is valid; 0: until the cycle ends."""
    thresholds: tuple[int, ...] = (50, 80, 100)
    """Percent of it at which the subscriber is told."""
    first_use: bool = False
    """Whether the days count from the first use, not from when it was added."""


class Tariff(Protocol):
    """One version of a tariff."""

    id: str
    name: str
    kind: Literal["plan", "pack"]
    currency: str
    allowances: tuple[Allowance, ...]

    def terms(self, usage: Usage) -> Terms:
        """How the usage counts.

        Raises `Rejection`: `tariff.no-rate` where nothing says what it costs, as of any usage by a pack, which only
        gives allowances; `tariff.no-price` where its seller must say it and did not; `tariff.currency`.
        """


class Tariffs(Protocol):
    """All tariffs of the operator, with all their versions."""

    def at(self, id: str, time: datetime) -> Tariff:
        """The version that was valid then. Raises `Rejection`: `tariff.unknown`, `tariff.not-valid`."""
