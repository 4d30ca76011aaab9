"""What charging costs: `python -m benchmarks charging`, or one line of it, `python -m benchmarks charging.online`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from benchmarks.headline import Headline

LINES = ("decoding", "mediation", "rating", "charge", "records", "online", "surge")


def main() -> Iterator[Headline | str]:
    for line in LINES:
        yield from import_module(f"benchmarks.charging.{line}").main()
