"""Which usages take the place of which. Of those that are connected by corrections one counts at most: that to which,
from the one that corrects nothing on, always the last correction leads.

What corrects may come before what it corrects; so the one that is not known yet counts as one that corrects nothing.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from datetime import datetime

from trunkline.telco.model import Usage

Place = tuple[datetime, int, str]
"""Where an entry of history stands in the order: commands before usages of the same moment."""


class Corrections:
    """Those of an account's history. What a usage does that is not in it yet, as `added`, is looked at beforehand."""

    def __init__(self) -> None:
        self.by: dict[str, list[Place]] = {}
        """What corrects a usage, in order, by its id."""
        self._corrects: dict[str, str] = {}

    def add(self, place: Place, corrects: str) -> None:
        """A usage takes the place of another."""
        insort(self.by.setdefault(corrects, []), place)
        self._corrects[place[2]] = corrects

    def forget(self, place: Place) -> None:
        """A usage is known no more, nor what it corrects; nothing, where it corrects none."""
        corrects = self._corrects.pop(place[2], "")
        if corrects:
            left = [each for each in self.by[corrects] if each != place]
            if left:
                self.by[corrects] = left
            else:
                del self.by[corrects]

    def is_void(self, usage: Usage, added: Usage | None) -> bool:
        """Whether a usage costs nothing once another was added: it was corrected, or it, or what it corrects, is not
        the last that corrects the same, or all it does is to take another back."""
        if not self.by and (added is None or not added.corrects):
            return False
        if self._last(usage.id, added) or (usage.corrects and not usage.quantity):
            return True
        id, corrects, passed = usage.id, usage.corrects, {usage.id}
        while corrects:
            if self._last(corrects, added) != id or corrects in passed:
                return True  # those that correct each other in a circle begin nowhere
            passed.add(corrects)
            id, corrects = corrects, self._corrected_by(corrects, added)
        return False

    def changed(self, usage: Usage) -> Iterator[str]:
        """Which usages may cost something else when one is added: those that count so far of what it corrects, and of
        what corrects it."""
        if usage.corrects:
            yield self._leading(usage.corrects)
            yield self._leading(usage.id)

    def connected(self, id: str) -> set[str]:
        """All usages that are connected with one by corrections, itself included."""
        found, look_at = {id}, [id]
        while look_at:
            id = look_at.pop()
            around = {self._corrects.get(id, ""), *(place[2] for place in self.by.get(id, ()))} - found - {""}
            found |= around
            look_at += around
        return found

    def _leading(self, id: str) -> str:
        """To which usage always the last correction leads, from one on."""
        passed = {id}
        while (after := self._last(id, None)) and after not in passed:
            passed.add(after)
            id = after
        return id

    def _last(self, id: str, added: Usage | None) -> str:
        """The last usage that corrects one; empty where none does."""
        places = self.by.get(id)
        if added is None or added.corrects != id:
            return places[-1][2] if places else ""
        place = (added.started, 1, added.id)
        return max(place, places[-1])[2] if places else added.id

    def _corrected_by(self, id: str, added: Usage | None) -> str:
        """What a usage corrects, as far as it is known."""
        return added.corrects if added is not None and added.id == id else self._corrects.get(id, "")
