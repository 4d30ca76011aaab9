"""The cells of a tariff: every use, place, destination and band that there is; each usage falls into one of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
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


_USE_OF: Final = {
    (service, direction): Use(service, direction if service in TWO_ENDED else Direction.ORIGINATING)
    for service in Service
    for direction in Direction
}


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
        self._where = lru_cache(maxsize=4096)(self._found)

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
        place, zone = self._where(usage.visited)
        if zone is not None:
            local = usage.started.astimezone(zone)
        else:
            local = usage.started + timedelta(minutes=usage.zone_offset)
        return Cell(use, place, destination, self.calendar.band(local.date(), local.hour * 60 + local.minute))

    def _found(self, visited: str) -> tuple[str, ZoneInfo | None]:
        """The place of a network, and its country's time zone; none where it has several, and the record says it."""
        if not visited:
            return self.zones.place(visited), self.calendar.zone
        zone = self.zones.times.find(searched(visited))
        return self.zones.place(visited), ZoneInfo(zone) if zone else None


def use_of(service: Service, direction: Direction) -> Use:
    """Only calls and texts have two ends."""
    return _USE_OF[service, direction]
