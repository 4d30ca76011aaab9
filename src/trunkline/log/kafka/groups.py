"""What the cluster knows of groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from confluent_kafka import Consumer, KafkaError, KafkaException
from confluent_kafka import TopicPartition as Place

from trunkline.log.kafka.connection import Connection
from trunkline.log.kafka.errors import ANSWER, SILENCE, asked, error_of
from trunkline.log.kafka.topics import Topics
from trunkline.log.port import LogError, TopicPartition

MEMBERS = {KafkaError.NON_EMPTY_GROUP, KafkaError.UNKNOWN_MEMBER_ID, KafkaError.REBALANCE_IN_PROGRESS}


class Groups:
    """Looks at groups, and sets where those without members go on."""

    def __init__(self, connection: Connection, topics: Topics) -> None:
        self._connection, self._topics = connection, topics

    def names(self) -> list[str]:
        """See `Log.groups`."""
        listing = self._connection.ask(
            "listing the groups", lambda admin: admin.list_consumer_groups(request_timeout=SILENCE).result()
        )
        own = (self._connection.own_name(group.group_id) for group in listing.valid)
        return sorted(name for name in own if name is not None)

    def committed(self, group: str) -> dict[TopicPartition, int]:
        """See `Log.committed`."""
        return asked(f"asking where group {group!r} is", lambda: self._committed(group))

    def commit(self, group: str, offsets: Mapping[TopicPartition, int]) -> None:
        """See `Log.commit`."""
        places = [Place(self._topics.place(*place), place.partition, offset) for place, offset in offsets.items()]
        if not places:
            return

        def commit() -> None:
            try:
                with self._asking(group) as consumer:
                    refuse_errors(consumer.commit(offsets=places, asynchronous=False) or ())
            except KafkaException as raised:
                if error_of(raised).code() not in MEMBERS:
                    raise
                raise LogError(
                    f"group {group!r} has members at work: stop them before setting where it goes on"
                ) from None

        asked(f"setting the offsets of group {group!r}", commit)

    def _committed(self, group: str) -> dict[TopicPartition, int]:
        # Asked for all that a group has, the broker says nothing of a partition whose first offset is being committed.
        counts = {self._connection.named(topic): number for topic, number in self._topics.partitions().items()}
        places = [Place(topic, partition) for topic, number in counts.items() for partition in range(number)]
        if not places:
            return {}
        with self._asking(group) as consumer:
            answer = consumer.committed(places, ANSWER + self._connection.address.transaction)
        found = {}
        refuse_errors(answer)
        for place in answer:
            topic = self._connection.own_name(place.topic)
            if topic is not None and place.offset >= 0:
                found[TopicPartition(topic, place.partition)] = place.offset
        return dict(sorted(found.items()))

    @contextmanager
    def _asking(self, group: str) -> Iterator[Consumer]:
        """A consumer that does not join the group: librdkafka's admin client dies, or waits for ever, when it asks a
        broker that is not, or not any more, the group's coordinator (its issue 5040)."""
        consumer = self._connection.consumer(group)
        try:
            yield consumer
        finally:
            consumer.close()


def refuse_errors(places: Sequence[Place]) -> None:
    """Raise the first error that an answer has for one of its partitions."""
    for place in places:
        if place.error is not None:
            raise KafkaException(place.error)
