"""Instances of processors that are classes (`processor`): what they keep is remembered beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain

import msgspec

from trunkline.log.port import LogError, RecordBatch
from trunkline.streams.instance import CHUNK
from trunkline.streams.outputs import Outputs
from trunkline.streams.processor import Processor

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, bytes | None]).decode


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

    def work(self, batches: Sequence[RecordBatch], out: Outputs) -> None:
        records = list(chain.from_iterable(batch.records() for batch in batches))
        self._restored().process(records, Keeping(out, self._changed))

    def tick(self, now: int, out: Outputs) -> None:
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
        for key, value in changed.items():
            if value is None:
                self._kept.pop(key, None)
            else:
                self._kept[key] = value

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

    def __init__(self, out: Outputs, changed: dict[str, bytes | None]) -> None:
        self.send = out.send
        self._changed = changed

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
