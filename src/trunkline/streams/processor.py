"""A processor that is a class: it sees every record of a batch at once and keeps its own state, under keys.

For what does not fold over one key's state: an alarm list, a network's health. What does is a function (`keyed`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

from trunkline.log.port import Record


class Outputs(Protocol):
    """What a processor may do with a batch. All of it is committed with the batch's offsets, or none of it."""

    def send(self, topic: str, key: str, value: bytes | None, *, id: str, time: int = 0) -> None:
        """Write an event. `id` is the CloudEvents id, stable over a replay; `time` in microseconds (0: now)."""

    def keep(self, key: str, value: bytes | None) -> None:
        """Remember state under `key` in the processor's changelog; None forgets it."""


class Processor(Protocol):
    """A processor's instance for one partition of its topics. It does no I/O and reads no clock: time is the event's.

    A class declares what it `reads`. With `whole` one instance sees all partitions of its topics (an aggregate over
    everything); otherwise the topics must have the same number of partitions and each partition has an instance.
    """

    name: ClassVar[str]
    reads: ClassVar[tuple[str, ...]]
    whole: ClassVar[bool]

    def restore(self, key: str, value: bytes) -> None:
        """Take back one remembered state, called for each kept key before the first batch."""

    def process(self, records: Sequence[Record], out: Outputs) -> None:
        """Work on a batch in order. An exception undoes the batch; the event that causes it goes to the quarantine."""

    def tick(self, now: int, out: Outputs) -> None:
        """Called about once a second with the wall clock (microseconds), for what must happen although nothing came."""
