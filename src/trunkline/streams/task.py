"""A task: one instance of a processor over its partitions, and what came of the batches since the last commit."""

from __future__ import annotations

import traceback
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from trunkline.log.port import (
    ContractViolation,
    Log,
    LogError,
    Member,
    Record,
    RecordBatch,
    TopicPartition,
    Transaction,
    TransactionalProducer,
)
from trunkline.quarantine import EXCERPT, Rejected, named
from trunkline.streams import metrics
from trunkline.streams.changelog import Changelog
from trunkline.streams.inputs import Inputs
from trunkline.streams.instance import Definition, Poison
from trunkline.streams.out import due_uri
from trunkline.streams.outputs import Outputs
from trunkline.streams.retry import retried


class Piece(NamedTuple):
    """What an instance is given of a batch: the records from the place `first` on of the one numbered `batch`."""

    part: RecordBatch
    batch: int
    first: int

    def behind(self, index: int) -> list[Piece]:
        """What comes after one of its records."""
        if index + 1 == len(self.part):
            return []
        return [Piece(self.part.part(index + 1, len(self.part)), self.batch, self.first + index + 1)]


class Task:
    """Restored when it is made. `number` is the instance's; `places` are its input partitions with their offsets."""

    def __init__(
        self,
        log: Log,
        definition: Definition,
        number: int,
        places: Mapping[TopicPartition, int],
        beside: Collection[TopicPartition],
        committed: Mapping[TopicPartition, int],
    ) -> None:
        self._name = definition.name
        self.inputs = Inputs(places, beside)
        self._beside = frozenset(beside)
        self.instance = definition.instance()
        self.changelog = Changelog(log, definition.name, number)
        self.changelog.restore(self.instance, committed)
        self._out = Outputs(definition.name)
        self._spans: dict[TopicPartition, tuple[int, int]] = {}

    def work(self, batches: Sequence[RecordBatch]) -> None:
        """Work on batches. What is known to be no fault of the rest goes to the quarantine in its turn.

        Raises what the processor raises where it is not: then `undo` it and find out which record is to blame.
        """
        rest = [piece for number, batch in enumerate(batches) for piece in self._sound(batch, number)]
        while rest:
            try:
                self.instance.work([piece.part for piece in rest], self._out)
                break
            except Poison as poison:
                piece = rest[poison.batch]
                if not poison.clean:
                    poison.batch, poison.index = piece.batch, piece.first + poison.index
                    raise
                self._send_rejected(piece.part, poison.index, poison.stage, poison.reason, poison)
                rest = [*piece.behind(poison.index), *rest[poison.batch + 1 :]]
        self._count(batches)

    def reject(self, batch: RecordBatch, error: Exception) -> None:
        """Put the one record of a batch into quarantine, as the one to blame."""
        stage, reason = "processor", f"processor.{type(error).__name__}"
        if isinstance(error, Poison):
            stage, reason = error.stage, error.reason
        elif isinstance(error, LogError):
            reason = "output.contract"
        for piece in self._sound(batch, 0):
            self._send_rejected(piece.part, 0, stage, reason, error)
        self._count([batch])

    def reject_due(self, error: Exception) -> bool:
        """Put outputs into quarantine that break their contract and came of a timer or a window's end, so that no event
        is to blame; whether that is all that was wrong with `error`."""
        if not isinstance(error, ContractViolation) or error.topic not in self._out.topics:
            return False
        sent = self._out.topics[error.topic]
        reasons = {index: f"{path}: {reason}" for index, path, reason in error.failures}
        if not sent.due.issuperset(reasons):
            return False
        for index in sorted(reasons, reverse=True):
            key, value = sent.remove(index)
            uri = due_uri(self._name, key or b"")
            rejected = Rejected(
                stage="contract",
                reason="output.contract",
                message=f"what {self._name} sends to {error.topic} when it comes due breaks its contract at "
                f"{reasons[index]}",
                system=self._name,
                uri=uri,
                length=len(value or b""),
                part=(value or b"")[:EXCERPT],
                target=error.topic,
                time=datetime.now(UTC),
                whose=named(key),
            )
            self._out.send(Rejected.topic, uri, msgspec.json.encode(rejected))
            metrics.REJECTED.labels(self._name, "contract").inc()
        return True

    def tick(self, now: int) -> bool:
        """Let time pass; whether anything came of it."""
        self.instance.tick(now, self._out)
        return not self._out.empty or bool(self.instance.changes())

    def write(self, transaction: Transaction, member: Member) -> None:
        """Put what came of the work into the transaction: outputs, changes of state, offsets."""
        self._out.write(transaction)
        self.changelog.write(transaction, self.instance.changes(), self._spans)
        if self._spans:
            transaction.consumed(member, {place: end for place, (_, end) in self._spans.items()})

    def done(self) -> None:
        """The transaction is committed."""
        self.instance.done()
        metrics.OUTPUTS.labels(self._name).inc(sum(len(sent.keys) for sent in self._out.topics.values()))
        self._clear()

    def undo(self) -> None:
        """It is not, and will not be: as after the last commit."""
        self.instance.undo()
        self._clear()

    def advance_snapshot(self, producer: TransactionalProducer, member: Member) -> None:
        self.changelog.advance(self.instance, producer, member)

    def _clear(self) -> None:
        self._out.clear()
        self._spans.clear()

    def _count(self, batches: Sequence[RecordBatch]) -> None:
        for batch in batches:
            place = TopicPartition(batch.topic, batch.partition)
            first, _ = self._spans.get(place, (batch.offsets[0], 0))
            self._spans[place] = (first, batch.offsets[-1] + 1)

    def _sound(self, batch: RecordBatch, number: int) -> Iterator[Piece]:
        """The batch without what breaks its contract although it lies in the log, which goes to the quarantine."""
        if TopicPartition(batch.topic, batch.partition) in self._beside:
            yield from (Piece(record, number, index) for index, record in enumerate(retried(batch)))
            return
        first = 0
        for index, stage, reason in batch.failures:
            if index < first:
                continue  # another fault of the same record
            self._send_rejected(batch, index, stage, f"{stage}.input", LogError(reason))
            if index > first:
                yield Piece(batch.part(first, index), number, first)
            first = index + 1
        if not first:
            yield Piece(batch, number, 0)
        elif first < len(batch):
            yield Piece(batch.part(first, len(batch)), number, first)

    def _send_rejected(self, batch: RecordBatch, index: int, stage: str, reason: str, error: Exception) -> None:
        [record] = batch.part(index, index + 1).records()
        rejected = rejection(self._name, record, stage, reason, error)
        id = f"{self._name}:{rejected.uri}/{record.offset}"
        self._out.send(Rejected.topic, rejected.key, msgspec.json.encode(rejected), id=id)
        metrics.REJECTED.labels(self._name, stage).inc()


def rejection(processor: str, record: Record, stage: str, reason: str, error: Exception) -> Rejected:
    """What the quarantine holds of a record that a processor could not take."""
    raised = error.__cause__ or error
    return Rejected(
        stage=stage,
        reason=reason,
        message=f"{processor} could not work on this event of {record.topic}: {error or type(error).__name__}",
        system=processor,
        uri=f"log://{record.topic}/{record.partition}",
        offset=record.offset,
        length=len(record.value or b""),
        part=(record.value or b"")[:EXCERPT],
        target=record.topic,
        stack="".join(traceback.format_tb(raised.__traceback__))[-EXCERPT:] if stage == "processor" else "",
        time=datetime.now(UTC),
        whose=named(record.key),
    )
