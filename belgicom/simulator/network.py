"""The network: sites with their cells, the same for the same seed and number of sites."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from belgicom.simulator.places import PROVINCES, Province, Town

SECTORS = (1, 2, 3)
FIRST_NODE = 4001


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its technology (`LTE` or `NR`) and its sector's number. `load` is its share of a busy cell's traffic."""

    technology: str
    number: int
    load: float


@dataclass(frozen=True, slots=True)
class Site:
    """A radio site with one node. `number` is unique in the operator; Nokia names its nodes by it.

    `oran` says that its NR radios are O-RAN units, which report over VES besides the vendor's own way; only sites of
    Ericsson have them, whose names are 3GPP's, as VES wants them.
    """

    name: str
    vendor: str
    region: str
    town: str
    latitude: float
    longitude: float
    number: int
    cells: tuple[Cell, ...]
    oran: bool

    def of(self, technology: str) -> tuple[Cell, ...]:
        """Its cells of one technology."""
        return tuple(cell for cell in self.cells if cell.technology == technology)


@dataclass(frozen=True)
class Network:
    """All sites, in the order of the provinces."""

    sites: tuple[Site, ...]

    @cached_property
    def by_name(self) -> dict[str, Site]:
        return {site.name: site for site in self.sites}

    def of(self, vendor: str) -> list[Site]:
        """The sites of one vendor."""
        return [site for site in self.sites if site.vendor == vendor]

    @property
    def regions(self) -> list[str]:
        return list(dict.fromkeys(site.region for site in self.sites))


def build_network(seed: int = 1, sites: int = 600) -> Network:
    """A network of `sites` sites (at least one for each province): more where more people live, NR at half of them."""
    dice = random.Random(f"network/{seed}")
    names: Counter[str] = Counter()
    built: list[Site] = []
    for province, count in _shares(sites):
        for _ in range(count):
            # The first town of a province is its largest: a third of the sites stand there.
            town = province.towns[0] if dice.random() < 0.33 else dice.choice(province.towns)
            stem = f"{town.code}_{dice.choice(province.quarters)}"
            names[stem] += 1
            built.append(_site(dice, province, town, f"{stem}_{names[stem]:02}", FIRST_NODE + len(built)))
    return Network(tuple(built))


def _shares(sites: int) -> list[tuple[Province, int]]:
    """How many sites each province gets, by its inhabitants; together exactly `sites` where that is enough for all."""
    people = sum(province.inhabitants for province in PROVINCES)
    exact = [sites * province.inhabitants / people for province in PROVINCES]
    counts = [max(1, int(share)) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda at: exact[at] - int(exact[at]), reverse=True)
    for at in by_remainder[: max(0, sites - sum(counts))]:
        counts[at] += 1
    return list(zip(PROVINCES, counts, strict=True))


def _site(dice: random.Random, province: Province, town: Town, name: str, number: int) -> Site:
    has_nr = number % 2 == 0
    cells = [Cell("LTE", sector, round(dice.uniform(0.3, 1.0), 3)) for sector in SECTORS]
    if has_nr:
        cells += [Cell("NR", sector, round(dice.uniform(0.2, 0.8), 3)) for sector in SECTORS]
    return Site(
        name=name,
        vendor=province.vendor,
        region=province.name,
        town=town.name,
        latitude=round(town.latitude + dice.gauss(0, 0.015), 5),
        longitude=round(town.longitude + dice.gauss(0, 0.024), 5),
        number=number,
        cells=tuple(cells),
        oran=has_nr and province.vendor == "Ericsson" and dice.random() < 0.3,
    )
