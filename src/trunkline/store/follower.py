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
from trunkline.quarantine import EXCERPT, Rejected
from trunkline.store.port import Conflict, Store, StoreError, Unavailable, Unit

BATCH: Final = 500  # events in one unit of work
AGAIN: Final = 5.0  # seconds after which is tried again what failed
STACK: Final = 2_000  # characters of a stack trace that are kept

Take: TypeAlias = Callable[[Unit, Record], None]
"""Bring one event into the store. What it raises, but for `Conflict`, sends the event to the quarantine."""

logger = logging.getLogger(__name__)


class Follower:
    """Follows topics from their start on. Followers of one `name`, here or elsewhere, share their partitions.

    `member` is this one's own name, the same after a restart, so that it need not wait until its former life is found
    dead.
    """

    def __init__(self, log: Log, store: Store, name: str, topics: Sequence[str], take: Take, member: str = "") -> None:
        self._log, self._store, self._name, self._take = log, store, name, take
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
        """Bring what is there into the store, some hundreds of events at most; how many that were, after `timeout`
        seconds 0. Raises `Conflict`, `LogError`, `StoreError`; what was taken is then taken again."""
        self._share()
        try:
            return sum(self._bring(batch) for batch in self._reader.take(BATCH, timeout))
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

    def _bring(self, batch: RecordBatch) -> int:
        place = TopicPartition(batch.topic, batch.partition)
        waiting = records = batch.records()
        refused = {
            records[at].offset: _rejected(self._name, records[at], stage, reason)
            for at, stage, reason in batch.failures
        }
        while waiting:
            part = waiting
            while (good := self._bring_together(place, part, refused)) < len(part):
                part = part[:good] or part  # what is before the one that failed, which is refused now, is brought alone
            waiting = waiting[len(part) :]
            self._next[place] = part[-1].offset + 1
        return len(records)

    def _bring_together(self, place: TopicPartition, records: Sequence[Record], refused: dict[int, Rejected]) -> int:
        """Bring records in one unit of work, the refused ones to the quarantine. How many these were; where one fails,
        it is refused from now on, nothing is brought, and so many are before it."""
        at = 0
        try:
            with self._store.unit() as unit:
                if unit.positions(self._name).get(place, 0) > records[0].offset:
                    raise Conflict(f"another follower {self._name} has brought {place.topic}/{place.partition} already")
                for at in range(len(records)):
                    rejected = refused.get(records[at].offset)
                    if rejected is None:
                        self._take(unit, records[at])
                    else:
                        unit.send(Rejected.topic, Event(msgspec.json.encode(rejected), rejected.key.encode()))
                unit.set_positions(self._name, {place: records[-1].offset + 1})
        except (Conflict, Unavailable, LogError):
            raise
        except Exception as error:
            if records[at].offset in refused:
                raise
            refused[records[at].offset] = _rejected(
                self._name, records[at], "processor", str(error), traceback.format_exc()
            )
            return at
        return len(records)


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
    )
