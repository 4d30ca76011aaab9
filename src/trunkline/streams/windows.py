"""Windows of event time: tumbling, sliding, sessions; and how the result of one is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import msgspec

from trunkline.log.envelope import from_micros
from trunkline.log.port import LogError
from trunkline.streams.out import Out

S = TypeVar("S")
MOST = 1_000  # windows that one event may belong to


class Window(NamedTuple):
    """From `start` to before `end`, in microseconds since the epoch."""

    start: int
    end: int


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


class Tumbling(msgspec.Struct, frozen=True):
    """Windows of `size` seconds, one after the other, aligned to the epoch (UTC)."""

    size: float

    def __post_init__(self) -> None:
        _refuse_no_time(self.size, "size")

    @property
    def advance(self) -> float:
        """Each begins where the last one ends."""
        return self.size


class Session(msgspec.Struct, frozen=True):
    """Windows as long as something happens: events of a key that are `gap` seconds apart at most share one.

    It begins with its first event, and ends `gap` seconds after its last. An event between two sessions makes one of
    them, whose state is `merge(earlier, later)`.
    """

    gap: float
    merge: Callable[[Any, Any], Any]

    def __post_init__(self) -> None:
        _refuse_no_time(self.gap, "gap")


Result = Callable[[bytes, Window, S, Out], None]
"""Tells the state of a key's window."""


class Emission(NamedTuple):
    """When results are told, and how: of windows that close, `lateness` microseconds after their end, or of `each`
    window that changes."""

    lateness: int
    each: bool
    result: Result[Any]


def default_result(state: Any, topic: str) -> Result[Any]:
    """Send key, start, end and the state's fields as JSON."""
    fields = {"value": ""}
    if isinstance(state, type) and issubclass(state, msgspec.Struct):
        fields = {field.encode_name: field.name for field in msgspec.structs.fields(state)}

    def send(key: bytes, window: Window, value: Any, out: Out) -> None:
        named = {shown: getattr(value, name) if name else value for shown, name in fields.items()}
        start, end = bounds(window)
        out.send(topic, {**named, "key": key.decode(errors="backslashreplace"), "start": start, "end": end})

    return send


def tell_final(result: Result[Any], window: Window, state: Any, out: Out) -> None:
    """Tell the result of a window that closes. Where that fails, the state goes to the quarantine."""
    mark = len(out.order)
    try:
        result(out.key, window, state, out)
    except LogError:
        raise
    except Exception as error:
        out.back(mark)
        start, end = bounds(window)
        out.reject(f"the result of its window from {start} to {end}", state, error)


@lru_cache(1_000)
def bounds(window: Window) -> tuple[datetime, datetime]:
    """Start and end of a window as moments; the same for many keys."""
    return from_micros(window.start), from_micros(window.end)


def micros(seconds: float) -> int:
    """Seconds as microseconds."""
    return round(seconds * 1e6)


def _refuse_no_time(seconds: float, what: str) -> None:
    if seconds < 1e-6:
        raise ValueError(f"the {what} of a window must be a microsecond at least, not {seconds} seconds")
