"""The cells of a tariff: every use, place, destination and band that there is; each usage falls into one of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from trunkline.telco.charging.tariff.calendar import Calendar
from trunkline.telco.charging.tariff.zones import HOME, Zones, searched
from trunkline.telco.model import Direction, Service, Usage


class Use(NamedTuple):
    """A service, and of calls and texts which end of it is charged."""

    service: Service
    direction: Direction

    @property
    def called(self) -> bool:
        """Whether it goes to a destination."""
        return self.direction is Direction.ORIGINATING and self.service in TWO_ENDED

    def __str__(self) -> str:
        received = self.direction is Direction.TERMINATING
        return f"{self.service} received" if received else str(self.service)


TWO_ENDED: Final = (Service.VOICE, Service.MESSAGE)
USES: Final = (
    Use(Service.VOICE, Direction.ORIGINATING),
    Use(Service.VOICE, Direction.TERMINATING),
    Use(Service.MESSAGE, Direction.ORIGINATING),
    Use(Service.MESSAGE, Direction.TERMINATING),
    Use(Service.DATA, Direction.ORIGINATING),
    Use(Service.CONTENT, Direction.ORIGINATING),
)


class Cell(NamedTuple):
    """`destination` is empty where a use has none."""

    use: Use
    place: str
    destination: str
    band: str

    @property
    def zone(self) -> str:
        """Where it was; of what is sent from home, whither it went."""
        return self.destination if self.destination and self.place == HOME else self.place

    def __str__(self) -> str:
        to = f" to `{self.destination}`" if self.destination else ""
        return f"{self.use} in `{self.place}`{to} in the band `{self.band}`"


class Grid:
    """Zones and a calendar, by which usages and rates meet."""

    def __init__(self, zones: Zones, calendar: Calendar) -> None:
        self.zones, self.calendar = zones, calendar

    def cells(self) -> Iterator[Cell]:
        """All that there are."""
        for use in USES:
            for place in self.zones.places:
                for destination in self.zones.destinations if use.called else ("",):
                    for band in self.calendar.bands:
                        yield Cell(use, place, destination, band)

    def cell(self, usage: Usage) -> Cell:
        """That of a usage, which counts where and when it began."""
        use = use_of(usage.service, usage.direction)
        destination = self.zones.destination(usage.other_party) if use.called else ""
        local = self.local(usage)
        band = self.calendar.band(local.date(), local.hour * 60 + local.minute)
        return Cell(use, self.zones.place(usage.visited), destination, band)

    def local(self, usage: Usage) -> datetime:
        """When it began, on the clocks of the place: the country's where it has one time, else as the record says."""
        if not usage.visited:
            return usage.started.astimezone(self.calendar.zone)
        if zone := self.zones.times.find(searched(usage.visited)):
            return usage.started.astimezone(ZoneInfo(zone))
        return usage.started + timedelta(minutes=usage.zone_offset)


def use_of(service: Service, direction: Direction) -> Use:
    """Only calls and texts have two ends."""
    return Use(service, direction if service in TWO_ENDED else Direction.ORIGINATING)
