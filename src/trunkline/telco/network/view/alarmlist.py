"""The alarm list (3GPP TS 32.111-2, AlarmList): all active alarms, indexed and in order, cheap to change and to page.

Each sort order is a list kept sorted, each value of a filterable field a set of ids. So a change costs microseconds
and a page costs what it shows, whatever the number of alarms. Cleared alarms stay as history, the last ones cleared.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from trunkline.log.envelope import micros
from trunkline.telco.model import AckState, Alarm, Severity

CLEARED_KEPT = 10_000
MANY = 200  # changes at once from which on sorting anew is quicker than moving each
RANK = {severity: rank for rank, severity in enumerate(Severity)}  # critical first, as Severity lists them
AFTER_COMMA = chr(ord(",") + 1)
LAST = chr(0x10FFFF)


class LocatedAlarm(Alarm, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """An alarm and where its object stands (`site`, `region`), by the topology as it is known now."""

    site: str = ""
    region: str = ""

    @property
    def active(self) -> bool:
        return self.state != "cleared"


class AlarmSort(StrEnum):
    """An order of alarms; with `-` in front it runs backwards."""

    RAISED = "raisedTime"
    CHANGED = "changedTime"
    SEVERITY = "perceivedSeverity"
    """The most severe first, and within a severity the latest raised first."""
    DN = "dn"

    @property
    def cursor(self) -> Any:
        """The type of a place in this order: what the order goes by, then the alarm's id."""
        return {"perceivedSeverity": tuple[int, int, str], "dn": tuple[str, str]}.get(self, tuple[int, str])


class AlarmFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which alarms: every field given must match, by any of its values. Without `states` active alarms only.

    `dn` matches the object and everything below it. `since` (inclusive) and `until` (exclusive) bound the raised time.
    """

    severities: tuple[Severity, ...] = ()
    vendors: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    ack_states: tuple[AckState, ...] = ()
    states: tuple[str, ...] = ()
    dn: str = ""
    since: datetime | None = None
    until: datetime | None = None


Cursor = tuple[Any, ...]
"""The place of an alarm in an order; a page begins after it."""


class AlarmPage(NamedTuple):
    """Some alarms in order, how many match in all, and the cursor of the next page (None: this is the last)."""

    alarms: list[LocatedAlarm]
    total: int
    next: Cursor | None


class AlarmList:
    """Alarms by id. Not thread-safe: `NetworkView` guards it."""

    def __init__(self, cleared_kept: int = CLEARED_KEPT) -> None:
        self._alarms: dict[str, LocatedAlarm] = {}
        self._index: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._orders: dict[AlarmSort, list[Cursor]] = {sort: [] for sort in AlarmSort}
        self._cleared: dict[str, None] = {}  # in the order in which they were cleared
        self._cleared_kept = cleared_kept

    def __len__(self) -> int:
        return len(self._alarms)

    def get(self, id: str) -> LocatedAlarm | None:
        return self._alarms.get(id)

    def update(self, alarms: Iterable[tuple[str, LocatedAlarm | None]]) -> None:
        """Take each alarm, in order, in place of what was known under its id; None forgets it."""
        before: dict[str, LocatedAlarm | None] = {}
        for id, alarm in alarms:
            before.setdefault(id, self._alarms.get(id))
            self._set(id, alarm)
        while len(self._cleared) > self._cleared_kept:
            oldest = next(iter(self._cleared))
            before.setdefault(oldest, self._alarms[oldest])
            self._set(oldest, None)
        self._index_anew(before)

    def below(self, dn: str) -> list[LocatedAlarm]:
        """The alarms on the object `dn` and on every object below it."""
        return [self._alarms[id] for id in self._ids_below(dn)]

    def page(
        self, wanted: AlarmFilter, sort: AlarmSort, *, descending: bool, limit: int, after: Cursor | None = None
    ) -> AlarmPage:
        matching = self._matching(wanted)
        if len(matching) * 50 < len(self._alarms):  # sorting the few is cheaper than walking past the many
            order = sorted(_place(self._alarms[id], sort) for id in matching)
        else:
            order = self._orders[sort]
        page: list[Cursor] = []
        for entry in _from(order, after, descending):
            if entry[-1] in matching:
                page.append(entry)
                if len(page) > limit:
                    break
        more = len(page) > limit
        page = page[:limit]
        return AlarmPage([self._alarms[entry[-1]] for entry in page], len(matching), page[-1] if more else None)

    def _matching(self, wanted: AlarmFilter) -> set[str]:
        sets = [self._any("active", ("yes",)) if not wanted.states else self._any("state", wanted.states)]
        for name, values in (
            ("severity", wanted.severities),
            ("vendor", wanted.vendors),
            ("site", wanted.sites),
            ("region", wanted.regions),
            ("ack", wanted.ack_states),
        ):
            if values:
                sets.append(self._any(name, values))
        if wanted.dn:
            sets.append(set(self._ids_below(wanted.dn)))
        if wanted.since or wanted.until:
            sets.append(set(self._ids_raised(wanted.since, wanted.until)))
        sets.sort(key=len)
        return sets[0].intersection(*sets[1:]) if len(sets) > 1 else sets[0]

    def _any(self, name: str, values: Iterable[str]) -> set[str]:
        sets = [self._index.get((name, value), set()) for value in values]
        return sets[0] if len(sets) == 1 else set().union(*sets)

    def _ids_below(self, dn: str) -> Iterator[str]:
        order = self._orders[AlarmSort.DN]
        # Ids are anything, so what sorts between `A` and `A,` may be another object: `A(2)`.
        for first, last in (((dn, ""), (dn, LAST)), ((f"{dn},",), (dn + AFTER_COMMA,))):
            yield from (id for _, id in order[bisect_left(order, first) : bisect_right(order, last)])

    def _ids_raised(self, since: datetime | None, until: datetime | None) -> Iterator[str]:
        order = self._orders[AlarmSort.RAISED]
        first = bisect_left(order, (micros(since),)) if since else 0
        last = bisect_left(order, (micros(until),)) if until else len(order)
        return (id for _, id in order[first:last])

    def _set(self, id: str, alarm: LocatedAlarm | None) -> None:
        self._cleared.pop(id, None)
        if alarm is None:
            self._alarms.pop(id, None)
            return
        self._alarms[id] = alarm
        if not alarm.active:
            self._cleared[id] = None

    def _index_anew(self, before: dict[str, LocatedAlarm | None]) -> None:
        """Bring indexes and orders from what the alarms were `before` to what they are."""
        changed = [(old, self._alarms.get(id)) for id, old in before.items()]
        for old, new in changed:
            left, entered = set(_index_keys(old)), set(_index_keys(new))
            for key in left - entered:
                self._index[key].discard(old.id)  # type: ignore[union-attr]
            for key in entered - left:
                self._index[key].add(new.id)  # type: ignore[union-attr]
        for sort, order in self._orders.items():
            moves = [(_place(old, sort) if old else None, _place(new, sort) if new else None) for old, new in changed]
            _reorder(order, [(old, new) for old, new in moves if old != new])


def _reorder(order: list[Cursor], moves: list[tuple[Cursor | None, Cursor | None]]) -> None:
    """Move entries of a sorted list from their old places to the new ones."""
    if len(moves) < MANY:
        for old, new in moves:
            if old is not None:
                del order[bisect_left(order, old)]
            if new is not None:
                insort(order, new)
        return
    gone = {old for old, _ in moves if old is not None}
    if gone:
        order[:] = [entry for entry in order if entry not in gone]
    order += [new for _, new in moves if new is not None]
    order.sort()  # one merge: all but the last are in order already


def _index_keys(alarm: LocatedAlarm | None) -> Iterator[tuple[str, str]]:
    if alarm is None:
        return
    yield "severity", alarm.perceived_severity
    yield "vendor", alarm.vendor
    yield "site", alarm.site
    yield "region", alarm.region
    yield "ack", alarm.ack_state
    yield "state", alarm.state
    yield "active", "yes" if alarm.active else "no"


def _place(alarm: LocatedAlarm, sort: AlarmSort) -> Cursor:
    if sort is AlarmSort.RAISED:
        return micros(alarm.raised_time), alarm.id
    if sort is AlarmSort.CHANGED:
        return micros(alarm.changed_time), alarm.id
    if sort is AlarmSort.SEVERITY:
        return RANK[alarm.perceived_severity], -micros(alarm.raised_time), alarm.id
    return alarm.dn, alarm.id


def _from(order: list[Cursor], after: Cursor | None, descending: bool) -> Iterator[Cursor]:
    if descending:
        start = len(order) if after is None else bisect_left(order, after)
        return (order[at] for at in range(start - 1, -1, -1))
    start = 0 if after is None else bisect_right(order, after)
    return (order[at] for at in range(start, len(order)))
