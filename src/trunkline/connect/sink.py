"""One sink at work: what its topics hold goes to a system, and how far it has come is committed in the log.

That is committed once the system has the records: after a crash what was not committed comes again, so each goes out at
least once. Where the system keeps the offset with the data, or what is repeated takes the place of what was there, it
is once.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime

import msgspec

from trunkline.connect import metrics
from trunkline.connect.sink_group import SinkGroup
from trunkline.connect.sink_waiting import Waiting
from trunkline.connect.status import Status, reason_of
from trunkline.log import Event, Fenced, Log, Record, TopicPartition
from trunkline.log.envelope import cloud_event
from trunkline.quarantine import EXCERPT, Rejected, named
from trunkline.systems.sink import Down, Overtaken, Portion, Refusal, Sink, SinkContext, SinkSettings, Target

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a system is tried again; doubled each time
LOOK = 0.1  # seconds that a round waits for records at most
READ = 5_000  # records that are taken at a time
MOST = 64 << 20  # bytes that wait at a time, over all partitions
REPORT = 5.0  # seconds between two looks at what waits in the log
LONGEST_MESSAGE = 1_000  # characters

logger = logging.getLogger("trunkline.connect")


class SinkRun:
    """A declared sink on a log. `worker` is the name of this process: no two that live may share one. Processes that
    run the same sink share the partitions of its topics."""

    def __init__(
        self, log: Log, settings: SinkSettings, sink: Sink, context: SinkContext, status: Status, worker: str
    ) -> None:
        self._log, self._settings, self._sink, self._context = log, settings, sink, context
        self._status, self._worker = status, worker
        self._group: SinkGroup | None = None
        self._target: Target | None = None
        self._waiting: dict[TopicPartition, Waiting] = {}
        self._held = False
        self._pause = FIRST_PAUSE
        self._report_at = 0.0

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; blocks. What fails is tried again after a pause, and nothing is lost by it."""
        try:
            while not stop.is_set():
                stop.wait(self._try())
        finally:
            self._let_go()
            self._leave()
            self._status.state = "stopped"

    def _try(self) -> float:
        """A round; returns for how long to pause, in seconds."""
        try:
            self._round()
            return 0.0
        except (Fenced, Overtaken) as error:
            logger.warning("%s: %s; this process looks anew where it stands", self._settings.name, error)
            pause = FIRST_PAUSE
            self._leave()
        except Down as error:
            pause = max(self._failed(error), error.pause)
        except Exception as error:
            logger.debug("%s failed", self._settings.name, exc_info=True)
            pause = self._failed(error)
            self._leave()
        self._let_go()
        return pause

    def _round(self) -> None:
        if self._group is None:
            self._group = SinkGroup(self._log, group_of(self._settings), self._settings.topics, self._worker)
        target = self._hold_share(self._group)
        for place, offsets, records in self._group.take(READ, LOOK):
            self._waiting[place].add(offsets, records)
        while due := self._due():
            self._hand_over(self._group, target, due)
        if time.monotonic() >= self._report_at:
            self._report_at = time.monotonic() + REPORT
            lag = self._group.lag({place: waiting.position for place, waiting in self._waiting.items()})
            metrics.LAG.labels(self._settings.name).set(lag)

    def _hold_share(self, group: SinkGroup) -> Target:
        """Take up the partitions that are this process's now, let go of those that are not, and see to it that the
        system is reached."""
        share = group.share()
        if share != self._waiting.keys():
            self._held = False
            for place in self._waiting.keys() - share:
                del self._waiting[place]
            new = share - self._waiting.keys()
            for place, position in group.positions(new, newest=self._settings.begin == "newest").items():
                self._waiting[place] = Waiting(place, position, self._settings.records)
        target = self._target = self._target or self._open()
        if self._held:
            return target
        kept = target.hold(self._waiting.keys())
        # What was written while its commit failed is committed now: nothing may ever come that would do it.
        if unsaid := {place: offset for place, offset in kept.items() if offset > self._waiting[place].position}:
            group.commit(unsaid)
        for place, offset in kept.items():
            self._waiting[place].done_to(offset)
        group.read_from({place: waiting.read_to for place, waiting in self._waiting.items()})
        self._held = True
        if not any(self._waiting.values()):
            self._succeeded()
        return target

    def _open(self) -> Target:
        try:
            return self._sink.open(self._settings, self._context)
        except ValueError as error:
            raise Down(str(error)) from None

    def _due(self) -> list[Waiting]:
        """What is handed over now: what has come together or waited long enough; everything when it is too much."""
        too_much = sum(waiting.bytes for waiting in self._waiting.values()) >= MOST
        return [waiting for waiting in self._waiting.values() if waiting and (too_much or waiting.due(self._settings))]

    def _hand_over(self, group: SinkGroup, target: Target, due: list[Waiting]) -> None:
        """A portion of each, and one commit."""
        done: dict[TopicPartition, int] = {}
        refused: list[Event] = []
        try:
            for waiting in due:
                portion = waiting.portion()
                refusal = self._write(target, portion, done)
                if refusal is None:
                    waiting.size = min(2 * waiting.size, self._settings.records)
                else:
                    waiting.size = 1  # what is behind a refused record is likely refused, too
                    refused.append(self._rejected(portion.records[refusal.index], refusal))
        finally:
            if done:
                group.commit(done, refused)
                self._count(done, len(refused))

    def _write(self, target: Target, portion: Portion, done: dict[TopicPartition, int]) -> Refusal | None:
        """Hand a portion over, and say in `done` how far the partition is done with."""
        try:
            refusal = target.write(portion)
        except Down as error:
            if error.taken:
                done[portion.place] = portion.offsets[error.taken - 1] + 1
            raise
        last = len(portion.offsets) - 1 if refusal is None else refusal.index
        done[portion.place] = portion.offsets[last] + 1
        self._succeeded()
        return refusal

    def _rejected(self, record: Record, refusal: Refusal) -> Event:
        """What the quarantine says of a refused record; its place in the log tells it from all others."""
        value = record.value or b""
        rejected = Rejected(
            stage="sink",
            reason=refusal.reason,
            message=refusal.message[:LONGEST_MESSAGE],
            system=group_of(self._settings),
            uri=f"log://{record.topic}/{record.partition}",
            offset=record.offset,
            length=len(value),
            part=value[:EXCERPT],
            target=record.topic,
            time=datetime.now(UTC),
            whose=named(record.key),
        )
        return cloud_event(
            type=Rejected.topic,
            source=rejected.uri,
            id=f"{rejected.system}/{record.offset}",
            value=msgspec.json.encode(rejected),
            key=rejected.key,
        )

    def _count(self, done: dict[TopicPartition, int], refused: int) -> None:
        events = sum(self._waiting[place].done_to(offset) for place, offset in done.items()) - refused
        self._status.took(events=events, rejected=refused)
        metrics.EVENTS.labels(self._settings.name).inc(events)
        metrics.REJECTED.labels(self._settings.name).inc(refused)

    def _succeeded(self) -> None:
        self._pause = FIRST_PAUSE
        self._status.succeeded()

    def _failed(self, error: Exception) -> float:
        metrics.FAILURES.labels(self._settings.name).inc()
        self._status.state = "waiting"
        self._status.failed(reason_of(error))
        pause, self._pause = self._pause, min(2 * self._pause, LONGEST_PAUSE)
        return pause

    def _let_go(self) -> None:
        """Close the way to the system; what waits, waits."""
        target, self._target, self._held = self._target, None, False
        if target is not None:
            with suppress(Exception):
                target.close()

    def _leave(self) -> None:
        """Leave the group, and forget what was read."""
        group, self._group = self._group, None
        self._waiting.clear()
        if group is not None:
            with suppress(Exception):
                group.close()


def group_of(settings: SinkSettings) -> str:
    """The group in which a sink reads."""
    return f"sink.{settings.name}"
