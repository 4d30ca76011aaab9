"""The worker: runs processors over the log, each event exactly once.

A commit is one transaction of the log: outputs, changes of state and the consumed offsets of the group `<processor>`.
Any number of workers may run the same processors on one log: they share the instances, and when one dies the others
take its share over, with its state. One that was paused and wakes up cannot commit any more.
"""

from __future__ import annotations

import gc
import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from trunkline.log.port import Log, Topic
from trunkline.quarantine import Rejected
from trunkline.streams.instance import Definition
from trunkline.streams.recorded import Processor, Recorded
from trunkline.streams.run import Run

BATCH = 20_000  # events of a commit at most: what a row of the log costs is spread over more
LOOK = 0.2  # seconds between looks at whether to stop


class Worker:
    """Runs `processors`: definitions (`@processor`, windows, joins, …), or classes and factories of `Processor`.

    `name` tells this worker from others that live; the same after a restart, so that it ends at once what it left open.
    Raises `LogError` where a topic is missing, or the topics of a processor differ in their number of partitions.
    """

    def __init__(
        self, log: Log, processors: Sequence[Definition | Callable[[], Processor]], name: str | None = None
    ) -> None:
        if Rejected.topic not in {topic.name for topic in log.topics()}:
            log.create(Topic(name=Rejected.topic))
        name = name or uuid.uuid4().hex
        self._runs = [Run(log, definition(each), name) for each in processors]

    def run_once(self, limit: int = BATCH) -> int:
        """Let each processor work on up to `limit` records, and return how many there were in all."""
        return sum(run.run_once(limit) for run in self._runs)

    def caught_up(self) -> bool:
        """Whether this worker runs every instance, and all have worked on everything in their topics."""
        return all(run.caught_up() for run in self._runs)

    def run(self, stop: threading.Event) -> None:
        """Run until `stop` is set, each processor in a thread so that none waits for another's long batch; then close.

        Raises what stopped one of them, for a supervisor to start the worker anew: `Fenced` where another worker uses
        this one's name, `LogError` where the log cannot be written.
        """
        failed = threading.Event()
        # State lives long and has no cycles: the garbage collector need not go over it again and again.
        gc.freeze()
        gc.set_threshold(100_000, 20, 50)
        with ThreadPoolExecutor(max(len(self._runs), 1), thread_name_prefix="processor") as pool:
            futures = [
                pool.submit(run.follow, lambda: stop.is_set() or failed.is_set(), BATCH, LOOK) for run in self._runs
            ]
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            failed.set()
        self.close()
        for future in done:
            future.result()

    def close(self) -> None:
        """Leave the groups, so that others take over at once."""
        closing, self._runs = self._runs, []
        for run in closing:
            run.close()


def definition(given: Definition | Callable[[], Processor]) -> Definition:
    """The definition of what a worker was given."""
    return given if isinstance(given, Definition) else Recorded(given)
