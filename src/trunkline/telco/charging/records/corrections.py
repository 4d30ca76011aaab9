"""By which usage another was corrected: of several that correct the same the last in the order (started, id) counts,
with what corrects it in turn.

What corrects may come before what it corrects, so both are kept by their ids.
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


class Correcting(msgspec.Struct, omit_defaults=True):
    """What corrects a usage, in order, and what it corrects itself, as far as that is known."""

    by: list[Place] = []
    corrects: str = ""


_correcting = msgspec.json.Decoder(Correcting).decode


class Corrections:
    """The corrections that a unit of work is about. They are in the store with `write`."""

    def __init__(self, unit: Unit, told: Sequence[RatedUsage]) -> None:
        self._unit = unit
        self._known: dict[str, Correcting] = {}
        self._changed: set[str] = set()
        usages = [rated.usage for rated in told if rated.void or rated.usage.corrects]
        self._read(sorted({id for usage in usages for id in (usage.id, usage.corrects)} - {""}))

    def add(self, usage: Usage) -> list[str]:
        """A usage corrects another: what may be corrected by another one than before, where it was not known."""
        its, wrong, place = self._of(usage.id), self._of(usage.corrects), Place(usage.started, usage.id)
        if place in wrong.by:
            return []
        insort(wrong.by, place)
        its.corrects = usage.corrects
        self._changed |= {usage.id, usage.corrects}
        return [id for id in self._from(usage.corrects) if id != usage.id]

    def of(self, id: str) -> str:
        """By which usage one was corrected: by that which corrects it, or that which counts instead of it or of what it
        corrects; empty where there is none."""
        if by := self._of(id).by:
            return by[-1].id
        passed: set[str] = set()
        while (corrects := self._of(id).corrects) and id not in passed:
            passed.add(id)
            if (last := self._of(corrects).by[-1].id) != id:
                return last
            id = corrects
        return ""

    def write(self) -> None:
        """Bring what has changed into the store."""
        changed = {id: msgspec.json.encode(self._known[id]) for id in sorted(self._changed)}
        self._unit.put_many(KIND.name, changed)
        self._changed = set()

    def _from(self, id: str) -> list[str]:
        """A usage, and all that correct it, or one of these."""
        found = [id]
        for each in found:
            found += [place.id for place in self._of(each).by if place.id not in found]
        return found

    def _of(self, id: str) -> Correcting:
        if id not in self._known:
            self._read([id])
        return self._known[id]

    def _read(self, ids: Sequence[str]) -> None:
        stored = self._unit.get_many(KIND.name, ids)
        self._known |= {id: _correcting(stored[id].document) if id in stored else Correcting() for id in ids}
