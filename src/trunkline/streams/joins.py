"""Joins of two topics whose events meet by key.

    @table_join(stream="usage", table="tariff", writes=("usage.rated",))
    def rate(usage: Usage, tariff: Tariff, out: Out) -> None:
        out.send("usage.rated", Rated(usage.octets * tariff.price))

    @stream_join(left="order", right="payment", within=3600, lateness=60, writes=("order.paid", "order.unpaid"))
    def pay(order: Order, payment: Payment | None, out: Out) -> None: ...

The topics must have the same number of partitions, and their keys must mean the same thing. The annotations say what
becomes of an event without a partner: the function is called with None where that side has `| None` (a left or outer
join), and not called otherwise (an inner join). Of waiting events of both topics the earlier is worked on first.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Sequence
from types import GenericAlias
from typing import Any

from trunkline.log.envelope import from_micros
from trunkline.log.port import LogError, Record
from trunkline.streams.handlers import Field, signature, without_none
from trunkline.streams.keyed import Keyed
from trunkline.streams.out import Out
from trunkline.streams.state import refuse_mutable
from trunkline.streams.timers import Timer
from trunkline.streams.windows import micros

EVICT = "evict"  # the tag of the timer by which a key's events are let go that nothing can meet any more

Join = Callable[[Any, Any, Out], None]
Waiting = tuple[int, bool, Any]
"""(time, whether it has met one, event) of an event that others can still meet."""
Both = tuple[tuple[Waiting, ...], tuple[Waiting, ...]]
"""What waits of the left and of the right, the earlier first."""


def table_join(
    *,
    stream: str,
    table: str,
    writes: Sequence[str],
    name: str = "",
    key: Field | None = None,
    whole: bool = False,
) -> Callable[[Join], Keyed]:
    """Make a processor of a function `(event, row, out)`, called for each event of `stream` with the key's row.

    The row is the last value of its key in the topic `table`; a tombstone takes it away. An event is joined with the
    row as it is when the event is worked on. `key` names what of the event the row is found by, instead of the event's
    key: with `whole`. The row's type must be immutable.
    """

    def make(function: Join) -> Keyed:
        (event, row, _), _ = signature(function, 3)
        kept, outer = without_none(row)
        _refuse_as_kept(function, kept)

        def meet(row: Any, event: Any, out: Out) -> Any:
            if outer or row is not None:
                function(event, row, out)
            return row

        made = Keyed(function, kept, None, writes, name=name, whole=whole)
        made.add(table, lambda _, row, out: row, kept | None)
        made.add(stream, meet, event, key)
        return made

    return make


def stream_join(
    *,
    left: str,
    right: str,
    within: float,
    lateness: float,
    writes: Sequence[str],
    name: str = "",
    key: Field | None = None,
    time: Field | None = None,
    idle: float | None = None,
    whole: bool = False,
) -> Callable[[Join], Keyed]:
    """Make a processor of a function `(left, right, out)`, called for each two events of a key whose times differ by
    `within` seconds at most.

    Each such pair is joined once, when the second of the two comes. An event that comes when stream time (the highest
    event time that the instance has worked on) is more than `lateness` seconds past it is late: it goes to the
    quarantine with the reason `event.late`. So an event waits until stream time is more than `within + lateness` past
    it; has it met none until then, and may it be alone, the function is called with None for the other.

    `key` and `time` name what of an event, of either side, its key and its time are; `idle` is as in
    `Timed.on_timer`. The types of both must be immutable. All that waits of a key is its state, and is written anew
    when it changes: meant for some hundred events of a key in that time, not for many thousands.
    """

    def make(function: Join) -> Keyed:
        parameters, _ = signature(function, 3)
        (left_type, left_optional), (right_type, right_optional) = map(without_none, parameters[:2])
        kept = GenericAlias(tuple, (_kept(function, left_type), _kept(function, right_type)))
        meeting = Meeting(function, micros(within), micros(lateness), alone=(right_optional, left_optional))
        made = Keyed(
            *(function, kept, ((), ()), writes),
            name=name,
            key=key,
            time=time,
            on_timer=meeting.evict,
            idle=idle,
            whole=whole,
        )
        made.add(left, meeting.left, left_type)
        made.add(right, meeting.right, right_type)
        return made

    return make


class Meeting:
    """What happens when an event comes, and when its time is over. Times in microseconds.

    `alone` says of the left and of the right whether an event that met none is told.
    """

    def __init__(self, join: Join, within: int, lateness: int, alone: tuple[bool, bool]) -> None:
        self._join, self._within, self._lateness, self._alone = join, within, lateness, alone

    def left(self, waiting: Both, event: Any, out: Out) -> Both:
        """An event of the left came."""
        mine, others = self._meet(waiting[0], event, waiting[1], lambda other: self._join(event, other, out), out)
        return self._awaited((mine, others), waiting, out)

    def right(self, waiting: Both, event: Any, out: Out) -> Both:
        """An event of the right came."""
        mine, others = self._meet(waiting[1], event, waiting[0], lambda other: self._join(other, event, out), out)
        return self._awaited((others, mine), waiting, out)

    def evict(self, waiting: Both, timer: Timer, out: Out) -> Both | None:
        """Let go of what nothing can meet any more."""
        over = timer.time - self._within - self._lateness
        gone = [
            (time, side, event)
            for side, events in enumerate(waiting)
            for time, met, event in events
            if time < over and not met and self._alone[side]
        ]
        for time, side, event in sorted(gone, key=lambda each: each[:2]):
            mark = len(out.order)
            try:
                self._join(None if side else event, event if side else None, out)
            except LogError:
                raise
            except Exception as error:
                out.back(mark)
                out.reject(f"its event of {from_micros(time)} that met none", event, error)
        left, right = (tuple(each for each in events if each[0] >= over) for events in waiting)
        return self._awaited((left, right), waiting, out) if left or right else None

    def _meet(
        self, mine: Sequence[Waiting], event: Any, others: Sequence[Waiting], join: Callable[[Any], None], out: Out
    ) -> tuple[tuple[Waiting, ...], tuple[Waiting, ...]]:
        """Join an event with those others that it meets; what waits then of its side, and of the other."""
        time = out.time
        if time + self._lateness < out.now:
            raise out.late(time + self._lateness)
        found = [index for index, other in enumerate(others) if abs(other[0] - time) <= self._within]
        after = list(others)
        for index in found:
            join(others[index][2])
            after[index] = (others[index][0], True, others[index][2])
        kept = list(mine)
        insort(kept, (time, bool(found), event), key=_time)
        return tuple(kept), tuple(after)

    def _awaited(self, waiting: Both, before: Both, out: Out) -> Both:
        """The same; a timer is set to when the first of it is over."""
        first = _first(waiting)
        if out.firing or first != _first(before):
            out.at(first + self._within + self._lateness + 1, EVICT)
        return waiting


def _first(waiting: Both) -> int:
    left, right = waiting
    if left and right:
        return min(left[0][0], right[0][0])
    return left[0][0] if left else right[0][0] if right else -1


def _kept(function: Join, event: Any) -> Any:
    _refuse_as_kept(function, event)
    return tuple[tuple[int, bool, event], ...]


def _time(waiting: Waiting) -> int:
    return waiting[0]


def _refuse_as_kept(function: Join, type: Any) -> None:
    if type is Record:
        raise TypeError(f"{function.__name__} must take what is kept for it as values, not as records")
    refuse_mutable(type)
