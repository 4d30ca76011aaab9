"""By which usage another was corrected: of several that correct the same the last in the order (started, id) counts.

What corrects may come before what it corrects, so it is kept by the id of that.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from trunkline.store import Kind, Unit
from trunkline.telco.model import RatedUsage, Usage

KIND: Final = Kind("charging.correction")


class Place(msgspec.Struct, frozen=True, order=True):
    """Where a usage stands in the order."""

    started: datetime
    id: str


class Correcting(msgspec.Struct):
    """What corrects a usage, in order."""

    by: list[Place] = []


_correcting = msgspec.json.Decoder(Correcting).decode


class Corrections:
    """The corrections that a unit of work is about. They are in the store with `write`."""

    def __init__(self, unit: Unit, told: Sequence[RatedUsage]) -> None:
        self._unit = unit
        self._known: dict[str, list[Place]] = {}
        self._changed: set[str] = set()
        corrected = {rated.usage.id for rated in told if rated.void} | {rated.usage.corrects for rated in told} - {""}
        self._read(sorted(corrected))

    def add(self, usage: Usage) -> list[str]:
        """A usage corrects another: what may be corrected by another one than before, where it was not known."""
        rivals, place = self._of(usage.corrects), Place(usage.started, usage.id)
        if place in rivals:
            return []
        insort(rivals, place)
        self._changed.add(usage.corrects)
        return [usage.corrects, *(rival.id for rival in rivals if rival != place)]

    def of(self, id: str, corrects: str) -> str:
        """By which usage one was corrected that `corrects` another, or none: by that which corrects it, or which counts
        of those that correct the same; empty where there is none."""
        by = self._of(id) or (self._of(corrects) if corrects else [])
        return by[-1].id if by and by[-1].id != id else ""

    def write(self) -> None:
        """Bring what has changed into the store."""
        changed = {id: msgspec.json.encode(Correcting(self._known[id])) for id in sorted(self._changed)}
        self._unit.put_many(KIND.name, changed)
        self._changed = set()

    def _of(self, id: str) -> list[Place]:
        if id not in self._known:
            self._read([id])
        return self._known[id]

    def _read(self, ids: Sequence[str]) -> None:
        stored = self._unit.get_many(KIND.name, ids)
        self._known |= {id: _correcting(stored[id].document).by if id in stored else [] for id in ids}
