"""A call with a token, its service level and its limit checked, counted, and logged: what it costs on one core.

MuleSoft publishes fewer than 500 requests a second for Flex Gateway on one to two cores.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.gateway import peers
from benchmarks.gateway.origin import origin
from benchmarks.gateway.ours import THING, gateway
from benchmarks.gateway.wrk import Load, Missing, load
from benchmarks.headline import Headline, alternate

CHAIN = (
    {"kind": "jwt", "issuer": "ours"},
    {"kind": "tier", "allowed": ["gold"]},
    {"kind": "rate-limit", "limit": "1000000 per second"},
)
MANY, FEW, ONE = 32, 4, 1  # connections


def main() -> Iterator[Headline | str]:
    with tempfile.TemporaryDirectory() as folder:
        try:
            yield from _headlines(Path(folder))
        except Missing as missing:
            yield f"a call through the gateway: {missing}"


def _headlines(folder: Path) -> Iterator[Headline]:
    with origin(folder) as behind, gateway(folder, behind, CHAIN) as ours:
        token = {"authorization": f"Bearer {ours.token}"}
        with peers.traefik(folder, behind) as traefik:
            found: dict[str, list[Load]] = {"ours": [], "peer": []}

            def measured(name: str, url: str, pid: int) -> float:
                found[name].append(load(url, pid, MANY, token))
                return found[name][-1].cpu

            cpu = alternate(
                lambda: measured("ours", ours.url, ours.pid),
                lambda: measured("peer", traefik.url + THING, traefik.pid),
            )
            name = "Traefik, without JWT"
            said = "gateway: JWT, tier, limit, statistics and log"
            yield Headline(f"{said}, CPU", "µs", *cpu, name, target=75, lower_is_better=True)
            ours_best, peer_best = (max(one.per_second for one in found[which]) for which in ("ours", "peer"))
            yield Headline(f"{said}, one core", "requests/s", ours_best, peer_best, name, target=12_000)
            direct = f"http://127.0.0.1:{behind}{THING}"
            added = alternate(
                lambda: _added(direct, ours.url, ours.pid, token),
                lambda: _added(direct, traefik.url + THING, traefik.pid, token),
            )
            yield Headline(f"{said}, added at the median", "ms", *added, name, target=0.5, lower_is_better=True)
        with peers.python(folder, behind) as slow:
            both = alternate(
                lambda: load(ours.url, ours.pid, FEW, token).cpu,
                lambda: load(slow.url + THING, slow.pid, FEW, token).cpu,
                runs=1,
            )
            yield Headline(
                f"{said}, CPU, {FEW} connections", "µs", *both, "a proxy in Python, httpx", lower_is_better=True
            )


def _added(direct: str, through: str, pid: int, token: dict[str, str]) -> float:
    """What a proxy adds to the median of a call, alone on one connection."""
    return load(through, pid, ONE, token).median - load(direct, pid, ONE).median
