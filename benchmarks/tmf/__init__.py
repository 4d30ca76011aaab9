"""What an open API costs with a million alarms and a million products, on SQLite and on PostgreSQL:
`python -m benchmarks tmf`. `TMF_DOCUMENTS=100000` makes it smaller."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from benchmarks.headline import Headline

LINES = ("serving",)


def main() -> Iterator[Headline | str]:
    for line in LINES:
        yield from import_module(f"benchmarks.tmf.{line}").main()
