"""A member of a group: see `port.Member`. In Kafka's classic protocol, cooperative: who stays keeps what he has."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from typing import Any

from confluent_kafka import Consumer as Client
from confluent_kafka import KafkaException
from confluent_kafka import TopicPartition as Place

from trunkline.log.kafka.connection import Connection
from trunkline.log.kafka.errors import FENCED, LOST, REFUSED, translated
from trunkline.log.kafka.topics import Topics
from trunkline.log.port import Fenced, LogError

BUSY = 1800.0  # seconds that a member may be busy without a look at its assignment
GIVING_UP = 0.1  # seconds at most for partitions that are let go to be free
LEAVING = 3.0  # seconds for a member with a name to say that it leaves

logger = logging.getLogger(__name__)


def membership(lease: float) -> dict[str, Any]:
    """librdkafka's settings of a member that is given up when it was not heard of for `lease` seconds."""
    return {
        "partition.assignment.strategy": "cooperative-sticky",
        "session.timeout.ms": round(lease * 1000),
        "heartbeat.interval.ms": round(min(lease / 10, 1.0) * 1000),
        "max.poll.interval.ms": round(max(lease, BUSY) * 1000),
        "topic.metadata.refresh.interval.ms": 5000,  # after which new partitions are seen
    }


class Member:
    """Its consumer fetches nothing: it only holds partitions."""

    def __init__(self, connection: Connection, topics: Topics, group: str, topic: str, name: str) -> None:
        topics.get(topic)
        self.group = group
        self._connection, self._name = connection, name
        self._held: set[int] = set()
        self._giving_up = False
        self._end: LogError | None = None
        """What this member cannot go on from."""
        self._id = ""  # the cluster's for this member while it holds what it holds
        settings = membership(connection.address.lease)
        if name:
            settings["group.instance.id"] = name
        self._client = connection.consumer(group, **settings)
        self._client.subscribe(
            [connection.named(topic)], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost
        )
        connection.closing_with_log(self)

    def assignment(self) -> frozenset[int]:
        """See `port.Member.assignment`. Raises `Fenced` when another member has taken this one's name."""
        if self._end is not None:
            raise self._end
        self._poll(0)
        deadline = time.monotonic() + GIVING_UP
        while self._giving_up and time.monotonic() < deadline:
            # Only with librdkafka's next call may others have what this member has just let go.
            self._poll(0.005)
        self._giving_up = False
        return frozenset(self._held)

    def metadata(self) -> Any:
        """What a transaction shows the group, so that it is refused when the group has gone on without this member.

        Partitions that it holds cannot go to another before it looks at its assignment, unless it was given up: then
        it has another id from the group, or none yet. Raises `Fenced`.
        """
        metadata = self._client.consumer_group_metadata()
        if self._held and self._client.memberid() != self._id:
            raise Fenced(
                f"group {self.group!r}: this member was not heard of for {self._connection.address.lease:g} s, and "
                "others have its partitions and do again what it has not committed: look at the assignment and go on"
            )
        return metadata

    def close(self) -> None:
        """See `port.Member.close`."""
        self._connection.forget(self)
        with suppress(KafkaException):  # of one that was fenced
            if self._name:
                # A member with a name is waited for when its consumer is closed; only one that unsubscribes leaves.
                self._client.unsubscribe()
                deadline = time.monotonic() + LEAVING
                while self._client.memberid() and time.monotonic() < deadline:
                    self._client.poll(0.01)
        self._client.close()
        self._held.clear()

    def _assigned(self, client: Client, places: list[Place]) -> None:
        if places:
            client.incremental_assign([Place(place.topic, place.partition, 0) for place in places])
            client.pause(places)
        self._held |= {place.partition for place in places}
        self._id = client.memberid()
        self._giving_up = False

    def _revoked(self, client: Client, places: list[Place]) -> None:
        self._lost(client, places)
        self._giving_up = True

    def _lost(self, client: Client, places: list[Place]) -> None:
        client.incremental_unassign(places)
        self._held -= {place.partition for place in places}

    def _poll(self, timeout: float) -> None:
        message = self._client.poll(timeout)
        error = None if message is None else message.error()
        if error is None:
            return
        if error.fatal() or error.code() in LOST | REFUSED | FENCED:
            self._held.clear()
            self._end = translated(error, f"group {self.group!r}")
            raise self._end
        logger.warning("group %s: %s", self.group, error.str())  # librdkafka tries again by itself
