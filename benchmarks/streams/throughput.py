"""On the embedded log: events a second of CPU time of the processor's process, which is what one core can do; with a
function called for each event and with one over columns, beside SQLite with a row per event."""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from benchmarks.headline import Headline
from benchmarks.streams import row_per_event
from benchmarks.streams.embedded import Embedded
from benchmarks.streams.process import Stretch, running, watch
from benchmarks.streams.usage import Load, Outputs

EVENTS = 2_000_000
BEGIN = EVENTS // 10  # outputs after which the work is measured
TARGETS = {"events": 250_000.0, "columns": 800_000.0}
NAMES = {"events": "a function per event", "columns": "a function over columns"}
RUNS = 3


def main() -> Iterator[Headline]:
    load = Load(EVENTS)
    with tempfile.TemporaryDirectory() as folder:
        embedded, numbers = Embedded(Path(folder, "log.db")), count()
        embedded.fill(load)
        rows = row_per_event.Rows(f"{folder}/rows.db")
        rows.fill(load.batches())
        found: dict[str, list[float]] = {kind: [] for kind in (*TARGETS, "rows")}
        for _ in range(RUNS):
            for kind in TARGETS:
                found[kind].append(ours(embedded, load, kind, f"{kind}{next(numbers)}").per_cpu_second)
            found["rows"].append(peer(rows, load).per_cpu_second)
        embedded.log.close()
    medians = {kind: statistics.median(figures) for kind, figures in found.items()}
    for kind, target in TARGETS.items():
        name = f"streams: {NAMES[kind]}, embedded log"
        yield Headline(name, "events/s/core", medians[kind], medians["rows"], "SQLite, a row per event", target=target)


def ours(embedded: Embedded, load: Load, kind: str, name: str) -> Stretch:
    with embedded.processor(name, kind) as process:
        stretch = watch([process], lambda: embedded.count(name), BEGIN, load.count)
    embedded.outputs(name).events(load, load.count)
    return stretch


def peer(rows: row_per_event.Rows, load: Load) -> Stretch:
    rows.clear()
    command = [sys.executable, "-P", row_per_event.__file__, rows.path]
    with running(command, Path(f"{rows.path}.output")) as process:
        stretch = watch([process], rows.count, BEGIN, load.count)
    found = Outputs()
    found.add(*rows.outputs())
    found.events(load, load.count)
    return stretch


if __name__ == "__main__":
    for headline in main():
        print(headline)
