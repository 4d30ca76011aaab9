"""What a call costs where Envoy asks a companion: the companion's work is part of it."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.gateway.ours import Ours
from benchmarks.gateway.wrk import PROXY_CORE, SECONDS, Load, load, pin
from benchmarks.headline import Headline
from benchmarks.streams.process import cpu_seconds


def companion(gateway: Ours, name: str) -> int:
    """The process that answers at a companion's socket; it has Envoy's core from now on."""
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(gateway.places.companion(name)))
        pid, _, _ = struct.unpack("3i", caller.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    pin(int(pid), PROXY_CORE)
    return int(pid)


def best(
    gateway: Ours,
    connections: int,
    companion: int,
    runs: int = 3,
    headers: Mapping[str, str] | None = None,
    script: Path | None = None,
) -> Load:
    """The run that the rest of the machine disturbed least."""
    found = []
    for _ in range(runs):
        before = cpu_seconds(companion)
        one = load(gateway.url, gateway.pid, connections, headers, script)
        found.append(one._replace(cpu=one.cpu + (cpu_seconds(companion) - before) / (one.per_second * SECONDS) * 1e6))
    return max(found, key=lambda one: one.per_second)


def headlines(said: str, peer: str, many: tuple[Load, Load], alone: tuple[Load, Load]) -> Iterator[Headline]:
    """What was found with the companion and without it (`peer`), on many connections and on one."""
    ours, theirs = many
    yield Headline(f"{said}, one core", "requests/s", ours.per_second, theirs.per_second, peer)
    yield Headline(f"{said}, CPU, the companion's with it", "µs", ours.cpu, theirs.cpu, peer, lower_is_better=True)
    yield Headline(f"{said}, median", "ms", alone[0].median, alone[1].median, peer, lower_is_better=True)
