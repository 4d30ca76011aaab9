"""One processor in one worker: its share of the instances, and the transaction in which each round of work ends."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence

from trunkline.log.port import ContractViolation, EventTooLarge, Fenced, Log, LogError, RecordBatch, TopicPartition
from trunkline.streams import changelog, metrics, retry
from trunkline.streams.instance import Definition, Poison
from trunkline.streams.task import Task

TICK = 1.0  # seconds
REPORT = 5.0  # seconds between two looks at lag and size
PATIENT = 3  # times in a row that a worker which was fenced starts anew by itself

logger = logging.getLogger(__name__)


class Run:
    """A definition at work. `worker` is the name under which this process writes: no two that live may share one.

    Its share are the partitions that it holds of `state.<processor>`; for each it runs the instance of that number.
    """

    def __init__(self, log: Log, definition: Definition, worker: str) -> None:
        self.name = definition.name
        self._log, self._definition = log, definition
        self._places = assign(log, definition)
        for topic in (*changelog.topics(self.name, len(self._places)), retry.topic(self.name, len(self._places))):
            log.create(topic)
        self._producer = log.transactional(f"{self.name}.{worker}")
        self._member = log.member(self.name, f"state.{self.name}", worker)
        self._reader = log.reader()
        self._tasks: dict[int, Task] = {}
        self._task_of: dict[TopicPartition, Task] = {}
        self._fenced = 0
        self._tick_at = time.monotonic() + TICK
        self._report_at = 0.0

    def run_once(self, limit: int, timeout: float = 0.0) -> int:
        """A round: what is there, `limit` events at most, worked on and committed; how many they were.

        Raises what no event is to blame for: `Fenced` where this worker is fenced again and again, `LogError`.
        """
        try:
            done = self._round(limit, timeout)
        except Fenced:
            metrics.FENCED.labels(self.name).inc()
            self._fenced += 1
            self._forget()
            if self._fenced == PATIENT:
                raise
            logger.warning("%s: another worker has taken over a part of the work; starting that part anew", self.name)
            return 0
        except Exception as error:
            error.add_note(f"This stopped the processor {self.name!r}.")
            raise
        return done

    def caught_up(self) -> bool:
        """Whether this worker holds all instances, and they have worked on everything that had come."""
        self._hold_share()
        whole = len(self._tasks) == len(self._places)
        return whole and self._reader.at_end() and all(task.inputs.empty() for task in self._tasks.values())

    def follow(self, stopped: Callable[[], bool], limit: int, look: float) -> None:
        while not stopped():
            self.run_once(limit, look)

    def close(self) -> None:
        """Let go of the share; others have it at once."""
        self._forget()
        self._reader.close()
        self._member.close()
        self._producer.close()

    def _round(self, limit: int, timeout: float) -> int:
        self._hold_share()
        for batch in self._reader.take(limit, timeout):
            self._task_of[TopicPartition(batch.topic, batch.partition)].inputs.add(batch)
        all_there = self._reader.at_end()
        due = [(task, task.inputs.release(all_there=all_there)) for task in self._tasks.values()]
        busy = [(task, batches) for task, batches in due if batches]
        if busy:
            self._work(busy)
        # Time passes for a processor only when it knows all that has happened so far.
        elif all_there and time.monotonic() >= self._tick_at:
            self._tick()
        for task in self._tasks.values():
            task.advance_snapshot(self._producer, self._member)
        if time.monotonic() >= self._report_at:
            self._report()
        done = sum(len(batch) for _, batches in busy for batch in batches)
        metrics.EVENTS.labels(self.name).inc(done)
        return done

    def _work(self, busy: Sequence[tuple[Task, list[RecordBatch]]]) -> None:
        tasks = [task for task, _ in busy]
        try:
            with metrics.WORK.labels(self.name).time():
                for task, batches in busy:
                    task.work(batches)
            self._commit(tasks)
        except Exception as error:
            if not blames_event(error):
                raise
            for task in tasks:
                task.undo()
            for task, batches in busy:
                self._work_carefully(task, batches)

    def _work_carefully(self, task: Task, batches: list[RecordBatch]) -> None:
        """Find the events that spoil a batch, put them into quarantine in their turn, and take the rest."""
        pieces = deque([batches])
        while pieces:
            piece = pieces.popleft()
            try:
                task.work(piece)
                self._commit_sound(task)
            except Exception as error:
                if not blames_event(error):
                    raise
                task.undo()
                if sum(map(len, piece)) > 1:
                    pieces.extendleft(reversed(cut(piece, error)))
                    continue
                task.reject(piece[0], error)
                self._commit([task])

    def _commit(self, tasks: Sequence[Task]) -> None:
        with metrics.COMMIT.labels(self.name).time(), self._producer.transaction() as transaction:
            for task in tasks:
                task.write(transaction, self._member)
        for task in tasks:
            task.done()
        self._fenced = 0

    def _commit_sound(self, task: Task) -> None:
        """Commit without the outputs that came due and break their contract: nothing that is tried again mends them."""
        while True:
            try:
                return self._commit([task])
            except ContractViolation as error:
                if not task.reject_due(error):
                    raise

    def _tick(self) -> None:
        self._tick_at = time.monotonic() + TICK
        now = time.time_ns() // 1000
        for task in self._tasks.values():
            try:
                if task.tick(now):
                    self._commit_sound(task)
            except Exception as error:
                if not blames_event(error):
                    raise
                task.undo()
                logger.exception("%s: what is due by the clock failed, and is tried again", self.name)

    def _report(self) -> None:
        """Tell the figures that take a look."""
        self._report_at = time.monotonic() + REPORT
        waiting = 0
        for task in self._tasks.values():
            waiting += sum(max(0, self._log.end(*place) - offset) for place, offset in task.inputs.offsets.items())
        metrics.LAG.labels(self.name).set(waiting)
        metrics.KEYS.labels(self.name).set(sum(len(task.instance) for task in self._tasks.values()))
        metrics.STATE.labels(self.name).set(sum(task.changelog.size for task in self._tasks.values()))

    def _hold_share(self) -> None:
        """Take up the instances that are this worker's now, and let go of those that are not any more."""
        share = self._member.assignment()
        if share == self._tasks.keys():
            return
        metrics.REBALANCES.labels(self.name).inc()
        for number in self._tasks.keys() - share:
            del self._tasks[number]
        if new := sorted(share - self._tasks.keys()):
            committed = self._log.committed(self.name)
            for number in new:
                places = [*self._places[number], TopicPartition(f"retry.{self.name}", number)]
                offsets = {place: committed.get(place, self._log.start(*place)) for place in places}
                self._tasks[number] = Task(self._log, self._definition, number, offsets, places[-1:], committed)
        self._begin_reading()

    def _begin_reading(self) -> None:
        self._task_of = {place: task for task in self._tasks.values() for place in task.inputs.offsets}
        for task in self._tasks.values():
            task.inputs.drop_waiting()
        self._reader.assign(
            {place: offset for task in self._tasks.values() for place, offset in task.inputs.offsets.items()}
        )
        metrics.PARTITIONS.labels(self.name).set(len(self._tasks))

    def _forget(self) -> None:
        """Keep nothing in memory: the share is looked at and its state read anew."""
        self._tasks.clear()
        self._begin_reading()


