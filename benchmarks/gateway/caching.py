"""A call whose answer the gateway keeps, beside the same call that goes upstream."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.gateway.ours import Ours, both
from benchmarks.gateway.wrk import Load, Missing, load
from benchmarks.headline import Headline

OPEN = {"kind": "open", "reason": "what is measured is the cache alone"}
MANY, ONE = 32, 1  # connections


def main() -> Iterator[Headline | str]:
    try:
        with both([OPEN, {"kind": "cache"}], [OPEN]) as pair:
            ours, peer = (_best(one, MANY) for one in pair)
            ours_alone, peer_alone = (_best(one, ONE) for one in pair)
    except Missing as missing:
        yield f"a call that the gateway's cache answers: {missing}"
        return
    said, name = "gateway: answered from the cache", "not cached"
    yield Headline(f"{said}, one core", "requests/s", ours.per_second, peer.per_second, name, target=20_000)
    yield Headline(f"{said}, CPU", "µs", ours.cpu, peer.cpu, name, lower_is_better=True)
    medians = ours_alone.median, peer_alone.median
    yield Headline(f"{said}, median", "ms", *medians, name, ratio_target=0.5, lower_is_better=True)


def _best(gateway: Ours, connections: int, runs: int = 3) -> Load:
    """The run that the rest of the machine disturbed least."""
    return max((load(gateway.url, gateway.pid, connections) for _ in range(runs)), key=lambda one: one.per_second)
