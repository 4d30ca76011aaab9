"""The worker: runs processors over the log, each event exactly once.

A commit is one transaction of the log: outputs, changes of the kept state (the compacted topic `state.<processor>`) and
the consumed offsets of the group `<processor>`. A worker that opens a processor fences the one that ran it before.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from trunkline.log.port import Log, LogError, Topic, TopicPartition
from trunkline.quarantine import Rejected
from trunkline.streams.processor import Processor
from trunkline.streams.task import Task

BATCH = 2_000  # events of a commit at most: larger ones gain little and make the next wait
TICK = 1.0  # seconds
LOOK = 0.2  # seconds between looks at whether to stop


class Worker:
    """Runs `processors`: classes, or factories of instances, called for each partition (once for a `whole`) and again
    when a failure has spoilt an instance.

    Raises `LogError` where a topic is missing, or the topics of a processor differ in their number of partitions.
    """

    def __init__(self, log: Log, processors: Sequence[Callable[[], Processor]]) -> None:
        self._log = log
        if Rejected.topic not in {topic.name for topic in log.topics()}:
            log.create(Topic(name=Rejected.topic))
        self._runs = [Run(log, make) for make in processors]

    def run_once(self, limit: int = BATCH) -> int:
        """Let each instance work on up to `limit` records, and return how many there were in all."""
        return sum(run.run_once(limit) for run in self._runs)

    def caught_up(self) -> bool:
        """Whether every processor has worked on everything in its topics."""
        return all(run.caught_up() for run in self._runs)

    def run(self, stop: threading.Event) -> None:
        """Run until `stop` is set, each processor in a thread so that none waits for another's long batch.

        Raises what stopped one of them, for a supervisor to start the worker anew: `Fenced` where another worker has
        taken a processor over, `LogError` where the log cannot be written.
        """
        failed = threading.Event()
        with ThreadPoolExecutor(max(len(self._runs), 1), thread_name_prefix="processor") as pool:
            futures = [pool.submit(run.follow, lambda: stop.is_set() or failed.is_set()) for run in self._runs]
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            failed.set()
        for future in done:
            future.result()


class Run:
    """One processor in this worker: its producer and its tasks."""

    def __init__(self, log: Log, make: Callable[[], Processor]) -> None:
        self._log = log
        first = make()
        self.name = first.name
        groups = assign(log, first)
        log.create(Topic(name=f"state.{self.name}", partitions=len(groups), compacted=True))
        # Opened before the state is read: from here on no earlier worker can change it.
        producer = log.transactional(self.name)
        committed = log.committed(self.name)
        self._tasks = [
            Task(
                log,
                make,
                producer,
                {place: committed.get(place, log.start(*place)) for place in places},
                TopicPartition(f"state.{self.name}", number),
            )
            for number, places in enumerate(groups)
        ]
        self._tick_at = time.monotonic() + TICK

    def run_once(self, limit: int) -> int:
        try:
            return self._run_once(limit)
        except Exception as error:
            error.add_note(f"This stopped the processor {self.name!r}.")
            raise

    def _run_once(self, limit: int) -> int:
        done = sum(task.run_once(limit) for task in self._tasks)
        # Time passes for a processor only when it knows all that has happened so far.
        if not done and time.monotonic() >= self._tick_at:
            self._tick_at = time.monotonic() + TICK
            for task in self._tasks:
                task.tick()
        return done

    def caught_up(self) -> bool:
        return all(task.inputs.all_taken() for task in self._tasks)

    def follow(self, stopped: Callable[[], bool]) -> None:
        while not stopped():
            if not self.run_once(BATCH):
                offsets = {place: offset for task in self._tasks for place, offset in task.inputs.offsets.items()}
                self._log.wait(offsets, LOOK)


def assign(log: Log, processor: Processor) -> list[list[TopicPartition]]:
    """The partitions of each instance: all for a `whole` processor, otherwise those of one number."""
    topics = {topic.name: topic for topic in log.topics()}
    if missing := [name for name in processor.reads if name not in topics]:
        raise LogError(f"the processor {processor.name} reads {', '.join(missing)}, which the log does not have")
    counts = {name: topics[name].partitions for name in processor.reads}
    if processor.whole:
        return [[TopicPartition(name, number) for name, count in counts.items() for number in range(count)]]
    if len(set(counts.values())) != 1:
        named = ", ".join(f"{name}: {count}" for name, count in counts.items())
        raise LogError(f"the topics that {processor.name} reads must have the same number of partitions ({named})")
    return [[TopicPartition(name, number) for name in counts] for number in range(counts[processor.reads[0]])]