def assign(log: Log, definition: Definition) -> list[list[TopicPartition]]:
    """The partitions of each instance: all for a `whole` processor, otherwise those of one number.

    Raises `LogError` where a topic is missing, or the topics differ in their number of partitions.
    """
    topics = {topic.name: topic for topic in log.topics()}
    if missing := [name for name in definition.reads if name not in topics]:
        raise LogError(f"the processor {definition.name} reads {', '.join(missing)}, which the log does not have")
    counts = {name: topics[name].partitions for name in definition.reads}
    if definition.whole:
        return [[TopicPartition(name, number) for name, count in counts.items() for number in range(count)]]
    if len(set(counts.values())) != 1:
        named = ", ".join(f"{name}: {count}" for name, count in counts.items())
        raise LogError(f"the topics that {definition.name} reads must have the same number of partitions ({named})")
    return [[TopicPartition(name, number) for name in counts] for number in range(counts[definition.reads[0]])]


def blames_event(error: Exception) -> bool:
    """Whether an event is to blame: its processor fails on it, or the log refuses what came of it for what it is.
    Otherwise (fenced, disk full) it is not."""
    return not isinstance(error, LogError) or isinstance(error, ContractViolation | EventTooLarge)


def cut(batches: list[RecordBatch], error: Exception) -> list[list[RecordBatch]]:
    """Smaller pieces of what failed: around the event to blame where it is known, otherwise halves."""
    if isinstance(error, Poison):
        batch = batches[error.batch]
        before = batches[: error.batch] + ([batch.part(0, error.index)] if error.index else [])
        after = ([batch.part(error.index + 1, len(batch))] if error.index + 1 < len(batch) else []) + batches[
            error.batch + 1 :
        ]
        return [piece for piece in (before, [batch.part(error.index, error.index + 1)], after) if piece]
    half = sum(map(len, batches)) // 2
    first: list[RecordBatch] = []
    for index, batch in enumerate(batches):
        if len(batch) > half:
            rest = [batch.part(half, len(batch)), *batches[index + 1 :]]
            return [[*first, batch.part(0, half)], rest] if half else [first, rest]
        first.append(batch)
        half -= len(batch)
    raise AssertionError("half of the records lie before the end")
