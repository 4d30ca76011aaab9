"""A processor that is a class: it sees every record of a batch at once and keeps its own state, under keys.

For what does not fold over one key's state: an alarm list, a network's health. What does is a function (`keyed`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import ClassVar, Protocol

import msgspec

from trunkline.log.port import LogError, Record, RecordBatch
from trunkline.streams import outputs
from trunkline.streams.instance import CHUNK

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, bytes | None]).decode


class Outputs(Protocol):
    """What a processor may do with a batch. All of it is committed with the batch's offsets, or none of it."""

    def send(self, topic: str, key: str, value: bytes | None, *, id: str, time: int = 0) -> None:
        """Write an event. `id` is the CloudEvents id, stable over a replay; `time` in microseconds (0: now)."""

    def send_columns(self, topic: str, keys: Sequence[bytes | None], values: Sequence[bytes | None]) -> None:
        """Write an event for each place of the columns."""

    def keep(self, key: str, value: bytes | None) -> None:
        """Remember state under `key` in the processor's changelog; None forgets it."""

    def keep_all(self, values: Mapping[str, bytes]) -> None:
        """Remember each value under its key."""


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


class Recorded:
    """The definition of a processor made by `make`: its class, or a factory of instances."""

    whole: bool
    name: str
    reads: tuple[str, ...]

    def __init__(self, make: Callable[[], Processor]) -> None:
        self._make = make
        first = make()
        self.name, self.reads, self.whole = first.name, first.reads, first.whole

    def instance(self) -> RecordedInstance:
        return RecordedInstance(self._make)


class RecordedInstance:
    """A processor with the values it keeps. It is made when its state is complete, and anew after an `undo`.

    Raises `LogError` where it cannot take its state back: no event is to blame for that.
    """

    def __init__(self, make: Callable[[], Processor]) -> None:
        self._make = make
        self._kept: dict[str, bytes] = {}
        self._changed: dict[str, bytes | None] = {}
        self._processor: Processor | None = None

    def load(self, packed: bytes) -> None:
        self._put(_decode(packed))

    def work(self, batches: Sequence[RecordBatch], out: outputs.Outputs) -> None:
        records = list(chain.from_iterable(batch.records() for batch in batches))
        self._restored().process(records, Keeping(out, self._changed))

    def tick(self, now: int, out: outputs.Outputs) -> None:
        self._restored().tick(now, Keeping(out, self._changed))

    def changes(self) -> list[bytes]:
        return list(packed(self._changed)) if self._changed else []

    def done(self) -> None:
        self._put(self._changed)
        self._changed.clear()

    def undo(self) -> None:
        self._changed.clear()
        self._processor = None

    def chunks(self) -> Iterator[bytes]:
        keys = list(self._kept)
        return packed({key: self._kept[key] for key in keys if key in self._kept})

    def __len__(self) -> int:
        return len(self._kept)

    def _put(self, changed: Mapping[str, bytes | None]) -> None:
        self._kept.update({key: value for key, value in changed.items() if value is not None})
        for key in [key for key, value in changed.items() if value is None]:
            self._kept.pop(key, None)

    def _restored(self) -> Processor:
        if self._processor is None:
            processor = self._make()
            for key, value in self._kept.items():
                try:
                    processor.restore(key, value)
                except Exception as error:
                    raise LogError(
                        f"{processor.name} cannot take back {key!r} from its changelog: {error or type(error).__name__}"
                    ) from error
            self._processor = processor
        return self._processor


class Keeping:
    """What a processor may do with a batch: send, and keep."""

    def __init__(self, out: outputs.Outputs, changed: dict[str, bytes | None]) -> None:
        self.send, self.send_columns = out.send, out.send_columns
        self._changed = changed
        self.keep_all = changed.update

    def keep(self, key: str, value: bytes | None) -> None:
        self._changed[key] = value


def packed(values: Mapping[str, bytes | None]) -> Iterator[bytes]:
    """The values in records of about `CHUNK` bytes."""
    part: dict[str, bytes | None] = {}
    size = 0
    for key, value in values.items():
        part[key] = value
        size += len(key) + len(value or b"")
        if size >= CHUNK:
            yield _encode(part)
            part, size = {}, 0
    if part:
        yield _encode(part)
