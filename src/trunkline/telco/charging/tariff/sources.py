"""The files of `tariffs/`, each read once, and the problems found in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, TypeVar

from trunkline.document import Document, Invalid, Problem
from trunkline.faults import Fault, Place
from trunkline.telco.charging.tariff import calendar, countries, zones
from trunkline.telco.charging.tariff.calendar import Calendar
from trunkline.telco.charging.tariff.countries import Countries
from trunkline.telco.charging.tariff.grid import Grid
from trunkline.telco.charging.tariff.zones import Zones

MOST_FILES: Final = 10_000
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
T = TypeVar("T")


class Sources:
    """A folder of tariffs; `problems` grows as it is read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self._countries: Countries | None = None
        self._zones: dict[str, Zones | None] = {}
        self._calendars: dict[str, Calendar | None] = {}
        self._grids: dict[tuple[str, str], Grid] = {}

    def files(self, kind: str) -> Iterator[Path]:
        """Those of a folder in it, by name, which is the id of what is in the file."""
        for path in sorted((self.folder / kind).glob("*.yaml"))[:MOST_FILES]:
            if _NAME.fullmatch(path.stem):
                yield path
            else:
                reason = "the file's name is the id: lower-case letters, digits and hyphens"
                self.problems.append(Problem(str(path), 1, reason))

    def document(self, path: Path, kind: type[T]) -> tuple[Document, T] | None:
        """A file of this shape; None where it has another."""
        try:
            document = Document.load(path)
            return document, document.into(kind)
        except Invalid as invalid:
            self.problems += invalid.problems
            return None

    def found(self, document: Document, place: Place, faults: Iterable[Fault]) -> None:
        """Take faults of the value at `place` to the problems, with their fields."""
        for fault in faults:
            field = next((step for step in reversed(fault.place) if isinstance(step, str)), "")
            reason = f"`{field}`: {fault.reason}" if field else fault.reason
            self.problems.append(document.problem((*place, *fault.place), reason))

    def grid(self, document: Document, place: Place, zone_plan: str, calendar_name: str) -> Grid | None:
        """The grid that a value at `place` names; the same for the same files, so that their cells are the same."""
        for key, name in (("zones", zone_plan), ("calendar", calendar_name)):
            if not _NAME.fullmatch(name) or not (self.folder / f"{name}.yaml").is_file():
                self.problems.append(document.problem((*place, key), f"`{key}`: there is no file tariffs/{name}.yaml"))
                return None
        if zone_plan not in self._zones:
            self._zones[zone_plan] = self._read(f"{zone_plan}.yaml", self._zones_of)
        if calendar_name not in self._calendars:
            self._calendars[calendar_name] = self._read(f"{calendar_name}.yaml", calendar.read)
        found_zones, found_calendar = self._zones[zone_plan], self._calendars[calendar_name]
        if found_zones is None or found_calendar is None:
            return None
        return self._grids.setdefault((zone_plan, calendar_name), Grid(found_zones, found_calendar))

    def _zones_of(self, document: Document, problems: list[Problem]) -> Zones:
        if self._countries is None:
            self._countries = self._read("countries.yaml", countries.read) or {}
        return zones.read(document, self._countries, problems)

    def _read(self, name: str, read: Callable[[Document, list[Problem]], T]) -> T | None:
        try:
            return read(Document.load(self.folder / name), self.problems)
        except Invalid as invalid:
            self.problems += invalid.problems
            return None
