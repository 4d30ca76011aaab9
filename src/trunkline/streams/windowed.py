"""Aggregates of a key over windows of event time.

    @windowed(reads="usage", window=Tumbling(15 * 60), lateness=60, state=Total, writes=("usage.quarter",))
    def quarter(total: Total, usage: Usage, out: Out) -> Total:
        return Total(total.events + 1, total.octets + usage.octets)

- *Stream time* is the highest event time that the instance has worked on; the *watermark* is stream time less
  `lateness`.
- A window `[start, end)` is open while the watermark is before its end. When the watermark reaches its end it is
  closed: its result is final, and its state is forgotten.
- An event is counted in every open window that it belongs to. One that belongs to closed windows only is late: it goes
  to the quarantine with the reason `event.late`.

So a window closes as in Apache Kafka Streams (where `lateness` is called grace) and as in Apache Flink (allowed
lateness zero, and a watermark that lags by `lateness`). All windows of a key lie under the key in the state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar, get_origin

import msgspec

from trunkline.log.envelope import from_micros
from trunkline.log.port import LogError
from trunkline.streams.handlers import Field, signature
from trunkline.streams.keyed import Fold, Keyed, fold_event, initial, topics
from trunkline.streams.out import Out
from trunkline.streams.timers import Timer
from trunkline.streams.windows import Pane, Window, Windowing, micros

S = TypeVar("S")
CLOSE = "close"  # the tag of the timer that closes a key's next window

Result = Callable[[bytes, Window, S, Out], None]


def windowed(
    *,
    reads: str | Sequence[str],
    window: Windowing,
    state: type[S],
    writes: Sequence[str],
    lateness: float = 0.0,
    emit: Literal["final", "each"] = "final",
    name: str = "",
    key: Field | None = None,
    time: Field | None = None,
    idle: float | None = None,
    whole: bool = False,
) -> Callable[[Fold[S]], Windowed]:
    """Make a processor of an aggregation function `(state, event, out) -> state`, called for each window of an event.

    A window's result is sent to the first of `writes`: when it is closed, or with `emit="each"` each time it changes.
    It has the key of the state, and says `key`, `start`, `end` and what the state's other fields are (`value` where it
    has no fields); `Windowed.result` gives it another form. A function that returns None drops the window.

    `state`, `key`, `time` and `whole` are as in `keyed.processor`; `lateness` is in seconds. `idle` is as in
    `Folded.on_timer`: without it the last windows close when later events come to this partition.
    """
    if not writes:
        raise TypeError("writes must name the topic of the results")

    def make(function: Fold[S]) -> Windowed:
        made = Windowed(function, window, state, writes, lateness, emit, name, key, time, idle, whole)
        for topic in topics(reads):
            made.on(topic)(function)
        return made

    return make


class Windowed(Keyed):
    """The definition that `windowed` makes."""

    def __init__(
        self,
        function: Fold[Any],
        window: Windowing,
        state: Any,
        writes: Sequence[str],
        lateness: float,
        emit: Literal["final", "each"],
        name: str,
        key: Field | None,
        time: Field | None,
        idle: float | None,
        whole: bool,
    ) -> None:
        panes: Any = tuple[tuple[int, int, state], ...]
        super().__init__(function, panes, (), writes, name=name, key=key, time=time, idle=idle, whole=whole)
        self._window, self._state, self._new = window, state, initial(state)
        self._class = get_origin(state) or state
        self._lateness, self._each = micros(lateness), emit == "each"
        self._result: Result[Any] = default_result(state, writes[0])
        self._on_timer = self._close

    def on(self, topic: str, *, key: Field | None = None, time: Field | None = None) -> Callable[[Fold[S]], Fold[S]]:
        """Also read `topic`, and call the decorated function with its events, over the same windows."""

        def add(function: Fold[S]) -> Fold[S]:
            self.add(topic, self._folding(function), fold_event(function, self._state), key, time)
            return function

        return add

    def result(self, function: Result[S]) -> Result[S]:
        """Call the decorated function `(key, window, state, out)` for each result, to send it.

        Where it fails on a window that closes, the state goes to the quarantine.
        """
        signature(function, 4)
        self._result = function
        return function

    def _folding(self, function: Fold[Any]) -> Callable[[Sequence[Pane], Any, Out], tuple[Pane, ...] | None]:
        def fold(panes: Sequence[Pane], event: Any, out: Out) -> tuple[Pane, ...] | None:
            others, touched = self._window.place(out.time, panes, self._new)
            open = [pane for pane in touched if pane[1] + self._lateness > out.now]
            if not open:
                raise out.late(touched[-1][1] + self._lateness)
            for start, end, before in open:
                state = function(before, event, out)
                if state is None:
                    continue
                if state.__class__ is not self._class:
                    raise TypeError(f"it returned {state!r:.200}, which is no {self._class.__name__}")
                others.append((start, end, state))
                if self._each:
                    self._result(out.key, Window(start, end), state, out)
            after = tuple(sorted(others, key=_end))
            if not panes or not after or panes[0][1] != after[0][1]:
                self._await(after, out)
            return after or None

        return fold

    def _close(self, panes: Sequence[Pane], timer: Timer, out: Out) -> tuple[Pane, ...] | None:
        for start, end, state in panes if not self._each else ():
            mark = len(out.order)
            if end + self._lateness > timer.time:
                break
            try:
                self._result(out.key, Window(start, end), state, out)
            except LogError:
                raise
            except Exception as error:
                out.back(mark)
                out.reject(f"the result of its window from {from_micros(start)} to {from_micros(end)}", state, error)
        after = tuple(pane for pane in panes if pane[1] + self._lateness > timer.time)
        self._await(after, out)
        return after or None

    def _await(self, panes: Sequence[Pane], out: Out) -> None:
        """Let the first of the windows be closed in its time."""
        if panes:
            out.at(panes[0][1] + self._lateness, CLOSE)
        else:
            out.cancel(CLOSE)


def default_result(state: Any, topic: str) -> Result[Any]:
    """Send key, start, end and the state's fields as JSON."""
    fields = {"value": ""}
    if isinstance(state, type) and issubclass(state, msgspec.Struct):
        fields = {field.encode_name: field.name for field in msgspec.structs.fields(state)}

    def send(key: bytes, window: Window, value: Any, out: Out) -> None:
        named = {shown: getattr(value, name) if name else value for shown, name in fields.items()}
        start, end = from_micros(window.start), from_micros(window.end)
        out.send(topic, {**named, "key": key.decode(errors="backslashreplace"), "start": start, "end": end})

    return send


def _end(pane: Pane) -> int:
    return pane[1]
