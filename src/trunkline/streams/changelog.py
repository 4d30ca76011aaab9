"""Where state lies: the changelog of every commit, and a snapshot now and then: so a restart is bounded, and what was
forgotten does not lie in an old one for long.

`state.<processor>` has a partition for each instance. A record holds what one commit changed, packed, and in its header
`trunkline_inputs` the offsets that were worked on, so that any value can be walked back to its inputs.
`state.<processor>.snapshot` holds snapshots: chunks, then an empty record that says the snapshot is whole.

The processor's group has committed offsets for both: where the snapshot in force begins, and where the changelog goes
on behind it. So the pointer moves in a transaction, fenced like all others, and what lies before it can be trimmed.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from trunkline.log.port import Event, Log, LogError, Member, Topic, TopicPartition, Transaction, TransactionalProducer
from trunkline.streams.instance import Instance

INPUTS = "trunkline_inputs"  # header of a changelog record: JSON {topic/partition: [first offset, next offset]}
SNAPSHOT = "trunkline_snapshot"  # header of a chunk: the snapshot's id
DUE = 32 << 20  # bytes of changelog behind a snapshot, at least, before the next one
LINEAGE = 86_400.0  # seconds for which the changelog is kept although a snapshot has replaced it
READ = 1_000  # records of state read at once


def topics(processor: str, instances: int) -> tuple[Topic, Topic]:
    """The topics of the processor's state: changelog and snapshots."""
    return (
        Topic(name=f"state.{processor}", partitions=instances),
        Topic(name=f"state.{processor}.snapshot", partitions=instances),
    )


class Changelog:
    """The state of one instance of a processor in the log."""

    def __init__(self, log: Log, processor: str, number: int) -> None:
        self._log = log
        self._changes, self._snapshots = (TopicPartition(topic.name, number) for topic in topics(processor, number + 1))
        self._behind = 0  # bytes of changelog since the last snapshot
        self._oldest = 0.0  # when the first of it was written
        self._writing: Snapshot | None = None
        self.size = 0
        """Bytes of the last snapshot."""

    def restore(self, instance: Instance, committed: Mapping[TopicPartition, int]) -> None:
        """Load the state as it was last committed by whoever had the instance before."""
        for chunk in self.snapshot(committed):
            instance.load(chunk)
            self.size += len(chunk)
        for change in self.changes(committed):
            instance.load(change)
            self._behind += len(change)

    def snapshot(self, committed: Mapping[TopicPartition, int]) -> Iterator[bytes]:
        """The chunks of the snapshot in force. Raises `LogError` where its end is missing."""
        first = committed.get(self._snapshots)
        return iter(()) if first is None else self._chunks(first)

    def changes(self, committed: Mapping[TopicPartition, int]) -> Iterator[bytes]:
        """What was committed since the snapshot, in order."""
        end = self._log.settled(*self._changes)
        offset = max(committed.get(self._changes, 0), self._log.start(*self._changes))
        while offset < end and (records := self._log.read(*self._changes, offset, READ)):
            self._oldest = self._oldest or records[0].time / 1e6
            for record in records:
                yield record.value or b""
            offset = records[-1].offset + 1

    def write(
        self, transaction: Transaction, changes: Sequence[bytes], inputs: Mapping[TopicPartition, tuple[int, int]]
    ) -> None:
        """Put what a batch changed into its transaction."""
        if not changes:
            return
        places = {f"{topic}/{number}": span for (topic, number), span in inputs.items()}
        header = ((INPUTS, msgspec.json.encode(places)),)
        topic, number = self._changes
        transaction.append_columns(topic, [None] * len(changes), changes, headers=header, partition=number)
        self._behind += sum(map(len, changes))
        self._oldest = self._oldest or time.time()

    def advance(self, instance: Instance, producer: TransactionalProducer, member: Member) -> None:
        """Go on with a snapshot, a chunk each time, when one is due. Called between commits."""
        if self._writing is None:
            old = self._behind and time.time() - self._oldest >= LINEAGE
            if not old and self._behind < max(DUE, 2 * self.size):
                return
            self._writing = Snapshot(self._log, self._snapshots, instance.chunks(), self._log.end(*self._changes))
            self._behind, self._oldest = 0, 0.0
        if self._writing.write_next():
            written, self._writing = self._writing, None
            pointer = {self._snapshots: written.first, self._changes: written.changes_from}
            with producer.transaction() as transaction:
                transaction.consumed(member, pointer)
            self.size = written.size
            self._trim(written)

    def _trim(self, written: Snapshot) -> None:
        self._log.trim(*self._snapshots, written.first)
        old = self._log.offset_at(*self._changes, int((time.time() - LINEAGE) * 1e6))
        self._log.trim(*self._changes, min(old, written.changes_from))

    def _chunks(self, first: int) -> Iterator[bytes]:
        id, offset = None, first
        while records := self._log.read(*self._snapshots, offset, 8):
            for record in records:
                its = dict(record.headers).get(SNAPSHOT)
                id = id or its
                if its != id:
                    continue  # of a worker that was fenced while it wrote one
                if not record.value:
                    return
                yield record.value
            offset = records[-1].offset + 1
        raise LogError(
            f"{self._snapshots.topic}/{self._snapshots.partition}: the snapshot at {first} has no end; restore the log "
            "from its backup, or reset the processor's group and let it work from the start"
        )


class Snapshot:
    """A snapshot on its way into the log. `changes_from` is where the changelog goes on behind it."""

    def __init__(self, log: Log, place: TopicPartition, chunks: Iterator[bytes], changes_from: int) -> None:
        self._log, self._place, self._chunks = log, place, chunks
        self._header = ((SNAPSHOT, secrets.token_hex(8).encode()),)
        self.changes_from = changes_from
        self.first = -1
        self.size = 0

    def write_next(self) -> bool:
        """Write the next chunk, durable when it returns; True when that was the end."""
        chunk = next(self._chunks, b"")
        topic, number = self._place
        [(_, offset)] = self._log.append(topic, [Event(chunk, None, self._header)], number)
        if self.first < 0:
            self.first = offset
        self.size += len(chunk)
        return not chunk
