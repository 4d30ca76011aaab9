"""What a quota adds to a call: Envoy asks the companion, which takes blocks of the quota from the store. Beside it, the
same call without one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.gateway.companion import best, companion
from benchmarks.gateway.origin import origin
from benchmarks.gateway.ours import gateway
from benchmarks.gateway.wrk import Missing
from benchmarks.headline import Headline
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
            asked = companion(under, Quota.companion)
            ours, peer = (best(one, MANY, asked) for one in (under, free))
            ours_alone, peer_alone = (best(one, ONE, asked) for one in (under, free))
    said, name = "gateway: under a quota", "no quota"
    yield Headline(f"{said}, one core", "requests/s", ours.per_second, peer.per_second, name)
    yield Headline(f"{said}, CPU, the companion's with it", "µs", ours.cpu, peer.cpu, name, lower_is_better=True)
    yield Headline(f"{said}, median", "ms", ours_alone.median, peer_alone.median, name, lower_is_better=True)
