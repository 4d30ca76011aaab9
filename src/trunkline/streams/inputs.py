"""What a task reads next: the records of its partitions in the order of their times."""

import heapq
from collections import Counter
from collections.abc import Mapping
from itertools import islice
from operator import attrgetter

from trunkline.log.port import Log, Record, TopicPartition


class Inputs:
    """Several partitions as one stream. Each partition keeps its own order; between them the earlier time goes first.

    So a command does not overtake the report that it is about when both wait after a restart.
    """

    def __init__(self, log: Log, offsets: Mapping[TopicPartition, int]) -> None:
        self._log = log
        self.offsets = dict(offsets)
        """The next offset to take of each partition."""
        self._waiting: dict[TopicPartition, list[Record]] = {place: [] for place in offsets}

    def take(self, limit: int) -> list[Record]:
        """The next records, `limit` at most; [] when there is nothing new."""
        for place, waiting in self._waiting.items():
            if len(waiting) < limit:
                offset = waiting[-1].offset + 1 if waiting else self.offsets[place]
                waiting += self._log.read(*place, offset, limit - len(waiting))
        # As many are waiting of each partition as may be taken in all, so none is overtaken for not having been read.
        taken = list(islice(heapq.merge(*filter(None, self._waiting.values()), key=attrgetter("time")), limit))
        counts = Counter((record.topic, record.partition) for record in taken)
        for place, waiting in self._waiting.items():
            if count := counts[place]:
                self.offsets[place] = waiting[count - 1].offset + 1
                del waiting[:count]
        return taken

    def all_taken(self) -> bool:
        """Whether nothing is left in the log."""
        return all(
            max(offset, self._log.start(*place)) >= self._log.end(*place) for place, offset in self.offsets.items()
        )
