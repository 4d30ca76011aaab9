"""Two worker processes beside one, on two cores: how much sooner they work through what lies there.

The topic has 8 partitions and was filled before, so that no generator takes a share of the cores. The pace is taken
from the time between a fifth and 95 hundredths of all outputs: the processes have started and shared out the
partitions, and none has come to the end of its own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

from benchmarks.headline import Headline, alternate
from benchmarks.streams.embedded import Embedded
from benchmarks.streams.process import watch
from benchmarks.streams.usage import Load

PARTITIONS = 8
EVENTS = 3_000_000
TARGET = 1.7  # times


def main() -> Iterator[Headline]:
    load, numbers = Load(EVENTS), count()
    with tempfile.TemporaryDirectory() as folder:
        embedded = Embedded(Path(folder, "log.db"), PARTITIONS)
        embedded.fill(load)

        def rate(workers: int) -> float:
            name = f"run{next(numbers)}"
            with ExitStack() as started:
                processes = [
                    started.enter_context(embedded.processor(name, "events", f"{name}-{number}"))
                    for number in range(workers)
                ]
                stretch = watch(processes, lambda: embedded.count(name), EVENTS // 5, EVENTS * 95 // 100)
                watch(processes, lambda: embedded.count(name), 0, EVENTS)
            embedded.outputs(name).events(load, EVENTS)
            return stretch.per_second

        two, one = alternate(lambda: rate(2), lambda: rate(1))
        embedded.log.close()
    yield Headline("streams: two workers, embedded log", "events/s", two, one, "one worker", ratio_target=TARGET)


if __name__ == "__main__":
    for headline in main():
        print(headline)
