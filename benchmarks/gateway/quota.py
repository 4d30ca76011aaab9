"""What a quota adds to a call: Envoy asks the companion, which takes blocks of the quota from the store. Beside it, the
same call without one."""

from __future__ import annotations

import socket
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.gateway.origin import origin
from benchmarks.gateway.ours import Ours, gateway
from benchmarks.gateway.wrk import PROXY_CORE, SECONDS, Load, Missing, load, pin
from benchmarks.headline import Headline
from benchmarks.streams.process import cpu_seconds
from trunkline.gateway.policies.quota import Quota

OPEN = {"kind": "open", "reason": "what is measured is the quota alone"}
QUOTA = {"kind": "quota", "quota": "900000000 per month", "per": "all"}
MANY, ONE = 32, 1  # connections


def main() -> Iterator[Headline | str]:
    with tempfile.TemporaryDirectory() as folder:
        try:
            yield from _headlines(Path(folder))
        except Missing as missing:
            yield f"a call under a quota: {missing}"


def _headlines(folder: Path) -> Iterator[Headline]:
    with origin(folder) as behind:
        under_in, free_in = folder / "under", folder / "free"
        for one in (under_in, free_in):
            one.mkdir()
        with gateway(under_in, behind, [OPEN, QUOTA]) as under, gateway(free_in, behind, [OPEN]) as free:
            companion = _companion(under)
            pin(companion, PROXY_CORE)
            ours, peer = (_best(one, MANY, companion) for one in (under, free))
            ours_alone, peer_alone = (_best(one, ONE, companion) for one in (under, free))
    said, name = "gateway: under a quota", "no quota"
    yield Headline(f"{said}, one core", "requests/s", ours.per_second, peer.per_second, name)
    yield Headline(f"{said}, CPU, the companion's with it", "µs", ours.cpu, peer.cpu, name, lower_is_better=True)
    yield Headline(f"{said}, median", "ms", ours_alone.median, peer_alone.median, name, lower_is_better=True)


def _best(gateway: Ours, connections: int, companion: int, runs: int = 3) -> Load:
    """The run that the rest of the machine disturbed least; the companion's work is in it."""
    found = []
    for _ in range(runs):
        before = cpu_seconds(companion)
        one = load(gateway.url, gateway.pid, connections)
        found.append(one._replace(cpu=one.cpu + (cpu_seconds(companion) - before) / (one.per_second * SECONDS) * 1e6))
    return max(found, key=lambda one: one.per_second)


def _companion(gateway: Ours) -> int:
    """The process that answers at the companion's socket."""
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(gateway.places.companion(Quota.companion)))
        pid, _, _ = struct.unpack("3i", caller.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return int(pid)
