"""What the engine drives: a processor's definition, and its instances with their state.

An instance has the state of one partition (or of all, for a processor that is `whole`). The engine hands it batches,
and commits in ONE transaction what came of them: outputs, changes of state, and the offsets. `task` is the engine;
`keyed`, `columns` and `recorded` are the kinds of instances.

State crosses this line packed: bytes that hold some of the keys with their values, a removed key with nil. The same
form lies in the changelog (what a commit changed) and in a snapshot (a chunk of all there is); loading them in the
order in which they were made, the last word on each key wins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

from trunkline.log.port import RecordBatch
from trunkline.streams.outputs import Outputs

CHUNK = 1 << 20
"""Bytes at which a packed record of the changelog or of a snapshot is closed, about; brokers take no large ones."""


class Poison(Exception):
    """One record cannot be worked on: that at `index` of the batch at `batch` in the work.

    `stage` is `decode` or `processor`, `reason` the short code of the quarantine; the cause is the exception that
    was raised, its message the sentence for the person who must act. `clean` says that all before the record has been
    worked on and the record itself has left nothing behind, so that work may go on right after it.
    """

    def __init__(self, batch: int, index: int, *, stage: str, reason: str, message: str, clean: bool = False) -> None:
        super().__init__(message)
        self.batch, self.index, self.stage, self.reason, self.clean = batch, index, stage, reason, clean


class Instance(Protocol):
    """One partition's share of a processor, with its state. It does no I/O and reads no clock."""

    def load(self, packed: bytes) -> None:
        """Take back what `changes` or `chunks` gave."""

    def work(self, batches: Sequence[RecordBatch], out: Outputs) -> None:
        """Work on the batches in order. Raises `Poison` where one record is to blame, any other exception where it
        is not known which; then what was sent to `out` counts for nothing and `undo` follows."""

    def tick(self, now: int, out: Outputs) -> None:
        """Called about once a second while nothing comes, with the wall clock (microseconds)."""

    def changes(self) -> list[bytes]:
        """What has changed since the last `done`, packed, in records of about `CHUNK` bytes at most."""

    def done(self) -> None:
        """The changes are committed."""

    def undo(self) -> None:
        """Go back to the state of the last `done`."""

    def chunks(self) -> Iterator[bytes]:
        """All state, packed, in records of about `CHUNK` bytes. It is taken slowly, with work in between: each chunk
        holds the state of the moment in which it is made, and a key made or removed meanwhile may be missed, since
        the changelog has it."""

    def __len__(self) -> int:
        """How many keys the state has."""


@runtime_checkable
class Definition(Protocol):
    """A processor as a worker takes it.

    It `reads` topics. With `whole` one instance sees all their partitions; otherwise the topics must have the same
    number of partitions, and each number has an instance.
    """

    @property
    def name(self) -> str: ...

    @property
    def reads(self) -> tuple[str, ...]: ...

    @property
    def whole(self) -> bool: ...

    def instance(self) -> Instance:
        """A new instance, without state."""
