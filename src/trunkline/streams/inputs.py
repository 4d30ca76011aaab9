"""What a task works on next: the batches of its partitions, in the order of their times."""

from __future__ import annotations

import heapq
import time
from collections.abc import Collection, Iterator, Mapping

from trunkline.log.port import RecordBatch, TopicPartition

PATIENCE = 0.2  # seconds that records wait at most for those of a partition that is slower to fetch


class Inputs:
    """Several partitions as one stream. Each partition keeps its own order; between them the earlier time goes first.

    So a command does not overtake the report that it is about when both wait after a restart.
    """

    def __init__(self, offsets: Mapping[TopicPartition, int], beside: Collection[TopicPartition] = ()) -> None:
        """`beside` are partitions without a place in that order: what comes there is released at once."""
        self.offsets = dict(offsets)
        """The next offset to work on of each partition."""
        self._waiting: dict[TopicPartition, list[RecordBatch]] = {place: [] for place in offsets if place not in beside}
        self._beside: list[RecordBatch] = []
        self._since = 0.0

    def add(self, batch: RecordBatch) -> None:
        """Put what was fetched behind what waits."""
        place = TopicPartition(batch.topic, batch.partition)
        if place not in self._waiting:
            self._beside.append(batch)
            return
        if not any(self._waiting.values()):
            self._since = time.monotonic()
        self._waiting[place].append(batch)

    def release(self, *, all_there: bool) -> list[RecordBatch]:
        """The batches to work on now; [] while a partition that may hold earlier records has not been fetched.

        `all_there` says that nothing is left to fetch.
        """
        released, self._beside = self._beside, []
        full = [place for place, batches in self._waiting.items() if batches]
        if full:
            released += self._due(full, all_there)
        for batch in released:
            self.offsets[TopicPartition(batch.topic, batch.partition)] = batch.offsets[-1] + 1
        return released

    def drop_waiting(self) -> None:
        """What was fetched is fetched again, from `offsets` on."""
        self._beside.clear()
        for batches in self._waiting.values():
            batches.clear()

    def empty(self) -> bool:
        return not self._beside and not any(self._waiting.values())

    def _due(self, full: list[TopicPartition], all_there: bool) -> list[RecordBatch]:
        now = time.monotonic()
        if len(self._waiting) == 1:
            return self._take(full[0])
        if all_there or now - self._since >= PATIENCE:
            self._since = now
            return list(merged([self._take(place) for place in full]))
        if len(full) == len(self._waiting):
            self._since = now
            return self._in_common()
        return []

    def _take(self, place: TopicPartition) -> list[RecordBatch]:
        taken, self._waiting[place] = self._waiting[place], []
        return taken

    def _in_common(self) -> list[RecordBatch]:
        """What is not later than the last that was fetched of any partition: the rest may yet be overtaken."""
        until = min(batches[-1].times[-1] for batches in self._waiting.values())
        taken = []
        for place in self._waiting:
            batches = self._take(place)
            kept: list[RecordBatch] = []
            while batches and batches[-1].times[-1] > until:
                batch = batches.pop()
                cut = next(index for index, its in enumerate(batch.times) if its > until)
                kept.insert(0, batch.part(cut, len(batch)))
                if cut:
                    batches.append(batch.part(0, cut))
                    break
            self._waiting[place] = kept
            taken.append(batches)
        return list(merged([batches for batches in taken if batches]))


def merged(streams: list[list[RecordBatch]]) -> Iterator[RecordBatch]:
    """Runs of records, each of one batch, so that the earlier time goes first."""
    if len(streams) == 1:
        yield from streams[0]
        return
    run: RecordBatch | None = None
    first = last = 0
    for _, _, index, batch in heapq.merge(*(_places(n, batches) for n, batches in enumerate(streams)), key=_time):
        if batch is not run or index != last:
            if run is not None:
                yield run.part(first, last)
            run, first = batch, index
        last = index + 1
    if run is not None:
        yield run.part(first, last)


def _places(stream: int, batches: list[RecordBatch]) -> Iterator[tuple[int, int, int, RecordBatch]]:
    for batch in batches:
        for index, its in enumerate(batch.times):
            yield its, stream, index, batch


def _time(place: tuple[int, int, int, RecordBatch]) -> int:
    return place[0]
