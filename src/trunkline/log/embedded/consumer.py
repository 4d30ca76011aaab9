"""The consumer: a member of a group that reads what it holds."""

import time

from trunkline.log.embedded.database import Database
from trunkline.log.embedded.member import LOOK, Member, refuse_lost
from trunkline.log.embedded.positions import positions, set_positions
from trunkline.log.embedded.reader import Reader
from trunkline.log.embedded.reading import Reading
from trunkline.log.embedded.topics import Topics
from trunkline.log.port import Record, TopicPartition


class Consumer:
    """See `port.Consumer`. In quiet change nothing is read twice, and after a crash what was not yet committed is."""

    def __init__(self, database: Database, topics: Topics, reading: Reading, member: Member) -> None:
        self._database, self._topics, self._reading, self._member = database, topics, reading, member
        self._reader = Reader(topics, reading)
        self._offsets: dict[TopicPartition, int] = {}

    def poll(self, limit: int = 10_000, timeout: float = 1.0) -> list[Record]:
        """See `port.Consumer.poll`."""
        deadline = time.monotonic() + timeout
        while True:
            self._keep_up()
            left = deadline - time.monotonic()
            batches = self._reader.take(limit, max(0.0, min(left, LOOK)))
            for batch in batches:
                self._offsets[TopicPartition(batch.topic, batch.partition)] = batch.offsets[-1] + 1
            if batches or left <= 0:
                return [record for batch in batches for record in batch.records()]

    def commit(self) -> None:
        """See `port.Consumer.commit`."""
        group = self._member.group
        with self._database.writing() as db:
            refuse_lost(db, self._member.claim())
            set_positions(db, {(group, self._topics.id(*place)): offset for place, offset in self._offsets.items()})

    def assignment(self) -> set[TopicPartition]:
        """See `port.Consumer.assignment`."""
        return set(self._offsets)

    def close(self) -> None:
        """Leave the group; its partitions are free at once."""
        self._member.close()
        self._offsets.clear()

    def _keep_up(self) -> None:
        """Read on where the group has committed in what is newly held, and no more in what is held no more."""
        held = self._member.places()
        if held == self._offsets.keys():
            return
        with self._database.reading() as db:
            committed = positions(db, self._member.group)
        for place in held - self._offsets.keys():
            self._offsets[place] = committed.get(place, self._reading.start(*place))
        self._offsets = {place: self._offsets[place] for place in sorted(held)}
        self._reader.assign(self._offsets)
