"""An allowance as it stands in YAML: how much of what it gives, to whom, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

from trunkline.faults import Fault, Place
from trunkline.telco.charging.tariff.grid import Cell
from trunkline.telco.charging.tariff.measures import UNIT_OF, Quantity
from trunkline.telco.charging.tariff.rate import Id
from trunkline.telco.charging.tariff.selection import Selection
from trunkline.telco.charging.tariff.terms import Allowance
from trunkline.telco.model import Unit

Cycles = Annotated[int, msgspec.Meta(ge=1, le=120)]
Days = Annotated[int, msgspec.Meta(ge=1, le=3660)]
Percent = Annotated[int, msgspec.Meta(ge=1, le=100)]
Priority = Annotated[int, msgspec.Meta(ge=0, le=1000)]


class Rollover(msgspec.Struct, frozen=True, kw_only=True):
    """What is left stays valid for so many cycles, at most so much of it."""

    cycles: Cycles
    most: str | None = None


class Given(Selection, frozen=True, kw_only=True):
    """What all allowances say. Buckets of a lower `priority` are drawn from first."""

    id: Id
    name: str
    amount: str
    priority: Priority = 100
    shared: bool = False
    thresholds: tuple[Percent, ...] = (50, 80, 100)


class WrittenAllowance(Given, frozen=True, kw_only=True):
    """Of a plan, for each cycle. `fair_use` is the most of it in a zone."""

    rollover: Rollover | None = None
    fair_use: dict[str, str] = msgspec.field(default_factory=dict)


class WrittenPackAllowance(Given, frozen=True, kw_only=True):
    """Of a pack, once, for so many days."""

    days: Days
    first_use: bool = False
    priority: Priority = 50


def make(written: Given, tariff: str, cells: Sequence[Cell]) -> tuple[Allowance | None, list[Fault]]:
    """The allowance of a tariff, which is for `cells`, and what is wrong with it; None where it cannot be used."""
    found: list[Fault] = []
    made = Allowance(
        id=f"{tariff}/{written.id}",
        name=written.name,
        unit=UNIT_OF[written.services[0]] if written.services else Unit.ITEM,
        amount=_quantity(written, ("amount",), written.amount, found),
        priority=written.priority,
        shared=written.shared,
        thresholds=written.thresholds,
    )
    if tuple(sorted(set(written.thresholds))) != written.thresholds:
        found.append(Fault(("thresholds",), "must rise: the subscriber is told at each once"))
    if isinstance(written, WrittenPackAllowance):
        made = made._replace(days=written.days, first_use=written.first_use)
    if isinstance(written, WrittenAllowance):
        if (rollover := written.rollover) is not None:
            most = rollover.most and _quantity(written, ("rollover", "most"), rollover.most, found)
            made = made._replace(rollover=rollover.cycles, rollover_most=most or None)
        made = made._replace(fair_use=_fair_use(written, {cell.zone for cell in cells}, found))
    return (None if found else made), found


def _fair_use(written: WrittenAllowance, zones: set[str], found: list[Fault]) -> tuple[tuple[str, int], ...]:
    for zone in written.fair_use.keys() - zones:
        known = ", ".join(sorted(zones)) or "none"
        found.append(Fault(("fair_use", zone), f"it is not for a zone `{zone}`, but for {known}"))
    return tuple((zone, _quantity(written, ("fair_use", zone), text, found)) for zone, text in written.fair_use.items())


def _quantity(written: Given, place: Place, text: str, found: list[Fault]) -> int:
    try:
        quantity = Quantity.parse(text)
    except ValueError as error:
        found.append(Fault(place, str(error)))
        return 0
    for service in written.services:
        if UNIT_OF[service] is not quantity.unit:
            found.append(Fault(place, f"{service} is measured in {UNIT_OF[service]}s, not in {quantity.unit}s"))
    return quantity.amount
