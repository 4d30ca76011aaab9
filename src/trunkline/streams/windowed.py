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
lateness zero, and a watermark that lags by `lateness`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

from trunkline.streams.aligned import AlignedInstance
from trunkline.streams.handlers import Field, signature
from trunkline.streams.keyed import Fold, Folded, initial, topics
from trunkline.streams.keyed_instance import KeyedInstance
from trunkline.streams.sessions import Sessions, sessions_of
from trunkline.streams.windows import Emission, Result, Session, Sliding, Tumbling, default_result, micros

S = TypeVar("S")


def windowed(
    *,
    reads: str | Sequence[str],
    window: Tumbling | Sliding | Session,
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
    `Timed.on_timer`: without it the last windows close when later events come to this partition.
    """
    if not writes:
        raise TypeError("writes must name the topic of the results")

    def make(function: Fold[S]) -> Windowed:
        made = Windowed(
            *(function, window, state, writes, lateness, emit), name=name, key=key, time=time, idle=idle, whole=whole
        )
        for topic in topics(reads):
            made.on(topic)(function)
        return made

    return make


class Windowed(Folded):
    """The definition that `windowed` makes."""

    def __init__(
        self,
        function: Fold[Any],
        window: Tumbling | Sliding | Session,
        state: Any,
        writes: Sequence[str],
        lateness: float,
        emit: Literal["final", "each"],
        *,
        name: str,
        key: Field | None,
        time: Field | None,
        idle: float | None,
        whole: bool,
    ) -> None:
        new = initial(state)
        super().__init__(function, state, new, writes, name=name, key=key, time=time, idle=idle, whole=whole)
        self._window, self._lateness, self._each = window, micros(lateness), emit == "each"
        self._result: Result[Any] = default_result(state, writes[0])

    def result(self, function: Result[S]) -> Result[S]:
        """Call the decorated function `(key, window, state, out)` for each result, to send it.

        Where it fails on a window that closes, the state goes to the quarantine.
        """
        signature(function, 4)
        self._result = function
        return function

    def instance(self) -> KeyedInstance:
        """See `Definition.instance`."""
        emission = Emission(self._lateness, self._each, self._result)
        if not isinstance(self._window, Session):
            state, new, window = self._kept, self._initial, self._window
            return AlignedInstance(self.name, self._writes, self._handlers, state, new, window, emission, self._idle)
        sessions = Sessions(self._window, self._initial, emission)
        handlers = {topic: its._replace(call=sessions.folding(its.call)) for topic, its in self._handlers.items()}
        kept = sessions_of(self._kept)
        return KeyedInstance(self.name, self._writes, handlers, kept, (), on_timer=sessions.close, idle=self._idle)
