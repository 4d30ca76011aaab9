"""Tumbling and sliding windows: the same for all keys, so that one look closes one for all of them.

The state has a map of keys for each open window. Packed, a key has a map of its windows, by their starts; windows up to
the end that is told as `closed` are no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import inf
from typing import Any

import msgspec

from trunkline.streams.handlers import Handler
from trunkline.streams.keyed import Fold
from trunkline.streams.keyed_instance import KeyedInstance
from trunkline.streams.out import Out
from trunkline.streams.state import State, decoder, pack, parts
from trunkline.streams.timers import MARK
from trunkline.streams.windows import Emission, Sliding, Tumbling, Window, micros, tell_final


class Clock(msgspec.Struct, frozen=True, gc=False):
    """A packed record: stream time, and the end up to which windows are closed."""

    time: int
    closed: int


_clock = msgspec.msgpack.Decoder(Clock).decode


class AlignedInstance(KeyedInstance):
    """The states of the keys in each open window."""

    def __init__(
        self,
        name: str,
        writes: Sequence[str],
        handlers: Mapping[str, Handler],
        state: Any,
        new: Any,
        window: Tumbling | Sliding,
        emission: Emission,
        idle: float | None,
    ) -> None:
        """For what these are see `windowed.windowed`; `new` is the state of a new window."""
        folding = {topic: handler._replace(call=self._folding(handler.call)) for topic, handler in handlers.items()}
        super().__init__(name, writes, folding, state, None, idle=idle)
        self._timed = True
        self._decode = decoder(dict[int, state | None])
        self._new, self._size, self._advance = new, micros(window.size), micros(window.advance)
        self._lateness, self._each, self._result = emission
        self._windows: dict[int, State[Any]] = {}
        self._gone: dict[int, State[Any]] = {}  # closed since the last commit
        self._closed = -1
        self._committed = Clock(-1, -1)
        self._first_end: float = inf  # of the open windows

    def __len__(self) -> int:
        return sum(map(len, self._windows.values()))

    def load(self, packed: bytes) -> None:
        """See `Instance.load`."""
        if packed.startswith(MARK):
            self._committed = _clock(packed)
            self._timers.now, self._closed = self._committed.time, self._committed.closed
            self._take({start: window for start, window in self._windows.items() if start + self._size > self._closed})
            return
        for key, states in self._decode(packed).items():
            for start, state in states.items():
                self._window(start).put({key: state})

    def changes(self) -> list[bytes]:
        """See `Instance.changes`."""
        by_key: dict[bytes, dict[int, Any]] = {}
        for start, window in self._windows.items():
            for key in window.before:
                by_key.setdefault(key, {})[start] = window.get(key)
        packed = [pack(part) for part in parts(by_key)] if by_key else []
        clock = Clock(self._timers.now, self._closed)
        return packed if clock == self._committed else [*packed, pack(clock)]

    def done(self) -> None:
        """See `Instance.done`."""
        self._gone.clear()
        for window in self._windows.values():
            window.done()
        self._committed = Clock(self._timers.now, self._closed)

    def undo(self) -> None:
        """See `Instance.undo`."""
        every = self._windows | self._gone
        self._gone.clear()
        for window in every.values():
            window.undo()
        self._take({start: window for start, window in every.items() if window.values})
        self._timers.now, self._closed = self._committed.time, self._committed.closed

    def chunks(self) -> Iterator[bytes]:
        """See `Instance.chunks`."""
        for start, window in list(self._windows.items()):
            for part in window.chunks():
                yield pack({key: {start: state} for key, state in part.items()})
        if self._committed.time >= 0:
            yield pack(self._committed)

    def _folding(self, function: Fold[Any]) -> Callable[[None, Any, Out], None]:
        """The user's function for each open window of an event. All of them are changed, or none."""

        def fold(_: None, event: Any, out: Out) -> None:
            key, time, size, advance, new = out.key, out.clock, self._size, self._advance, self._new
            over = max(out.now - self._lateness, self._closed)
            last = time - time % advance
            first = last - (size - 1 - (time - last)) // advance * advance
            changed = []
            for start in range(first, last + 1, advance):
                if start + size <= over:
                    continue
                window = self._windows.get(start)
                before = None if window is None else window.get(key)
                after = function(new if before is None else before, event, out)
                if after.__class__ is not new.__class__ and after is not None:
                    raise TypeError(f"it returned {after!r:.200}, which is no {new.__class__.__name__}")
                changed.append((start, after))
                if self._each and after is not None:
                    self._result(key, Window(start, start + size), after, out)
            if not changed:
                raise out.late(last + size + self._lateness)
            for start, after in changed:
                self._window(start).set(key, after)

        return fold

    def _fire(self, until: int) -> bool:
        """Close the windows whose end the watermark reaches when stream time is `until`; whether there were any."""
        if self._first_end + self._lateness > until:
            return False
        out = self._out
        out.now, out.batch = until, None
        for start in sorted(self._windows):
            end = start + self._size
            if end + self._lateness > until:
                break
            self._gone[start] = window = self._windows.pop(start)
            self._closed = end
            out.clock = end + self._lateness
            if not self._each:
                self._tell(window, Window(start, end))
        self._take(self._windows)
        return True

    def _tell(self, window: State[Any], span: Window) -> None:
        """Tell what a window has come to, key by key."""
        for key in sorted(window.values):
            self._out.key = key
            tell_final(self._result, span, window.values[key], self._out)

    def _window(self, start: int) -> State[Any]:
        window = self._windows.get(start)
        if window is None:
            window = self._windows[start] = State()
            self._first_end = min(self._first_end, start + self._size)
        return window

    def _take(self, windows: dict[int, State[Any]]) -> None:
        """These are the open windows."""
        self._windows = windows
        self._first_end = min(windows, default=inf) + self._size
