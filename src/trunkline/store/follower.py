"""The follower: what topics of the log say is brought into the store, each event once.

How far it has come is in the store, and is committed with what the events change there. So a process that dies leaves
neither half of an event nor an event twice, and two that believe that a partition is theirs cannot both bring it.
"""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import msgspec

from trunkline.log.port import Event, Log, LogError, Record, RecordBatch, Topic, TopicPartition
from trunkline.quarantine import EXCERPT, Rejected, named
from trunkline.store.port import Conflict, Store, StoreError, Unavailable, Unit

BATCH: Final = 500  # events in one unit of work, where they are brought one by one
TOGETHER: Final = 2_000  # where many are brought together, which takes no longer
AGAIN: Final = 5.0  # seconds after which is tried again what failed
STACK: Final = 2_000  # characters of a stack trace that are kept

Take: TypeAlias = Callable[[Unit, Sequence[Record]], None]
"""Bring events into the store, in their order and together. Where it raises, but for `Conflict`, nothing of them is
kept and fewer are tried together; that which fails alone goes to the quarantine."""

Place: TypeAlias = tuple[str, int, int]  # topic, partition, offset
Refused: TypeAlias = dict[Place, Rejected]

logger = logging.getLogger(__name__)


def one_by_one(take: Callable[[Unit, Record], None]) -> Take:
    """Bring each event into the store by itself."""

    def taking(unit: Unit, records: Sequence[Record]) -> None:
        for record in records:
            take(unit, record)

    return taking


class Follower:
    """Follows topics from their start on. Followers of one `name`, here or elsewhere, share their partitions.

    `member` is this one's own name, the same after a restart, so that it need not wait until its former life is found
    dead. A unit of work is of `batch` events at most.
    """

    def __init__(
        self,
        log: Log,
        store: Store,
        name: str,
        topics: Sequence[str],
        take: Take,
        member: str = "",
        batch: int = BATCH,
    ) -> None:
        self._log, self._store, self._name, self._take, self._batch = log, store, name, take, batch
        if Rejected.topic not in {topic.name for topic in log.topics()}:
            log.create(Topic(name=Rejected.topic))
        self._members = {topic: log.member(f"store.{name}.{topic}", topic, member) for topic in topics}
        self._reader = log.reader()
        self._next: dict[TopicPartition, int] = {}

    def run(self, stop: threading.Event) -> None:
        """Follow until `stop` is set. What fails is said and tried again."""
        while not stop.is_set():
            try:
                self.run_once(0.2)
            except Conflict:
                continue  # another unit got in the way
            except (LogError, StoreError):
                logger.exception("the follower %s stands still; it tries again in %d s", self._name, AGAIN)
                stop.wait(AGAIN)

    def run_once(self, timeout: float = 0.0) -> int:
        """Bring what is there into the store, a batch at most; how many events that were, after `timeout` seconds 0.
        Raises `Conflict`, `LogError`, `StoreError`; what was taken is then taken again."""
        self._share()
        try:
            return self._bring(self._reader.take(self._batch, timeout))
        except BaseException:
            self._next = {}  # to begin again where the store says
            raise

    def caught_up(self) -> bool:
        """Whether all that was in this one's partitions when last looked is in the store."""
        return self._reader.at_end()

    def close(self) -> None:
        """Let others have its partitions."""
        self._reader.close()
        for member in self._members.values():
            member.close()

    def _share(self) -> None:
        """Read the partitions that are this one's now, from where the store says."""
        mine = {
            TopicPartition(topic, number) for topic, member in self._members.items() for number in member.assignment()
        }
        if mine == self._next.keys():
            return
        with self._store.unit() as unit:
            there = unit.positions(self._name)
        self._next = {each: there.get(each, self._log.start(*each)) for each in mine}
        self._reader.assign(self._next)

    def _bring(self, batches: Sequence[RecordBatch]) -> int:
        waiting = records = [record for batch in batches for record in batch.records()]
        refused: Refused = {}
        for batch in batches:
            of = batch.records() if batch.failures else []
            refused |= {_place(of[at]): _rejected(self._name, of[at], stage, why) for at, stage, why in batch.failures}
        together = len(records)
        while waiting:
            part = waiting[:together]
            if self._bring_together(part, refused):
                waiting, together = waiting[len(part) :], 2 * together
            else:
                together = max(1, len(part) // 2)
        self._next |= {TopicPartition(record.topic, record.partition): record.offset + 1 for record in records}
        return len(records)

    def _bring_together(self, records: Sequence[Record], refused: Refused) -> bool:
        """Bring records in one unit of work, the refused ones to the quarantine. Where that fails, nothing is brought;
        what fails alone is refused from now on."""
        first: dict[TopicPartition, int] = {}
        for record in records:
            first.setdefault(TopicPartition(record.topic, record.partition), record.offset)
        try:
            with self._store.unit() as unit:
                there = unit.positions(self._name)
                for place, offset in first.items():
                    if there.get(place, 0) > offset:
                        raise Conflict(
                            f"another follower {self._name} has brought {place.topic}/{place.partition} already"
                        )
                self._take(unit, [record for record in records if _place(record) not in refused])
                for record in records:
                    if rejected := refused.get(_place(record)):
                        unit.send(Rejected.topic, Event(msgspec.json.encode(rejected), rejected.key.encode()))
                unit.set_positions(
                    self._name,
                    {TopicPartition(record.topic, record.partition): record.offset + 1 for record in records},
                )
        except (Conflict, Unavailable, LogError):
            raise
        except Exception as error:
            if len(records) == 1:
                if _place(records[0]) in refused:
                    raise
                stack = traceback.format_exc()
                refused[_place(records[0])] = _rejected(self._name, records[0], "processor", str(error), stack)
            return False
        return True


def _place(record: Record) -> Place:
    return record.topic, record.partition, record.offset


def _rejected(follower: str, record: Record, stage: str, reason: str, stack: str = "") -> Rejected:
    return Rejected(
        stage=stage,
        reason=f"{stage}.failed",
        message=reason,
        system=f"store.{follower}",
        uri=f"log://{record.topic}/{record.partition}",
        offset=record.offset,
        part=(record.value or b"")[:EXCERPT],
        target=record.topic,
        stack=stack[-STACK:],
        whose=named(record.key),
    )
