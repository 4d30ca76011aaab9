"""What a call through the gateway costs, on one core, under wrk, beside Traefik and a proxy in pure Python:
`python -m benchmarks gateway`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from benchmarks.headline import Headline

LINES = ("passing", "caching", "revoking", "leaving", "changing", "quota", "inspecting")


def main() -> Iterator[Headline | str]:
    for line in LINES:
        yield from import_module(f"benchmarks.gateway.{line}").main()
