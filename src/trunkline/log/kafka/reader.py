"""Reads partitions forward: see `port.Reader`."""

from __future__ import annotations

from collections.abc import Mapping

from confluent_kafka import TopicPartition as Place

from trunkline.log.kafka.batches import Batches
from trunkline.log.kafka.connection import Connection
from trunkline.log.kafka.errors import told
from trunkline.log.kafka.fetching import SETTINGS, Fetcher
from trunkline.log.kafka.offsets import Offsets
from trunkline.log.port import RecordBatch, TopicPartition


class Reader:
    """A consumer without a group, which reads what it is told to."""

    def __init__(self, connection: Connection, offsets: Offsets, batches: Batches) -> None:
        self._connection, self._offsets = connection, offsets
        self._consumer = connection.consumer("readers", **SETTINGS)
        self._fetcher = Fetcher(self._consumer, batches, connection.address.prefix)
        connection.closing_with_log(self)

    def assign(self, offsets: Mapping[TopicPartition, int]) -> None:
        """See `port.Reader.assign`. An offset beyond the partition's end is taken for the end."""
        starts, ends = self._offsets.starts(offsets), self._offsets.written(offsets)
        named = self._connection.named
        within = {at: min(max(offset, starts[at]), ends[at]) for at, offset in offsets.items()}
        with told("assigning partitions to a reader"):
            self._consumer.assign([Place(named(at.topic), at.partition, offset) for at, offset in within.items()])
        self._fetcher.drop(self._fetcher.places)
        self._fetcher.places = frozenset(offsets)

    def take(self, limit: int = 10_000, timeout: float = 0.0) -> list[RecordBatch]:
        """See `port.Reader.take`."""
        return self._fetcher.take(limit, timeout)

    def at_end(self) -> bool:
        """See `port.Reader.at_end`. A look is 0.05 s old at most."""
        return self._fetcher.at_end()

    def close(self) -> None:
        self._connection.forget(self)
        self._consumer.close()
