"""A member of a group that reads what it holds: see `port.Consumer`."""

from __future__ import annotations

import time
from collections.abc import Sequence

from confluent_kafka import Consumer as Client
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka import TopicPartition as Place

from trunkline.log.kafka.batches import Batches
from trunkline.log.kafka.connection import Connection
from trunkline.log.kafka.errors import ANSWER, error_of, translated
from trunkline.log.kafka.fetching import SETTINGS, Fetcher
from trunkline.log.kafka.groups import Groups
from trunkline.log.kafka.member import membership
from trunkline.log.kafka.offsets import Offsets
from trunkline.log.port import Fenced, Record, TopicPartition

REBALANCING = {KafkaError.REBALANCE_IN_PROGRESS, KafkaError.ILLEGAL_GENERATION}


class Consumer:
    """Begins where the group has committed, and forgets what it has fetched of a partition that it lets go."""

    def __init__(
        self,
        connection: Connection,
        groups: Groups,
        offsets: Offsets,
        batches: Batches,
        group: str,
        topics: Sequence[str],
    ) -> None:
        self._connection, self._groups, self._offsets, self._group = connection, groups, offsets, group
        self._held: set[TopicPartition] = set()
        self._done: dict[TopicPartition, int] = {}
        self._id = ""
        self._client = connection.consumer(group, **SETTINGS, **membership(connection.address.lease))
        self._fetcher = Fetcher(self._client, batches, connection.address.prefix)
        self._client.subscribe(
            [connection.named(name) for name in topics],
            on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked,
        )  # fmt: skip
        connection.closing_with_log(self)

    def poll(self, limit: int = 10_000, timeout: float = 1.0) -> list[Record]:
        """See `port.Consumer.poll`."""
        found: list[Record] = []
        for batch in self._fetcher.take(limit, timeout):
            self._done[TopicPartition(batch.topic, batch.partition)] = batch.offsets[-1] + 1
            found += batch.records()
        return found

    def commit(self) -> None:
        """See `port.Consumer.commit`."""
        deadline = time.monotonic() + ANSWER
        while self._done:
            if self._client.memberid() != self._id:
                raise Fenced(
                    f"group {self._group!r}: another member has taken over, because this one was not heard of for "
                    f"{self._connection.address.lease:g} s; it does again what this one has not committed"
                )
            error = self._commit()
            if error is None:
                return
            # The same member in a new generation keeps what it has; it hears of the generation in a moment.
            if error.code() not in REBALANCING or time.monotonic() > deadline:
                raise translated(error, f"committing offsets of group {self._group!r}")
            time.sleep(0.01)

    def assignment(self) -> set[TopicPartition]:
        """See `port.Consumer.assignment`."""
        return set(self._held)

    def close(self) -> None:
        """Leave the group; its partitions are free at once."""
        self._connection.forget(self)
        self._client.close()
        self._held.clear()

    def _commit(self) -> KafkaError | None:
        named = self._connection.named
        offsets = [Place(named(at.topic), at.partition, offset) for at, offset in self._done.items()]
        try:
            committed = self._client.commit(offsets=offsets, asynchronous=False)
        except KafkaException as raised:
            return error_of(raised)
        return next((place.error for place in committed if place.error is not None), None)

    def _assigned(self, client: Client, places: list[Place]) -> None:
        own = self._own(places)
        if own:
            # All begin at once, so that none gets ahead while librdkafka asks for the offset of another.
            committed = self._groups.committed(self._group)
            offsets = {**self._offsets.starts(own - committed.keys()), **committed}
            named = self._connection.named
            client.incremental_assign([Place(named(at.topic), at.partition, offsets[at]) for at in own])
        self._held |= own
        self._fetcher.places = self._held
        self._id = client.memberid()

    def _revoked(self, client: Client, places: list[Place]) -> None:
        client.incremental_unassign(places)
        gone = self._own(places)
        self._held -= gone
        for place in gone:
            self._done.pop(place, None)
        self._fetcher.drop(gone)

    def _own(self, places: list[Place]) -> set[TopicPartition]:
        prefix = self._connection.address.prefix
        return {TopicPartition(place.topic.removeprefix(prefix), place.partition) for place in places}
