"""Surges: three times, then two and a half times the base load, a minute each; how long after its end answers are as
quick as before. Nothing may be lost.

The base is 25,000 events/s, so that a surge (75,000 and 62,500) stays within what one core does less the generator's
share. Answers are quick in a second whose p99 is under 50 ms, which is the target at the base load.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.headline import Headline
from benchmarks.streams.generator import Seconds, Stage, moments
from benchmarks.streams.latency import TARGET as QUICK
from benchmarks.streams.paced import to_outputs

BASE = 25_000  # events/s
SURGES = (3.0, 2.5)  # times the base
SURGE, CALM = 60, 20  # seconds
TARGET = 10.0  # seconds


def main() -> Iterator[Headline]:
    """Raises `AssertionError` where an event was lost, or worked on twice."""
    stages = [Stage(BASE, CALM)]
    for times in SURGES:
        stages += [Stage(int(times * BASE), SURGE), Stage(BASE, CALM)]
    with tempfile.TemporaryDirectory() as folder:
        seconds = by_second(stages, to_outputs(Path(folder), stages))
    end = CALM
    for times in SURGES:
        begin, end = end, end + SURGE
        name = f"streams: {times:g} times {BASE:,} events/s for {SURGE} s"
        yield Headline(f"{name}, p99", "ms", float(np.median(seconds[begin:end])), lower_is_better=True)
        after = seconds[end : end + CALM]
        yield Headline(f"{name}, recovery", "s", recovery(after), target=TARGET, lower_is_better=True)
        end += CALM


def by_second(stages: Sequence[Stage], taken: Seconds) -> Seconds:
    """The p99 of the events of each second, ms."""
    second = moments(stages).astype(np.int64)
    return np.array([np.quantile(taken[second == each], 0.99) for each in range(second[-1])]) * 1_000


def recovery(after: Seconds) -> float:
    """Seconds until answers are quick, and stay so."""
    slow = np.flatnonzero(after >= QUICK)
    return float(slow[-1] + 1) if len(slow) else 0.0


if __name__ == "__main__":
    for headline in main():
        print(headline)
