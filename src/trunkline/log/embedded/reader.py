"""The reader: follows partitions batch by batch."""

import time
from collections.abc import Mapping

from trunkline.log.embedded.columns import ColumnBatch
from trunkline.log.embedded.reading import READ_BYTES, Reading, Sighting
from trunkline.log.embedded.topics import Topics
from trunkline.log.port import RecordBatch, TopicPartition


class Reader:
    """See `port.Reader`. Reading a row costs so little that nothing is fetched before it is asked for."""

    def __init__(self, topics: Topics, reading: Reading) -> None:
        self._topics, self._reading = topics, reading
        self._offsets: dict[TopicPartition, int] = {}
        self._ids: list[int] = []
        self._seen: Sighting | None = None
        self._turns: list[TopicPartition] = []

    def assign(self, offsets: Mapping[TopicPartition, int]) -> None:
        """See `port.Reader.assign`. Raises `UnknownTopic`."""
        self._ids = [self._topics.id(topic, number) for topic, number in offsets]
        self._offsets, self._turns, self._seen = dict(offsets), list(offsets), None

    def take(self, limit: int = 10_000, timeout: float = 0.0) -> list[RecordBatch]:
        """See `port.Reader.take`."""
        deadline = time.monotonic() + timeout
        while True:
            found = self._read(limit)
            left = deadline - time.monotonic()
            if found or left <= 0:
                return list(found)
            self._reading.wait(self._offsets, left)

    def at_end(self) -> bool:
        """See `port.Reader.at_end`."""
        return not self._behind()

    def close(self) -> None:
        """Nothing is held between calls."""

    def _behind(self) -> set[TopicPartition]:
        """The partitions in which something is to be read."""
        self._seen = self._reading.look(self._ids, self._seen)
        return {
            place
            for (place, offset), (start, end) in zip(self._offsets.items(), self._seen.bounds, strict=True)
            if end > max(offset, start)
        }

    def _read(self, limit: int) -> list[ColumnBatch]:
        """What is there. Who was served goes to the end of the queue."""
        found: list[ColumnBatch] = []
        behind = self._behind()
        room, most = limit, READ_BYTES
        for place in [place for place in self._turns if place in behind]:
            batches = self._reading.batches(*place, self._offsets[place], room, most)
            if batches:
                self._offsets[place] = batches[-1].offsets[-1] + 1
                self._turns.remove(place)
                self._turns.append(place)
            found += batches
            room -= sum(map(len, batches))
            most -= sum(batch.size for batch in batches)
            if room <= 0 or most <= 0:
                break
        return found
