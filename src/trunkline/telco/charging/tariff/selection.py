"""What a rate or an allowance is for: services, and of them the places, destinations and bands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from trunkline.faults import Fault
from trunkline.telco.charging.tariff.grid import TWO_ENDED, Cell, Grid
from trunkline.telco.model import Service


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Where nothing is said of places, destinations or bands, all of them are meant."""

    services: list[Service]
    direction: Literal["originating", "terminating", "either"] = "originating"
    places: list[str] | None = msgspec.field(default=None, name="in")
    to: list[str] | None = None
    bands: list[str] | None = None

    def selects(self, cell: Cell) -> bool:
        use = cell.use
        return (
            use.service in self.services
            and (use.service not in TWO_ENDED or self.direction in ("either", use.direction.value))
            and (self.places is None or cell.place in self.places)
            and (self.to is None or cell.destination in self.to)
            and (self.bands is None or cell.band in self.bands)
        )

    def faults(self, grid: Grid) -> Iterator[Fault]:
        """Names that are not there, and destinations of what has none."""
        if not self.services:
            yield Fault(("services",), "is empty: name what it is for")
        for key, what, names, known in (
            ("in", "place", self.places, grid.zones.places),
            ("to", "destination", self.to, grid.zones.destinations),
            ("bands", "band", self.bands, grid.calendar.bands),
        ):
            for index, name in enumerate(names or ()):
                if name not in known:
                    yield Fault((key, index), f"there is no {what} `{name}`: there are {', '.join(known)}")
            if names == []:
                yield Fault((key,), "is empty: leave it out where all are meant")
        without = [service for service in self.services if service not in TWO_ENDED]
        if self.to is not None and (without or self.direction != "originating"):
            reason = f"`{without[0]}` has no destination" if without else "what is received has no destination"
            yield Fault(("to",), reason)
