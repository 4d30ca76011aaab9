"""A processor with the state of five million keys is killed and started again: how long until it works, and what of
memory a key takes.

The clock runs from the start of the new process until the outputs of events are committed that came while there was
none. Memory is all of the process then.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.headline import Headline
from benchmarks.streams.embedded import Embedded
from benchmarks.streams.process import memory, watch
from benchmarks.streams.usage import Load

KEYS = 5_000_000
NAMES = {"events": "a function per event", "columns": "a function over columns"}
TARGET = 15.0  # seconds
RUNS = 3


def main() -> Iterator[Headline]:
    with tempfile.TemporaryDirectory() as folder:
        embedded, load = Embedded(Path(folder, "log.db")), Load(KEYS, once=True)
        embedded.fill(load)
        for kind, described in NAMES.items():
            catch_up(embedded, load, kind, within=1_800)
            runs = [restart(embedded, load, kind) for _ in range(RUNS)]
            embedded.outputs(kind).events(load, load.count)  # whose sums go on from the state that came back
            seconds, size = (statistics.median(figures) for figures in zip(*runs, strict=True))
            what = f"streams: {KEYS:,} keys, {described}"
            yield Headline(f"{what}, restart", "s", seconds, target=TARGET, lower_is_better=True)
            yield Headline(f"{what}, memory", "bytes a key", size / KEYS, lower_is_better=True)
        embedded.log.close()


def restart(embedded: Embedded, load: Load, name: str) -> tuple[float, int]:
    """Seconds and bytes."""
    more = Load(100, seed=load.count)
    embedded.fill(more)
    load.extend(more)
    return catch_up(embedded, load, name, within=600)


def catch_up(embedded: Embedded, load: Load, name: str, within: float) -> tuple[float, int]:
    """Start the processor, and kill it when all that came has its output. Seconds and bytes."""
    start = time.monotonic()
    with embedded.processor(name, name) as process:
        watch([process], lambda: embedded.count(name), 0, load.count, within)
        return time.monotonic() - start, memory(process.pid)


if __name__ == "__main__":
    for headline in main():
        print(headline)
