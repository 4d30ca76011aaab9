"""A grid compiled to tables: the cell of each usage of a batch."""

from __future__ import annotations

from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from trunkline.telco.charging.tariff.calendar import HOLIDAY
from trunkline.telco.charging.tariff.columns import CALLED, CODES, NOWHERE, Booleans, Columns, Integers, Ranges
from trunkline.telco.charging.tariff.grid import USES, Cell, Grid
from trunkline.telco.charging.tariff.localtime import DAY, LocalTime
from trunkline.telco.charging.tariff.zones import HOME

_EPOCH: Final = date(1970, 1, 1).toordinal()


class Locator:
    """`cells` numbers the cells of a grid; `find` gives each usage's number."""

    def __init__(self, grid: Grid) -> None:
        zones = grid.zones
        self._calendar = grid.calendar
        self._home = zones.places.index(HOME)
        self._places = Ranges([zones.networks], {name: index for index, name in enumerate(zones.places)})
        destinations = {name: index for index, name in enumerate(zones.destinations)}
        self._destinations = Ranges([zones.numbers, zones.codes], destinations, (0, CODES))
        names = [grid.calendar.zone.key, *sorted(set(zones.times.values.values()))]
        self._zones = Ranges([zones.times], {name: index for index, name in enumerate(names)})
        self._local = LocalTime([ZoneInfo(name) for name in names])
        self._sizes = (len(zones.places), len(zones.destinations) + 1, len(grid.calendar.bands))
        self.cells: tuple[Cell | None, ...] = tuple(
            Cell(use, place, destination, band) if use.called == bool(destination) else None
            for use in USES
            for place in zones.places
            for destination in (*zones.destinations, "")
            for band in grid.calendar.bands
        )
        """By number; None for the numbers that no usage has."""

    def find(self, columns: Columns) -> Integers:
        places, destinations, bands = self._sizes
        nowhere = columns.network == NOWHERE
        place = np.where(nowhere, self._home, self._places.find(columns.network))
        called = CALLED[columns.use]
        destination = np.where(called, self._destinations.find(columns.party), destinations - 1)
        cell = (columns.use * places + place) * destinations + destination
        return cell * bands + self._band(columns, nowhere)

    def _band(self, columns: Columns, nowhere: Booleans) -> Integers:
        zone = np.where(nowhere, 0, self._zones.find(columns.network))
        known = zone >= 0
        offsets = np.where(known, self._local.offsets(np.maximum(zone, 0), columns.started), columns.zone_offset * 60)
        day, second = np.divmod(columns.started + offsets, DAY)
        band: Integers = self._calendar.week[self._kinds(day), second // 60].astype(np.int64)
        return band

    def _kinds(self, day: Integers) -> Integers:
        """Rows of the week: the day of the week, or that it is a holiday."""
        if not len(day):
            return day
        first, last = int(day.min()), int(day.max())
        kinds = (np.arange(first, last + 1) + 3) % 7  # 1 January 1970 was a Thursday
        for year in range(date.fromordinal(first + _EPOCH).year, date.fromordinal(last + _EPOCH).year + 1):
            for holiday in self._calendar.holidays.of(year):
                if first <= (index := holiday.toordinal() - _EPOCH) <= last:
                    kinds[index - first] = HOLIDAY
        return kinds[day - first]
