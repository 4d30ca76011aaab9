"""How long it takes from an event's append until another process has its output, at 10,000 events a second; beside the
event itself, which another process reads without any processor."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.headline import Headline
from benchmarks.streams.generator import Seconds, Stage
from benchmarks.streams.paced import to_input, to_outputs

RATE = 10_000  # events/s
WARM_UP, MEASURED = 5, 30  # seconds
TARGET = 50.0  # ms, p99


SHARES = (0.5, 0.99, 0.999)
RUNS = 3


def main() -> Iterator[Headline]:
    outputs, inputs = list[Seconds](), list[Seconds]()
    for _ in range(RUNS):
        outputs.append(percentiles(to_outputs))
        inputs.append(percentiles(to_input))
    for share, ours, least in zip(SHARES, np.median(outputs, axis=0), np.median(inputs, axis=0), strict=True):
        yield Headline(
            f"streams: from append to output, p{100 * share:g} at {RATE:,} events/s",
            "ms",
            float(ours),
            float(least),
            "the event itself read",
            target=TARGET if share == 0.99 else None,
            lower_is_better=True,
        )


def percentiles(measure: Callable[[Path, Sequence[Stage]], Seconds]) -> Seconds:
    """What `SHARES` of the events do not exceed, ms."""
    with tempfile.TemporaryDirectory() as folder:
        taken = measure(Path(folder), [Stage(RATE, WARM_UP + MEASURED)])
    return np.quantile(taken[RATE * WARM_UP :], SHARES, method="inverted_cdf") * 1_000


if __name__ == "__main__":
    for headline in main():
        print(headline)
