"""What the cluster knows of groups."""

from __future__ import annotations

import time
from collections.abc import Mapping

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException
from confluent_kafka import TopicPartition as Place

from trunkline.log.kafka.connection import ANSWER, Connection
from trunkline.log.kafka.errors import error_of, told
from trunkline.log.kafka.topics import Topics
from trunkline.log.port import LogError, TopicPartition

LOOK = 0.01  # seconds between looks at whether a transaction has ended
MEMBERS = {KafkaError.NON_EMPTY_GROUP, KafkaError.UNKNOWN_MEMBER_ID, KafkaError.REBALANCE_IN_PROGRESS}


class Groups:
    """Looks at groups, and sets where those without members go on."""

    def __init__(self, connection: Connection, topics: Topics) -> None:
        self._connection, self._topics = connection, topics

    def names(self) -> list[str]:
        """See `Log.groups`."""
        with told("listing the groups"):
            listing = self._connection.admin.list_consumer_groups(request_timeout=ANSWER).result()
        own = (self._connection.own_name(group.group_id) for group in listing.valid)
        return sorted(name for name in own if name is not None)

    def committed(self, group: str) -> dict[TopicPartition, int]:
        """See `Log.committed`."""
        deadline = time.monotonic() + ANSWER + self._connection.address.transaction
        while True:
            try:
                return self._committed(group)
            except KafkaException as raised:
                waited = error_of(raised).code() == KafkaError.UNSTABLE_OFFSET_COMMIT and time.monotonic() < deadline
                if not waited:
                    with told(f"asking where group {group!r} is"):
                        raise
            time.sleep(LOOK)

    def commit(self, group: str, offsets: Mapping[TopicPartition, int]) -> None:
        """See `Log.commit`."""
        places = [Place(self._topics.place(*place), place.partition, offset) for place, offset in offsets.items()]
        if not places:
            return
        request = ConsumerGroupTopicPartitions(self._connection.named(group), places)
        with told(f"setting the offsets of group {group!r}"):
            try:
                [altered] = self._connection.admin.alter_consumer_group_offsets([request]).values()
                answer = altered.result(ANSWER)
                refused = next((place.error for place in answer.topic_partitions if place.error is not None), None)
                if refused is not None:
                    raise KafkaException(refused)
            except KafkaException as raised:
                if error_of(raised).code() not in MEMBERS:
                    raise
                raise LogError(
                    f"group {group!r} has members at work: stop them before setting where it goes on"
                ) from None

    def _committed(self, group: str) -> dict[TopicPartition, int]:
        # Asked for all that a group has, the broker says nothing of a partition whose first offset is being committed.
        counts = {self._connection.named(topic): number for topic, number in self._topics.partitions().items()}
        places = [Place(topic, partition) for topic, number in counts.items() for partition in range(number)]
        if not places:
            return {}
        request = ConsumerGroupTopicPartitions(self._connection.named(group), places)
        [listed] = self._connection.admin.list_consumer_group_offsets([request], require_stable=True).values()
        found = {}
        for place in listed.result(ANSWER).topic_partitions:
            if place.error is not None:
                raise KafkaException(place.error)
            topic = self._connection.own_name(place.topic)
            if topic is not None and place.offset >= 0:
                found[TopicPartition(topic, place.partition)] = place.offset
        return dict(sorted(found.items()))
