"""Where partitions begin and end, and what lies at a time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping

from confluent_kafka import IsolationLevel
from confluent_kafka import TopicPartition as Place
from confluent_kafka.admin import AdminClient, OffsetSpec

from trunkline.log.kafka.connection import Connection
from trunkline.log.kafka.errors import SILENCE
from trunkline.log.kafka.topics import Topics
from trunkline.log.port import LogError, TopicPartition

LOOK = 0.01  # seconds between looks at whether transactions have ended
ABORTED = 30.0  # seconds after its time is up in which the broker ends a transaction (it looks every 10 s)


class Offsets:
    """What the brokers know of offsets."""

    def __init__(self, connection: Connection, topics: Topics) -> None:
        self._connection, self._topics = connection, topics

    def starts(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        return self._ask(dict.fromkeys(places, OffsetSpec.earliest()), IsolationLevel.READ_UNCOMMITTED)

    def ends(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset up to which everything has been committed or aborted: a reader gets no further."""
        return self._ask(dict.fromkeys(places, OffsetSpec.latest()), IsolationLevel.READ_COMMITTED)

    def written(self, places: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The offset behind what has been written, committed or not."""
        return self._ask(dict.fromkeys(places, OffsetSpec.latest()), IsolationLevel.READ_UNCOMMITTED)

    def appended_at(self, place: TopicPartition, moment: int) -> int | None:
        """The first offset that was appended at or after `moment` (microseconds), None where there is none."""
        spec = OffsetSpec.for_timestamp(max(moment, 0) // 1000)
        [offset] = self._ask({place: spec}, IsolationLevel.READ_UNCOMMITTED).values()
        return None if offset < 0 else offset

    def settled(self, place: TopicPartition) -> int:
        """See `Log.settled`."""
        written = self.written([place])[place]
        deadline = time.monotonic() + self._connection.address.transaction + ABORTED
        while (end := self.ends([place])[place]) < written:
            if time.monotonic() > deadline:
                raise LogError(
                    f"{place.topic}/{place.partition}: a transaction has been open for longer than this log allows: "
                    "find its producer with `kafka-transactions.sh find-hanging` and abort it"
                )
            time.sleep(LOOK)
        return end

    def trim(self, place: TopicPartition, offset: int) -> None:
        """See `Log.trim`."""
        name = self._topics.place(*place)
        until = min(offset, self.ends([place])[place])
        if until <= 0:
            return

        def remove(admin: AdminClient) -> None:
            [removed] = admin.delete_records([Place(name, place.partition, until)]).values()
            removed.result(SILENCE)

        self._connection.ask(f"removing events of {place.topic}/{place.partition}", remove)

    def _ask(self, wanted: Mapping[TopicPartition, OffsetSpec], isolation: IsolationLevel) -> dict[TopicPartition, int]:
        if not wanted:
            return {}
        request = {Place(self._topics.place(*place), place.partition): spec for place, spec in wanted.items()}

        def answers(admin: AdminClient) -> list[int]:
            listed = admin.list_offsets(request, isolation_level=isolation)
            return [int(future.result(SILENCE).offset) for future in listed.values()]

        found = self._connection.ask("asking where partitions begin and end", answers)
        return dict(zip(wanted, found, strict=True))
