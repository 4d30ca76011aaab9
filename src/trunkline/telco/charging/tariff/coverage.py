"""Which rate each cell of a plan has: what none covers, what two claim, and what no usage ever reaches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from trunkline.telco.charging.tariff.grid import Cell
from trunkline.telco.charging.tariff.rate import Rate


class Overlap(NamedTuple):
    """Two rates, by their ids, that both claim a cell; both are the plan's own, or both of its price list."""

    first: str
    second: str
    cell: Cell
    own: bool


class Coverage:
    """The cells that a plan sells, with its own rates and, where it has none, those of its price list."""

    def __init__(self, cells: Sequence[Cell], own: Sequence[Rate], listed: Sequence[Rate]) -> None:
        self.rates: dict[Cell, Rate] = {}
        self.gaps: list[Cell] = []
        overlaps: dict[tuple[str, str], Overlap] = {}
        for cell in cells:
            for rates in (own, listed):
                claims = [rate for rate in rates if rate.selection.selects(cell)]
                if claims:
                    self.rates.setdefault(cell, claims[0])
                for other in claims[1:]:
                    overlaps.setdefault((claims[0].id, other.id), Overlap(claims[0].id, other.id, cell, rates is own))
            if cell not in self.rates:
                self.gaps.append(cell)
        self.overlaps = list(overlaps.values())
        """With the first cell of each."""
        self.reached = {rate.id for rate in self.rates.values()}

    def gaps_said(self) -> Iterator[str]:
        """One sentence for each use with gaps: an example, and how many more there are."""
        for use in dict.fromkeys(cell.use for cell in self.gaps):
            cells = [cell for cell in self.gaps if cell.use == use]
            more = f", nor {len(cells) - 1} more of its cells" if len(cells) > 1 else ""
            yield f"no rate says what this costs: {cells[0]}{more}"
