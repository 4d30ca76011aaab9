"""A sink's group on the log: which partitions this process hands over, how far it has come, and what is there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack

from trunkline.log import Event, Log, Record, TopicPartition
from trunkline.quarantine import Rejected
from trunkline.streams import retry


class SinkGroup:
    """This process's membership in the group `name` on `topics`. `worker` is the name of the process: no two that live
    may share one.

    What was put back from the quarantine comes on the topic `retry.<name>`.
    """

    def __init__(self, log: Log, name: str, topics: Sequence[str], worker: str) -> None:
        self._log, self._name = log, name
        again = retry.topic(name, 1)
        log.create(again)
        self._again = again.name
        self._closing = ExitStack()
        with ExitStack() as failing:
            failing.callback(self.close)
            self._producer = log.transactional(f"{name}.{worker}")
            self._closing.callback(self._producer.close)
            self._reader = log.reader()
            self._closing.callback(self._reader.close)
            self._members = {}
            for topic in (*topics, again.name):
                self._members[topic] = log.member(name, topic, f"{name}.{topic}.{worker}")
                self._closing.callback(self._members[topic].close)
            failing.pop_all()

    def share(self) -> frozenset[TopicPartition]:
        """The partitions that are this process's until the next call."""
        return frozenset(
            TopicPartition(topic, partition)
            for topic, member in self._members.items()
            for partition in member.assignment()
        )

    def positions(self, places: Collection[TopicPartition], *, newest: bool) -> dict[TopicPartition, int]:
        """The next offset of each partition of the share. Where the group has none it begins now, with the partition's
        start, or with its end for `newest`; that is kept, so that it begins there whatever happens."""
        committed = self._log.committed(self._name)
        begun = {place: self._begin(place, newest) for place in places if place not in committed}
        if begun:
            self.commit(begun)
        return {place: {**committed, **begun}[place] for place in places}

    def read_from(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Read these partitions from these offsets on."""
        self._reader.assign(offsets)

    def take(self, limit: int, timeout: float) -> Iterator[tuple[TopicPartition, Sequence[int], list[Record]]]:
        """What has come: partition, offsets, and the records, each as it lay in its own topic."""
        for batch in self._reader.take(limit, timeout):
            records = batch.records()
            if batch.topic == self._again:
                records = [record for one in retry.retried(batch) for record in one.records()]
            yield TopicPartition(batch.topic, batch.partition), batch.offsets, records

    def commit(self, offsets: Mapping[TopicPartition, int], refused: Sequence[Event] = ()) -> None:
        """Commit how far the group has come, together with what goes to the quarantine. Raises `Fenced`."""
        with self._producer.transaction() as transaction:
            if refused:
                transaction.append(Rejected.topic, refused)
            for topic, member in self._members.items():
                if mine := {place: offset for place, offset in offsets.items() if place.topic == topic}:
                    transaction.consumed(member, mine)

    def lag(self, positions: Mapping[TopicPartition, int]) -> int:
        """How many events lie in the log behind these positions, about."""
        return sum(max(0, self._log.end(*place) - offset) for place, offset in positions.items())

    def close(self) -> None:
        """Leave; the partitions are free at once."""
        self._closing.close()

    def _begin(self, place: TopicPartition, newest: bool) -> int:
        return self._log.end(*place) if newest and place.topic != self._again else self._log.start(*place)
