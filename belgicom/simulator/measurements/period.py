"""A granularity period, and what one object counted in it: what the three vendors' file writers are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from belgicom.simulator.network import Cell, Site
from belgicom.simulator.traffic import WELL, Condition, Work, work

Value = int | float | tuple[int, ...] | None
"""What a counter holds: a number, a vector (a histogram), or nothing."""


@dataclass(frozen=True, slots=True)
class Period:
    """A granularity period: its end in UTC and its length in whole minutes, given in seconds."""

    end: datetime
    seconds: int

    @property
    def start(self) -> datetime:
        return self.end - timedelta(seconds=self.seconds)

    @classmethod
    def before(cls, moment: datetime, seconds: int) -> Period:
        """The last period that was over at `moment`; periods begin at whole multiples of their length."""
        return cls(datetime.fromtimestamp(moment.timestamp() // seconds * seconds, UTC), seconds)


@dataclass(frozen=True, slots=True)
class MeasuredObject:
    """The counters of one group (measInfo, OMeS measurement type, function subset) for one object, natively named."""

    group: str
    name: str
    counters: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class PmFile:
    """A file as it lies on the server: its name, and its bytes as delivered (compressed where the vendor does so)."""

    name: str
    content: bytes


Conditions = Mapping[tuple[str, int], Condition]
"""How a site's cells were, by technology and number; a cell that is not named was well."""


def cell_work(seed: int, site: Site, period: Period, conditions: Conditions) -> list[tuple[Cell, Work]]:
    """What each cell of the site did in the period."""
    return [
        (cell, work(seed, site, cell, period.end, period.seconds, conditions.get((cell.technology, cell.number), WELL)))
        for cell in site.cells
    ]
