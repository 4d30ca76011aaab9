"""Session windows: all sessions of a key lie under it in the state, and a timer closes the first of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from trunkline.streams.keyed import Fold
from trunkline.streams.out import Out
from trunkline.streams.timers import Timer
from trunkline.streams.windows import Emission, Session, Window, micros, tell_final

Pane = tuple[int, int, Any]
"""(start, end, state) of a session, in microseconds. Those of a key are in order, and do not touch each other."""
CLOSE = "close"  # the tag of the timer


def sessions_of(state: Any) -> Any:
    """The type of what is kept under a key."""
    return tuple[tuple[int, int, state], ...]


class Sessions:
    """What happens when an event comes, and when a session is over."""

    def __init__(self, window: Session, new: Any, emission: Emission) -> None:
        self._gap, self._merge, self._new = micros(window.gap), window.merge, new
        self._lateness, self._each, self._result = emission

    def folding(self, function: Fold[Any]) -> Callable[[Sequence[Pane], Any, Out], tuple[Pane, ...] | None]:
        """The user's function as one over the sessions of a key."""
        kind = type(self._new)

        def fold(panes: Sequence[Pane], event: Any, out: Out) -> tuple[Pane, ...] | None:
            before, (start, end, state), behind = self._place(panes, out.time)
            if end + self._lateness <= out.now:
                raise out.late(end + self._lateness)
            state = function(state, event, out)
            if state is None:
                return self._awaited((*before, *behind), panes, out)
            if state.__class__ is not kind:
                raise TypeError(f"it returned {state!r:.200}, which is no {kind.__name__}")
            if self._each:
                self._result(out.key, Window(start, end), state, out)
            return self._awaited((*before, (start, end, state), *behind), panes, out)

        return fold

    def close(self, panes: Sequence[Pane], timer: Timer, out: Out) -> tuple[Pane, ...] | None:
        """Tell what is final."""
        over = timer.time - self._lateness
        for start, end, state in panes if not self._each else ():
            if end <= over:
                tell_final(self._result, Window(start, end), state, out)
        return self._awaited(tuple(pane for pane in panes if pane[1] > over), (), out)

    def _place(self, panes: Sequence[Pane], time: int) -> tuple[Sequence[Pane], Pane, Sequence[Pane]]:
        """The session of an event, with those before and behind it; sessions that it touches are merged."""
        start, end, state = time, time + self._gap, self._new
        met = [pane for pane in panes if pane[0] <= end and pane[1] >= start]
        if not met:
            behind = [pane for pane in panes if pane[0] > end]
            return panes[: len(panes) - len(behind)], (start, end, state), behind
        first = panes.index(met[0])
        state = met[0][2]
        for pane in met[1:]:
            state = self._merge(state, pane[2])
        return panes[:first], (min(start, met[0][0]), max(end, met[-1][1]), state), panes[first + len(met) :]

    def _awaited(self, panes: tuple[Pane, ...], before: Sequence[Pane], out: Out) -> tuple[Pane, ...] | None:
        """The same, None where there is none; a timer is set for the first."""
        if not panes:
            if before:
                out.cancel(CLOSE)
            return None
        if not before or panes[0][1] != before[0][1]:
            out.at(panes[0][1] + self._lateness, CLOSE)
        return panes
