"""The instance of a processor over one key's state: the loop over the events, and over the timers that are due."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, get_origin

from trunkline.log.port import LogError, RecordBatch
from trunkline.streams.handlers import Handler, Rejection, alternatives, decode_reason
from trunkline.streams.instance import Poison
from trunkline.streams.out import Out
from trunkline.streams.outputs import Outputs
from trunkline.streams.state import State, decoder, pack
from trunkline.streams.timers import MARK, Timer, Timers


class KeyedInstance:
    """The states by key, and the timers where there are any."""

    def __init__(
        self,
        name: str,
        writes: Sequence[str],
        handlers: Mapping[str, Handler],
        state: Any,
        initial: Any,
        *,
        on_timer: Callable[[Any, Timer, Out], Any] | None = None,
        idle: float | None = None,
    ) -> None:
        """For what these are see `keyed.Keyed`."""
        self._name, self._handlers, self._initial, self._on_timer = name, handlers, initial, on_timer or no_timer
        self._classes = tuple(get_origin(each) or each for each in alternatives(state))
        self._states: State[Any] = State()
        self._decode = decoder(state)
        self._timed = on_timer is not None or any(handler.time is not None for handler in handlers.values())
        self._timers = Timers()
        self._idle = None if idle is None else int(idle * 1e6)
        self._quiet_since: int | None = None
        self._out = Out(writes, name)

    def __len__(self) -> int:
        return len(self._states)

    def load(self, packed: bytes) -> None:
        if packed.startswith(MARK):
            self._timers.load(packed)
        else:
            self._states.put(self._decode(packed))

    def changes(self) -> list[bytes]:
        return [*map(pack, self._states.changes()), *self._timers.changes()]

    def done(self) -> None:
        self._states.done()
        self._timers.done()

    def undo(self) -> None:
        self._states.undo()
        self._timers.undo()

    def chunks(self) -> Iterator[bytes]:
        yield from map(pack, self._states.chunks())
        yield from self._timers.chunks()

    def work(self, batches: Sequence[RecordBatch], out: Outputs) -> None:
        self._quiet_since = None
        self._out.begin(out)
        for number, batch in enumerate(batches):
            self._work_on(batch, number)

    def tick(self, now: int, out: Outputs) -> None:
        if self._idle is None:
            return
        if self._quiet_since is None:
            self._quiet_since = now
        until = now - self._idle
        self._out.begin(out)
        if now - self._quiet_since >= self._idle and self._fire(until):
            self._out.came_due(0)
            self._timers.now = until

    def _work_on(self, batch: RecordBatch, number: int) -> None:
        """The loop over the events: what it costs beside call and decoding decides how many can be worked on."""
        handler = self._handlers[batch.topic]
        call, decode, records, optional, key_of, time_of = handler
        out, timers, timed, initial, kind = self._out, self._timers, self._timed, self._initial, self._classes[0]
        order, asked, kept, before = out.order, out.asked, self._states.values, self._states.before
        values: Sequence[Any] = batch.records() if records else batch.values
        times: Sequence[int] = batch.times if timed else ()
        out.batch = None if timed else batch
        now, fired, index, mark = timers.now, False, 0, 0
        try:
            for index, key, value in zip(range(len(values)), batch.keys, values, strict=True):
                mark = len(order)
                event = value
                if value is None:
                    if not optional:
                        continue
                elif decode is not None:
                    event = decode(value)
                if key_of is not None and event is not None:
                    key = key_of(event)
                elif key is None:
                    raise Rejection("event.key", "it has no key, by which its state would be found")
                if timed:
                    time = times[index] if time_of is None or event is None else time_of(event)
                    fired = time > now and self._fire(time)
                    if fired:
                        out.came_due(mark)
                    out.now, out.clock = max(now, time), time
                out.key, out.index = key, index
                held = kept.get(key)
                state = initial if held is None else held
                after = call(state, event, out)
                if after is not state:
                    if after.__class__ is kind:
                        if key not in before:
                            before[key] = held
                        kept[key] = after
                    else:
                        self._refuse_other(after)
                        self._states.set(key, after)
                if timed:
                    now = timers.now = out.now
                    fired = False
                if asked:
                    self._set_timers(key, now)
        except LogError:
            raise
        except Exception as error:
            out.back(mark)
            raise poison(error, number, index, handler, values[index], clean=not fired) from error

    def _set_timers(self, key: bytes, now: int) -> None:
        """Take the timers that a call has set; what is due already fires."""
        if self._on_timer is no_timer:
            raise LogError(f"{self._name} sets a timer, but none of its functions is its on_timer")
        self._timers.set(key, self._out.asked)
        self._out.asked.clear()
        mark = len(self._out.order)
        if self._fire(now):
            self._out.came_due(mark)

    def _fire(self, until: int) -> bool:
        """Let the timers fire that are due by `until`, where stream time is or goes; whether there were any."""
        if not self._timers.due(until):
            return False
        out, fired = self._out, False
        out.firing, out.now, out.batch = True, until, None
        while (timer := self._timers.next(until)) is not None:
            out.clock, out.key, fired = timer.time, timer.key, True
            self._fire_one(timer)
        out.firing = False
        return fired

    def _fire_one(self, timer: Timer) -> None:
        out, state = self._out, self._states.get(timer.key)
        state = self._initial if state is None else state
        mark = len(out.order)
        try:
            after = self._on_timer(state, timer, out)
            self._refuse_other(after)
        except LogError:
            raise
        except Exception as error:
            out.back(mark)
            out.reject(f"its timer {timer.tag!r}", state, error)
            return
        if after is not state:
            self._states.set(timer.key, after)
        if out.asked:
            self._timers.set(timer.key, out.asked)
            out.asked.clear()

    def _refuse_other(self, after: Any) -> None:
        """Raises `TypeError` for what could not be read back as state."""
        if after is not None and after.__class__ not in self._classes:
            names = " or ".join(each.__name__ for each in self._classes)
            raise TypeError(f"it returned {after!r:.200}, which is no {names}")


def no_timer(state: Any, timer: Timer, out: Out) -> Any:
    """Where a processor has no function for its timers: a former version set one."""
    raise LogError(f"{out.name} has a timer {timer.tag!r}, but none of its functions is its on_timer: add one")


def poison(error: Exception, batch: int, index: int, handler: Handler, value: Any, *, clean: bool) -> Poison:
    """The record is to blame for `error`: it could not be decoded, or its function failed on it."""
    message = str(error) if isinstance(error, Rejection) else f"{type(error).__name__}: {error}"
    stage, reason = "processor", f"processor.{type(error).__name__}"
    if isinstance(error, Rejection):
        reason = error.reason
    elif handler.decode is not None and value is not None:
        try:
            handler.decode(value)
        except Exception as wrong:
            stage, reason, message = "decode", decode_reason(wrong), str(wrong)
    return Poison(batch, index, stage=stage, reason=reason, message=message, clean=clean)
