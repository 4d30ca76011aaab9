"""A task: one instance of a processor over its partitions, with the exactly-once commit and what follows a failure."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from trunkline.log.envelope import cloud_event
from trunkline.log.port import (
    ContractViolation,
    Event,
    EventTooLarge,
    Log,
    LogError,
    Record,
    TopicPartition,
    Transaction,
    TransactionalProducer,
)
from trunkline.quarantine import EXCERPT, Rejected
from trunkline.streams.inputs import Inputs
from trunkline.streams.processor import Processor

BATCH = 10_000  # records read at once from the changelog


class Task:
    """Restored when it is made. `changelog` is the partition that holds the instance's kept state."""

    def __init__(
        self,
        log: Log,
        make: Callable[[], Processor],
        producer: TransactionalProducer,
        offsets: Mapping[TopicPartition, int],
        changelog: TopicPartition,
    ) -> None:
        self._log, self._make, self._producer, self._changelog = log, make, producer, changelog
        self.inputs = Inputs(log, offsets)
        self._processor = self._restored()

    def run_once(self, limit: int) -> int:
        """Work on the next records, `limit` at most, and return how many there were."""
        records = self.inputs.take(limit)
        if not records:
            return 0
        try:
            self._process(records)
        except LogError as error:
            if not caused_by_event(error):
                raise
            self._one_by_one(records)
        except Exception:
            self._one_by_one(records)
        return len(records)

    def tick(self) -> None:
        """Let the processor do what is due although nothing came."""
        out = Collected(self._processor.name)
        self._processor.tick(time.time_ns() // 1000, out)
        if not out.empty:
            with self._producer.transaction() as transaction:
                out.write(transaction, self._changelog)

    def _process(self, records: Sequence[Record]) -> None:
        out = Collected(self._processor.name)
        self._processor.process(records, out)
        with self._producer.transaction() as transaction:
            out.write(transaction, self._changelog)
            transaction.consumed(self._processor.name, after(records))

    def _one_by_one(self, records: Sequence[Record]) -> None:
        """After a failure that undid the batch: find the events that cause it, and take the rest."""
        self._processor = self._restored()
        for record in records:
            try:
                self._process([record])
            except LogError as error:
                if not caused_by_event(error):
                    raise
                self._reject(record, error)
            except Exception as error:
                self._reject(record, error)

    def _reject(self, record: Record, error: Exception) -> None:
        """Put the event into quarantine in its turn, and forget what it did to the instance."""
        name = self._processor.name
        rejected = Rejected(
            stage="processor",
            reason="output.contract" if isinstance(error, LogError) else f"processor.{type(error).__name__}",
            message=f"{name} could not work on this event of {record.topic}: {error or type(error).__name__}",
            system=name,
            uri=f"log://{record.topic}/{record.partition}",
            offset=record.offset,
            length=len(record.value or b""),
            part=(record.value or b"")[:EXCERPT],
            time=datetime.now(UTC),
        )
        out = Collected(name)
        out.send(Rejected.topic, rejected.key, msgspec.json.encode(rejected), id=f"{rejected.uri}/{record.offset}")
        with self._producer.transaction() as transaction:
            out.write(transaction, self._changelog)
            transaction.consumed(name, after([record]))
        self._processor = self._restored()

    def _restored(self) -> Processor:
        """A new instance with the state that was last committed."""
        processor = self._make()
        state: dict[bytes, bytes] = {}
        offset = self._log.start(*self._changelog)
        while records := self._log.read(*self._changelog, offset, BATCH):
            for record in records:
                if record.key is None:
                    continue
                if record.value is None:
                    state.pop(record.key, None)
                else:
                    state[record.key] = record.value
            offset = records[-1].offset + 1
        for key, value in state.items():
            try:
                processor.restore(key.decode(), value)
            except Exception as error:
                error.add_note(f"{processor.name} could not take back {key!r} from {self._changelog.topic}.")
                raise
        return processor


class Collected:
    """What a processor sent and kept during a batch (`Outputs`), until it is written in one transaction."""

    def __init__(self, processor: str) -> None:
        self._source = f"trunkline://{processor}"
        self._sent: dict[str, list[Event]] = {}
        self._kept: dict[str, bytes | None] = {}

    def send(self, topic: str, key: str, value: bytes | None, *, id: str, time: int = 0) -> None:
        event = cloud_event(type=topic, source=self._source, id=id, value=value, key=key, time=time)
        self._sent.setdefault(topic, []).append(event)

    def keep(self, key: str, value: bytes | None) -> None:
        self._kept[key] = value

    @property
    def empty(self) -> bool:
        return not self._sent and not self._kept

    def write(self, transaction: Transaction, changelog: TopicPartition) -> None:
        for topic, events in self._sent.items():
            transaction.append(topic, events)
        if self._kept:
            changes = [Event(value, key.encode()) for key, value in self._kept.items()]
            transaction.append(changelog.topic, changes, changelog.partition)


def after(records: Sequence[Record]) -> dict[TopicPartition, int]:
    """The offset after the last record of each partition."""
    return {TopicPartition(record.topic, record.partition): record.offset + 1 for record in records}


def caused_by_event(error: LogError) -> bool:
    """Whether the log refused an output for what it is; otherwise (fenced, disk full) the event is not to blame."""
    return isinstance(error, ContractViolation | EventTooLarge)
