"""History: what happened to an account in its open cycle and the one before, in the order in which it counts.

What a cycle costs is a fold over its usages in the order (started, id), whatever order they came in. A usage that comes
at the end of that order is one more step; one that comes late, or takes the place of another, has the steps behind it
gone through again.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

import msgspec

from trunkline.streams import Rejection
from trunkline.telco.charging.accounts.corrections import Corrections, Place
from trunkline.telco.charging.accounts.marks import Mark, marks
from trunkline.telco.charging.accounts.passing import Calendar, Passage
from trunkline.telco.charging.accounts.rating import rate, taken_back
from trunkline.telco.charging.accounts.standing import Holding, Standing
from trunkline.telco.model import ChargingAnswer, RatedUsage, Usage

STOP: Final = 32
"""Entries from one standing that is noted to the next."""
NOTHING: Final = (datetime(1, 1, 1, tzinfo=UTC), 0, "")


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
    new; the standing at the beginning was that of `since`. `stops` are standings on the way, each just before the first
    entry of its time."""

    since: datetime
    passage: Passage
    rated: list[RatedUsage]
    marks: dict[str, Mark]
    stops: list[Standing]


class Placed(msgspec.Struct, gc=False):
    """What of a rated usage says where it stands."""

    class Its(msgspec.Struct, gc=False):
        id: str
        account: str
        started: datetime
        corrects: str = ""

    usage: Its


rated_of = msgspec.json.Decoder(RatedUsage).decode
placed_of = msgspec.json.Decoder(Placed).decode


class History:
    """Entries by id and in order. Usages lie as the JSON that was told of them: few are ever looked at again."""

    def __init__(self) -> None:
        self.usages: dict[str, bytes] = {}
        """As they were last told."""
        self._commands: dict[str, Done] = {}
        self._places: list[Place] = []
        self.corrections = Corrections()
        self.corrected = self.corrections.by  # looked at for each usage
        self.last = NOTHING
        """The place of what comes last; before all others where there is nothing."""

    def usage(self, id: str) -> RatedUsage | None:
        """The usage of that id as it was last rated."""
        found = self.usages.get(id)
        return None if found is None else rated_of(found)

    def command(self, id: str) -> Done | None:
        """The command of that id."""
        return self._commands.get(id)

    def put(self, place: Place, rated: bytes, corrects: str = "") -> None:
        """Add a rated usage, or replace that of the same id."""
        if place[2] not in self.usages:
            self._add(place)
            if corrects:
                self.corrections.add(place, corrects)
        self.usages[place[2]] = rated

    def put_done(self, done: Done) -> None:
        """Add a command."""
        if done.id not in self._commands:
            self._add(place_of(done))
        self._commands[done.id] = done

    def forget(self, time: datetime) -> list[Place]:
        """Drop what was before a moment; what that was. A usage stays that is connected by corrections with one that
        does, since it says yet which of them counts."""
        count = bisect_left(self._places, (time,))
        old = self._places[:count]
        stay = self._staying(old, time) if self.corrections.by else set()
        gone = [place for place in old if place not in stay]
        self._places[:count] = [place for place in old if place in stay]
        self.last = self._places[-1] if self._places else NOTHING
        for place in gone:
            _, is_usage, id = place
            if is_usage:
                del self.usages[id]
                self.corrections.forget(place)
            else:
                del self._commands[id]
        return gone

    def _staying(self, old: Sequence[Place], time: datetime) -> set[Place]:
        """Those of the usages before a moment that are connected with one at it or after it."""
        stay: set[str] = set()
        passed: set[str] = set()
        for _, is_usage, id in old:
            if is_usage and id not in passed:
                connected = self.corrections.connected(id)
                passed |= connected
                known = [self.usages[each] for each in connected if each in self.usages]
                if any(placed_of(each).usage.started >= time for each in known):
                    stay |= connected
        return {place for place in old if place[1] and place[2] in stay}

    def _add(self, place: Place) -> None:
        if place > self.last:
            self.last = place
            self._places.append(place)
        else:
            insort(self._places, place)

    @property
    def last_command(self) -> datetime:
        """When the last of the commands was."""
        return max((done.time for done in self._commands.values()), default=NOTHING[0])

    def since(self, time: datetime) -> list[Entry]:
        """All that happened at a moment and after it."""
        return [
            rated_of(self.usages[id]) if is_usage else self._commands[id]
            for _, is_usage, id in self._places[bisect_left(self._places, (time,)) :]
        ]

    def first_changed(self, usage: Usage) -> Place:
        """The first place in which something changes when a usage is added: its own, or of one that counted so far."""
        if not usage.corrects:
            return place_of(usage)
        others = [self.usage(id) for id in self.corrections.changed(usage)]
        return min([place_of(usage), *(place_of(other) for other in others if other is not None)])


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
    outcome = Outcome(standing.time, passage, [], passage.marks, [])
    added = next((entry for entry in entries if isinstance(entry, Usage)), None)
    before = standing.time
    for number, entry in enumerate(entries):
        time = place_of(entry)[0]
        passage.to(time)
        if number and not number % STOP and before < time:
            outcome.stops.append(passage.standing)
        before = time
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
    if history.corrections.is_void(usage, added):
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
