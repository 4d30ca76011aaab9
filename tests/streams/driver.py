"""The engine in memory: drives one instance as `task` and `run` do, without a log."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import msgspec
from hypothesis import settings

from trunkline.log import Record
from trunkline.streams.instance import Definition, Poison
from trunkline.streams.outputs import Outputs

Sent = tuple[str, bytes | None, bytes | None]

thorough = settings(max_examples=300, deadline=None)
"""For properties: an example takes a millisecond."""


class MadeBatch:
    """A `RecordBatch` of records that a test made."""

    failures: Sequence[tuple[int, str, str]] = ()

    def __init__(self, records: Sequence[Record]) -> None:
        self.topic, self.partition = records[0].topic, records[0].partition
        self._records = list(records)
        self.offsets = [record.offset for record in records]
        self.keys = [record.key for record in records]
        self.values = [record.value for record in records]
        self.times = [record.time for record in records]
        self.headers = [record.headers for record in records]

    def __len__(self) -> int:
        return len(self._records)

    def records(self) -> list[Record]:
        return list(self._records)

    def part(self, first: int, last: int) -> MadeBatch:
        return MadeBatch(self._records[first:last])


def record(topic: str, offset: int, key: bytes | None, value: bytes | None, time: int = 0) -> Record:
    return Record(topic, 0, offset, value, key, (), time)


def batches(records: Sequence[Record]) -> list[MadeBatch]:
    """Runs of records of one topic, as the engine merges them."""
    return [MadeBatch(list(run)) for _, run in groupby(records, key=lambda record: record.topic)]


class Driver:
    """One instance, with the changelog and the outputs of what it committed."""

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self.instance = definition.instance()
        self.changelog: list[bytes] = []
        self.sent: list[Sent] = []
        self.rejected: list[tuple[str, int, str]] = []
        """(reason, offset, message) of each event that was refused."""
        self._chunks: list[bytes] = []
        self._snapshot: Iterator[bytes] | None = None
        self._snapshot_from = 0

    def work(self, records: Sequence[Record], *, undo_first: bool = False) -> None:
        """Work on records and commit. With `undo_first` all is done once for nothing: the commit failed."""
        made = batches(records)
        if undo_first:
            rejected = len(self.rejected)
            self._try(made)
            self.instance.undo()
            del self.rejected[rejected:]
        if not made:
            return
        outputs, failed = self._try(made)
        if failed is None:
            self.commit(outputs)
            return
        self.instance.undo()
        before = [record for batch in made[: failed.batch] for record in batch.records()]
        before += made[failed.batch].records()[: failed.index]
        poisoned = made[failed.batch].records()[failed.index]
        self.work(before)
        self._reject(poisoned, failed)
        self.work(records[len(before) + 1 :])

    def tick(self, now: int) -> None:
        outputs = Outputs("test")
        self.instance.tick(now, outputs)
        self.commit(outputs)

    def commit(self, outputs: Outputs) -> None:
        self.changelog += self.instance.changes()
        for topic, sent in outputs.topics.items():
            assert len(sent.keys) == len(sent.values)
            self.sent += [(topic, *both) for both in zip(sent.keys, sent.values, strict=True)]
        self.instance.done()
        if self._snapshot is not None:
            self._chunks += [chunk for chunk in [next(self._snapshot, None)] if chunk is not None]

    def begin_snapshot(self) -> None:
        """From now on each commit takes a chunk of a snapshot."""
        self._snapshot, self._chunks, self._snapshot_from = self.instance.chunks(), [], len(self.changelog)

    def restart(self) -> None:
        """A new instance, from the snapshot if one was begun, otherwise from the changelog."""
        if self._snapshot is not None:
            self.changelog = [*self._chunks, *self._snapshot, *self.changelog[self._snapshot_from :]]
            self._snapshot = None
        self.instance = self._definition.instance()
        for packed in self.changelog:
            self.instance.load(packed)

    def state(self) -> dict[str | bytes, object]:
        """All state as MessagePack has it: values by their keys (bytes), and what there is beside (text)."""
        found: dict[str | bytes, object] = {}
        for chunk in self.instance.chunks():
            for key, value in msgspec.msgpack.decode(chunk, type=dict[Any, Any]).items():
                before = found.get(key)
                found[key] = before | value if isinstance(before, dict) and isinstance(value, dict) else value
        return found

    def sent_to(self, topic: str) -> list[tuple[bytes | None, bytes | None]]:
        return [(key, value) for its, key, value in self.sent if its == topic]

    def _try(self, made: Sequence[MadeBatch]) -> tuple[Outputs, Poison | None]:
        outputs, rest, rejected = Outputs("test"), list(made), len(self.rejected)
        origin = [(number, 0) for number in range(len(made))]
        while rest:
            try:
                self.instance.work(rest, outputs)
                break
            except Poison as poison:
                number, first = origin[poison.batch]
                batch = rest[poison.batch]
                if not poison.clean:
                    poison.batch, poison.index = number, first + poison.index
                    del self.rejected[rejected:]
                    return outputs, poison
                self._reject(batch.records()[poison.index], poison)
                rest, origin = rest[poison.batch + 1 :], origin[poison.batch + 1 :]
                if poison.index + 1 < len(batch):
                    rest.insert(0, batch.part(poison.index + 1, len(batch)))
                    origin.insert(0, (number, first + poison.index + 1))
        return outputs, None

    def _reject(self, record: Record, poison: Poison) -> None:
        self.rejected.append((poison.reason, record.offset, str(poison)))


def cuts(records: Sequence[Record], chance: random.Random) -> Iterator[list[Record]]:
    """The records in batches of any size."""
    first = 0
    while first < len(records):
        size = chance.choice([1, 2, 3, 7, len(records)])
        yield list(records[first : first + size])
        first += size


def any_way(definition: Definition, records: Sequence[Record], chance: random.Random) -> Driver:
    """Work on the records in batches cut anyhow, with commits that fail, restarts and snapshots in between."""
    driver = Driver(definition)
    for batch in cuts(records, chance):
        driver.work(batch, undo_first=chance.random() < 0.3)
        if chance.random() < 0.2:
            driver.begin_snapshot()
        if chance.random() < 0.2:
            driver.restart()
    driver.restart()
    return driver
