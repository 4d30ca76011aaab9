"""A processor on the embedded log under load at a given pace, and how long each event's output took to be readable.

Three processes: the generator, the processor, and this one, which reads the outputs as they come. The clock runs from
the moment at which the event was to be appended until this process has read its output.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from zlib import crc32

import numpy as np

from benchmarks.streams.embedded import READ, Embedded, output
from benchmarks.streams.generator import Seconds, Stage, moments
from benchmarks.streams.process import running
from benchmarks.streams.usage import INPUT, KEY, PARTITIONS, Integers, Load, Outputs
from trunkline.log.port import RecordBatch

READY = 3.0  # seconds in which the processes come up
PATIENCE = 60.0  # seconds that the last outputs may take


def to_outputs(folder: Path, stages: Sequence[Stage]) -> Seconds:
    """How long each event's output took. Raises `AssertionError` where an output is lost or wrong."""
    embedded, found = Embedded(folder / "log.db"), Outputs()
    with embedded.processor("paced", "events"):
        due, read = follow(embedded, output("paced"), stages, lambda batch: found.add(batch.keys, batch.values))
    return in_order(due, read, found.events(Load(len(due)), len(due)))


def to_input(folder: Path, stages: Sequence[Stage]) -> Seconds:
    """How long each event took to be readable itself, with no processor at work: the least that can be."""
    embedded, found = Embedded(folder / "log.db"), list[tuple[int, Sequence[int]]]()
    due, read = follow(embedded, INPUT, stages, lambda batch: found.append((batch.partition, batch.offsets)))
    chosen = np.array([crc32(KEY % name) % PARTITIONS for name in Load(len(due)).subscriptions.tolist()])
    events = [np.flatnonzero(chosen == number) for number in range(PARTITIONS)]
    return in_order(due, read, np.concatenate([events[number][list(offsets)] for number, offsets in found]))


def follow(
    embedded: Embedded, topic: str, stages: Sequence[Stage], take: Callable[[RecordBatch], None]
) -> tuple[Seconds, Seconds]:
    """Generate, and hand on what comes to the topic until it is as much: when each event was due, in the order of the
    events, and when each record was read, in the order of reading."""
    start = time.monotonic() + READY
    due, read, counts = moments(stages) + start, list[float](), list[int]()
    described = [f"{rate}:{seconds}" for rate, seconds in stages]
    command = [sys.executable, "-m", "benchmarks.streams.generator", embedded.url, str(start), *described]
    reader = embedded.log.reader()
    reader.assign(dict.fromkeys(embedded.places(topic), 0))
    with running(command, embedded.path.with_name("generator.output")):
        while sum(counts) < len(due) and time.monotonic() < due[-1] + PATIENCE:
            for batch in reader.take(READ, timeout=0.1):
                read.append(time.monotonic())
                counts.append(len(batch))
                take(batch)
    embedded.log.close()
    return due, np.repeat(read, counts)


def in_order(due: Seconds, read: Seconds, events: Integers) -> Seconds:
    """What each event took, in their order; `events` tells whose each record was."""
    taken = np.full(len(due), np.inf)
    taken[events] = read - due[events]
    return taken
