"""History: what happened to an account in its open cycle and the one before, in the order in which it counts.

What a cycle costs is a fold over its usages in the order (started, id), whatever order they came in. A usage that comes
at the end of that order is one more step; one that comes late, or takes the place of another, has the steps behind it
gone through again.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from trunkline.streams import Rejection
from trunkline.telco.charging.accounts.marks import Mark, marks
from trunkline.telco.charging.accounts.passing import Calendar, Passage
from trunkline.telco.charging.accounts.rating import rate, taken_back
from trunkline.telco.charging.accounts.standing import Holding, Standing
from trunkline.telco.model import ChargingAnswer, RatedUsage, Usage

Place = tuple[datetime, int, str]
"""Commands before usages of the same moment."""


class Change(msgspec.Struct, frozen=True, array_like=True):
    """What a command put into a bucket, or took out; the bucket as it was then."""

    holding: Holding
    amount: int


class Done(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A command that was answered, and what it changed: nothing, where it was refused."""

    account: str
    id: str
    time: datetime
    changes: tuple[Change, ...] = ()
    answer: ChargingAnswer


Entry = RatedUsage | Done


class Outcome(NamedTuple):
    """Where going through a part of history led. `rated` are the usages that cost something else than before, or are
    new; the standing at the beginning was that of `since`."""

    since: datetime
    passage: Passage
    rated: list[RatedUsage]
    marks: dict[str, Mark]


class History:
    """Entries by id and in order."""

    def __init__(self) -> None:
        self._entries: dict[tuple[int, str], Entry] = {}
        self._places: list[Place] = []
        self._corrections: dict[str, list[Place]] = {}  # of a usage, by its id, in order: the last one counts

    def usage(self, id: str) -> RatedUsage | None:
        """The usage of that id as it was last rated."""
        found = self._entries.get((1, id))
        return found if isinstance(found, RatedUsage) else None

    def command(self, id: str) -> Done | None:
        """The command of that id."""
        found = self._entries.get((0, id))
        return found if isinstance(found, Done) else None

    def put(self, entry: Entry) -> None:
        """Add an entry, or replace that of the same id."""
        place = place_of(entry)
        if place[1:] not in self._entries:
            insort(self._places, place)
            if isinstance(entry, RatedUsage) and entry.usage.corrects:
                insort(self._corrections.setdefault(entry.usage.corrects, []), place)
        self._entries[place[1:]] = entry

    def forget(self, time: datetime) -> list[Entry]:
        """Drop what was before a moment; what that was."""
        count = bisect_left(self._places, (time,))
        gone = [self._entries.pop(place[1:]) for place in self._places[:count]]
        del self._places[:count]
        for entry in gone:
            if isinstance(entry, RatedUsage) and entry.usage.corrects:
                corrections = self._corrections[entry.usage.corrects]
                corrections.remove(place_of(entry))
                if not corrections:
                    del self._corrections[entry.usage.corrects]
        return gone

    def ends_before(self, place: Place) -> bool:
        """Whether nothing comes behind a place."""
        return not self._places or self._places[-1] < place

    def since(self, time: datetime) -> list[Entry]:
        """All that happened at a moment and after it."""
        return [self._entries[place[1:]] for place in self._places[bisect_left(self._places, (time,)) :]]

    def first_changed(self, usage: Usage) -> Place:
        """The first place in which something changes when a usage is added: its own, that of what it corrects, or of
        what corrected the same before."""
        places = [place_of(usage)]
        if usage.corrects:
            corrected = self.usage(usage.corrects)
            places += [place_of(corrected)] if corrected is not None else []
            places += self._corrections.get(usage.corrects, ())
        return min(places)

    def is_void(self, usage: Usage, added: Usage | None) -> bool:
        """Whether a usage costs nothing once another was added: since it was corrected, or all it does is to take
        another back, or what it corrects is corrected by a later one too."""
        if usage.id in self._corrections or (added is not None and added.corrects == usage.id):
            return True
        if not usage.corrects:
            return False
        rivals = [*self._corrections.get(usage.corrects, ())]
        if added is not None and added.corrects == usage.corrects:
            rivals.append(place_of(added))
        return not usage.quantity or place_of(usage) < max(rivals)


def place_of(entry: Entry | Usage) -> Place:
    """Where an entry stands in the order."""
    if isinstance(entry, Done):
        return entry.time, 0, entry.id
    usage = entry if isinstance(entry, Usage) else entry.usage
    return usage.started, 1, usage.id


def fold(
    history: History,
    standing: Standing,
    entries: Sequence[Entry | Usage],
    until: datetime,
    calendar: Calendar,
    home: frozenset[str],
) -> Outcome:
    """Go through entries from a standing on, then let time pass until a moment.

    Raises `Rejection` for a usage that was not rated yet and cannot be; one that was keeps what it cost.
    """
    passage = Passage(standing, calendar)
    passage.look_ahead()
    outcome = Outcome(standing.time, passage, [], {})
    added = next((entry for entry in entries if isinstance(entry, Usage)), None)
    for entry in entries:
        passage.to(place_of(entry)[0])
        if isinstance(entry, Done):
            for change in entry.changes:
                passage.standing = passage.standing.add(change.holding, change.amount)
        else:
            _use(outcome, entry, history, added, calendar, home)
    passage.to(until)
    return outcome


def _use(
    outcome: Outcome,
    entry: RatedUsage | Usage,
    history: History,
    added: Usage | None,
    calendar: Calendar,
    home: frozenset[str],
) -> None:
    usage, was = (entry, None) if isinstance(entry, Usage) else (entry.usage, entry)
    passage, account = outcome.passage, calendar.account
    before = passage.standing
    if history.is_void(usage, added):
        rated = taken_back(usage, account, before, was)
    else:
        try:
            rating = rate(before, usage, account, calendar.tariffs)
        except Rejection:
            if was is None:
                raise
            passage.standing = before.debit(was)
            return
        rated = rating.rated
        passage.standing = before.debit(rated)
        for mark in marks(before, passage.standing, rating, account, home):
            outcome.marks.setdefault(mark.id, mark)
    if was is None:
        outcome.rated.append(rated)
    elif msgspec.structs.replace(rated, revision=was.revision) != was:
        outcome.rated.append(msgspec.structs.replace(rated, revision=was.revision + 1))
