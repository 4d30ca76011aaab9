"""What allowances of other tariffs give: those of packs, and shared ones of plans of the same account."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from trunkline.telco.charging.tariff.grid import Cell, Grid
from trunkline.telco.model import Usage


class Giver(Protocol):
    """A version of a tariff, as far as it gives to usages of others."""

    since: datetime
    grid: Grid
    gives: Mapping[Cell, tuple[str, ...]]


class Other:
    """A tariff of which all allowances may give, or one."""

    def __init__(self, versions: Sequence[Giver], allowance: str = "") -> None:
        """`versions` in the order of time; without `allowance` all are meant."""
        self.versions = versions
        self.since = [version.since for version in versions]
        self._allowance = allowance

    def give(self, usage: Usage, cell: Cell, grid: Grid) -> tuple[str, ...]:
        """Ids of allowances, as of the version of that time; a tariff that is no longer sold gives as it did last.

        `cell` is that of the usage in `grid`.
        """
        index = bisect_right(self.since, usage.started) - 1
        if index < 0:
            return ()
        version = self.versions[index]
        ids = version.gives.get(cell if version.grid is grid else version.grid.cell(usage), ())
        return ids if not self._allowance else tuple(id for id in ids if id == self._allowance)


class Others:
    """Several such tariffs. What they give in a cell is the same until one of them changes, so it is found once."""

    def __init__(self, others: Sequence[Other], grid: Grid) -> None:
        """`grid` is that of the usages' own tariff."""
        self._others, self._grid = others, grid
        self._changes = sorted({since for other in others for since in other.since})
        self._one_grid = all(version.grid is grid for other in others for version in other.versions)
        self._found: dict[tuple[int, Cell], tuple[str, ...]] = {}

    @property
    def changes(self) -> list[datetime] | None:
        """When what they give in a cell changes, in order; None where that is told by cells of another grid."""
        return self._changes if self._one_grid else None

    def give(self, usage: Usage, cell: Cell) -> tuple[str, ...]:
        """Ids of allowances that may give the usage, which falls into this cell of the grid."""
        if not self._one_grid:
            return self._ask(usage, cell)
        key = (bisect_right(self._changes, usage.started), cell)
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._ask(usage, cell)
        return found

    def _ask(self, usage: Usage, cell: Cell) -> tuple[str, ...]:
        return tuple(id for other in self._others for id in other.give(usage, cell, self._grid))
