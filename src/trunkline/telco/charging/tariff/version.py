"""One version of a tariff, ready to say how usages count."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from trunkline.streams import Rejection
from trunkline.telco.charging.tariff.grid import Cell, Grid
from trunkline.telco.charging.tariff.measures import UNIT_OF
from trunkline.telco.charging.tariff.others import Others
from trunkline.telco.charging.tariff.rate import Rate
from trunkline.telco.charging.tariff.terms import Allowance, Terms
from trunkline.telco.model import Usage


class Version:
    """A plan, or a pack, from `since` until before `until`. A pack has allowances alone, which plans' terms name."""

    def __init__(
        self,
        *,
        id: str,
        name: str,
        kind: Literal["plan", "pack"],
        currency: str,
        since: datetime,
        until: datetime | None,
        grid: Grid,
        rates: Mapping[Cell, Rate],
        allowances: tuple[Allowance, ...],
        gives: Mapping[Cell, tuple[str, ...]],
    ) -> None:
        """`rates` and `gives` say for each cell the rate, and the ids of the own allowances that may give it."""
        self.id, self.name = id, name
        self.kind: Literal["plan", "pack"] = kind
        self.currency = currency
        self.since, self.until = since, until
        self.grid = grid
        self.rates = rates
        self.allowances = allowances
        self.gives = gives
        self.others = Others((), grid)
        """Tariffs from whose allowances its usages draw too: all packs, and plans whose shared ones it names."""

    def terms(self, usage: Usage) -> Terms:
        cell = self.grid.cell(usage)
        rate = self.rates.get(cell)
        if rate is None:
            raise Rejection("tariff.no-rate", f"{self.id}: nothing says what this costs: {cell}")
        quantity = rate.quantity(usage.quantity)
        allowances = self.gives.get(cell, ()) + self.others.give(usage, cell)
        price = rate.price or rate.sellers(usage, quantity, self.currency)
        return Terms(cell.zone, cell.band, UNIT_OF[cell.use.service], quantity, allowances, price)
