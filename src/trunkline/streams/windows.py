"""How event time is cut into windows: tumbling, sliding, sessions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

MOST = 1_000  # windows that one event may belong to

Pane = tuple[int, int, Any]
"""(start, end, state) of one window of a key, in microseconds."""


class Window(NamedTuple):
    """From `start` to before `end`, in microseconds since the epoch."""

    start: int
    end: int


class Windowing(Protocol):
    """How event time is cut into windows."""

    def place(self, time: int, panes: Sequence[Pane], new: Any) -> tuple[list[Pane], list[Pane]]:
        """A key's panes without those to which an event at `time` belongs, and those, begun with `new` if need be."""


class Tumbling(msgspec.Struct, frozen=True):
    """Windows of `size` seconds, one after the other, aligned to the epoch (UTC)."""

    size: float

    def __post_init__(self) -> None:
        _refuse_no_time(self.size, "size")

    def place(self, time: int, panes: Sequence[Pane], new: Any) -> tuple[list[Pane], list[Pane]]:
        """See `Windowing`."""
        return _aligned(time, micros(self.size), micros(self.size), panes, new)


class Sliding(msgspec.Struct, frozen=True):
    """Windows of `size` seconds, one beginning every `advance` seconds, aligned to the epoch (UTC).

    An event belongs to `size / advance` of them. (Flink's word; Kafka Streams calls them hopping.)
    """

    size: float
    advance: float

    def __post_init__(self) -> None:
        _refuse_no_time(self.advance, "advance")
        if self.size < self.advance:
            raise ValueError("the size of a sliding window must not be smaller than its advance: events would be lost")
        if self.size > MOST * self.advance:
            raise ValueError(f"an event would belong to more than {MOST:,} windows: make the advance greater")

    def place(self, time: int, panes: Sequence[Pane], new: Any) -> tuple[list[Pane], list[Pane]]:
        """See `Windowing`."""
        return _aligned(time, micros(self.size), micros(self.advance), panes, new)


class Session(msgspec.Struct, frozen=True):
    """Windows as long as something happens: events of a key that are `gap` seconds apart at most share one.

    It begins with its first event, and ends `gap` seconds after its last. An event between two sessions makes one of
    them, whose state is `merge(earlier, later)`.
    """

    gap: float
    merge: Callable[[Any, Any], Any]

    def __post_init__(self) -> None:
        _refuse_no_time(self.gap, "gap")

    def place(self, time: int, panes: Sequence[Pane], new: Any) -> tuple[list[Pane], list[Pane]]:
        """See `Windowing`."""
        start, end = time, time + micros(self.gap)
        met = [pane for pane in panes if pane[0] <= end and pane[1] >= start]
        others = [pane for pane in panes if pane[0] > end or pane[1] < start]
        if not met:
            return others, [(start, end, new)]
        state = met[0][2]
        for pane in met[1:]:
            state = self.merge(state, pane[2])
        return others, [(min(start, met[0][0]), max(end, met[-1][1]), state)]


def micros(seconds: float) -> int:
    """Seconds as microseconds."""
    return round(seconds * 1e6)


def _aligned(time: int, size: int, advance: int, panes: Sequence[Pane], new: Any) -> tuple[list[Pane], list[Pane]]:
    by_start = {pane[0]: pane for pane in panes}
    starts = reversed(range(time - time % advance, time - size, -advance))
    touched = [by_start.pop(start, (start, start + size, new)) for start in starts]
    return list(by_start.values()), touched


def _refuse_no_time(seconds: float, what: str) -> None:
    if seconds < 1e-6:
        raise ValueError(f"the {what} of a window must be a microsecond at least, not {seconds} seconds")
