"""Records of one partition that wait to be handed over, and where the sink stands in it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from itertools import takewhile

from trunkline.log.port import Record, TopicPartition
from trunkline.systems.sink import Portion, SinkSettings


class Waiting:
    """What was read of `place` and is not handed over yet. All before `position` is done with; `size` records at most
    are handed over at a time."""

    def __init__(self, place: TopicPartition, position: int, size: int) -> None:
        self.place, self.position, self.size = place, position, size
        self.bytes = 0
        self._offsets: list[int] = []
        self._records: list[Record] = []
        self._since = 0.0

    def __len__(self) -> int:
        return len(self._records)

    @property
    def read_to(self) -> int:
        """Where reading goes on."""
        return self._offsets[-1] + 1 if self._offsets else self.position

    def add(self, offsets: Iterable[int], records: Sequence[Record]) -> None:
        """What was read behind the rest."""
        if not self._records:
            self._since = time.monotonic()
        self._offsets += offsets
        self._records += records
        self.bytes += sum(map(_size, records))

    def due(self, settings: SinkSettings) -> bool:
        """Whether it is as much as is handed over at once, or has waited long enough."""
        if not self._records:
            return False
        much = len(self._records) >= settings.records or self.bytes >= settings.bytes
        return much or time.monotonic() - self._since >= settings.seconds

    def portion(self) -> Portion:
        """What is handed over next."""
        return Portion(self.place, self.position, self._offsets[: self.size], self._records[: self.size])

    def done_to(self, offset: int) -> int:
        """All before `offset` is done with; how many records that were."""
        count = sum(1 for _ in takewhile(lambda known: known < offset, self._offsets))
        self.bytes -= sum(map(_size, self._records[:count]))
        del self._offsets[:count], self._records[:count]
        self.position = max(self.position, offset)
        return count


def _size(record: Record) -> int:
    return len(record.value or b"") + len(record.key or b"") + 100
