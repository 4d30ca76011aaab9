"""What a stream processor costs and how fast it answers: `python -m benchmarks streams`, or one line of it,
`python -m benchmarks streams.latency`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from benchmarks.headline import Headline

LINES = ("throughput", "kafka", "latency", "surge", "restart", "workers")


def main() -> Iterator[Headline | str]:
    for line in LINES:
        yield from import_module(f"benchmarks.streams.{line}").main()
