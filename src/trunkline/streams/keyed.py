"""A processor that is a function over one key's state.

    @processor(reads="usage", state=Total, writes=("usage.total",))
    def total(total: Total, usage: Usage, out: Out) -> Total:
        after = Total(total.events + 1, total.octets + usage.octets)
        out.send("usage.total", after)
        return after

The state is found by the record's key, all events of which lie in one partition. The function does no I/O and reads no
clock: time is the event's. So a replay of the same events, however they are cut into batches, makes the same state and
the same outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from trunkline.streams.handlers import Field, Handler, handler, signature, without_none
from trunkline.streams.keyed_instance import KeyedInstance
from trunkline.streams.out import Out
from trunkline.streams.state import refuse_mutable
from trunkline.streams.timers import Timer

S = TypeVar("S")
Fold = Callable[[S, Any, Out], S | None]
"""What a user writes: from a key's state and an event, the state after it; None removes the key."""
OnTimer = Callable[[S, Timer, Out], S | None]


def processor(
    *,
    reads: str | Sequence[str],
    state: type[S],
    writes: Sequence[str] = (),
    name: str = "",
    key: Field | None = None,
    time: Field | None = None,
    idle: float | None = None,
    whole: bool = False,
) -> Callable[[Fold[S]], Timed]:
    """Make a processor of a function `(state, event, out) -> state`.

    What an event is, the function's annotation says: a Struct, which is read from JSON; `bytes`, the value as it is; or
    `Record`. A tombstone is handed over as None where the annotation has `| None`, otherwise it is passed over.

    `state` must be immutable and callable without arguments, `state()` being that of a new key. `key` names what of the
    event the state is found by, a field or a function, instead of the record's key: with `whole`, or where all events
    of such a key lie in one partition. `time` names the event's time likewise (microseconds, or a datetime with zone),
    instead of the record's. For `idle` see `Timed.on_timer`. Raises `TypeError` where the declaration cannot be.
    """

    def make(function: Fold[S]) -> Timed:
        made = Timed(function, state, initial(state), writes, name=name, key=key, time=time, idle=idle, whole=whole)
        for topic in topics(reads):
            made.on(topic)(function)
        return made

    return make


def topics(reads: str | Sequence[str]) -> tuple[str, ...]:
    """The topics of a declaration, one or several."""
    return (reads,) if isinstance(reads, str) else tuple(reads)


def initial(state: Any) -> Any:
    """The state of a new key. Raises `TypeError` where it cannot be made, or the type does not do as state."""
    refuse_mutable(state)
    try:
        return msgspec.convert(state(), state)
    except (TypeError, msgspec.ValidationError) as error:
        raise TypeError(f"state() must give the state of a new key: give each field a default ({error})") from error


def fold_event(function: Fold[Any], state: Any) -> Any:
    """The annotation of the event that a fold over `state` takes. Raises `TypeError` where it is none."""
    (taken, event, _), returned = signature(function, 3)
    refuse_other_state(function, state, taken, returned)
    return event


def refuse_other_state(function: Callable[..., Any], state: Any, taken: Any, returned: Any) -> None:
    """Raises `TypeError` where the function's annotations say that it takes or returns anything but the state."""
    if taken != state or without_none(returned)[0] != state:
        raise TypeError(
            f"{function.__name__} must take and return the state, {state!r}; it takes {taken!r}, returns {returned!r}"
        )


class Keyed:
    """The definition of a processor over one key's state: for each topic a handler, and a function for timers.

    `kept` is the type of what is kept under a key, `initial` what a new key has. `function` is what the user wrote, and
    the definition can be called as it, in a test.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        kept: Any,
        initial: Any,
        writes: Sequence[str] = (),
        *,
        name: str = "",
        key: Field | None = None,
        time: Field | None = None,
        on_timer: OnTimer[Any] | None = None,
        idle: float | None = None,
        whole: bool = False,
    ) -> None:
        self.name = name or function.__name__
        self.whole = whole
        self._function, self._kept, self._initial, self._writes = function, kept, initial, tuple(writes)
        self._key, self._time, self._idle = key, time, idle
        self._handlers: dict[str, Handler] = {}
        self._on_timer = on_timer

    @property
    def reads(self) -> tuple[str, ...]:
        return tuple(self._handlers)

    def __call__(self, *arguments: Any) -> Any:
        return self._function(*arguments)

    def instance(self) -> KeyedInstance:
        """A new instance, without state."""
        return KeyedInstance(
            self.name,
            self._writes,
            self._handlers,
            self._kept,
            self._initial,
            on_timer=self._on_timer,
            idle=self._idle,
        )

    def add(
        self, topic: str, call: Callable[..., Any], event: Any, key: Field | None = None, time: Field | None = None
    ) -> None:
        """Call `call(kept, event, out)` with the events of `topic`. Raises `ValueError` where it has one already."""
        if topic in self._handlers:
            raise ValueError(f"{self.name} has a function for {topic} already")
        self._handlers[topic] = handler(call, event, key=key or self._key, time=time or self._time)


class Folded(Keyed):
    """A definition whose functions are folds, one for each topic, over the same state."""

    def on(self, topic: str, *, key: Field | None = None, time: Field | None = None) -> Callable[[Fold[S]], Fold[S]]:
        """Also read `topic`, and call the decorated function with its events, over the same state."""

        def add(function: Fold[S]) -> Fold[S]:
            self.add(topic, function, fold_event(function, self._kept), key, time)
            return function

        return add


class Timed(Folded):
    """The definition that `processor` makes: a fold that may set timers."""

    def on_timer(self, function: OnTimer[S]) -> OnTimer[S]:
        """Call the decorated function `(state, timer, out) -> state` when a timer fires that was set by `out.at`.

        Timers are kept with the state, and fire once, in the order of their times (then keys, then tags), when stream
        time reaches them: the highest event time that this instance has worked on. A timer fires before the event that
        carries time there. Where `idle` is given, stream time goes on with the wall clock after that many seconds
        without any event, `idle` seconds behind it; what fires then does not at the same place in a replay.

        A timer whose function fails goes to the quarantine with the key's state; the state stays as it was.
        """
        (taken, _, _), returned = signature(function, 3)
        refuse_other_state(function, self._kept, taken, returned)
        self._on_timer = function
        return function
