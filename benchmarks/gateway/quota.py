"""What a quota adds to a call: Envoy asks the companion, which takes blocks of the quota from the store. Beside it, the
same call without one."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.gateway.companion import best, companion, headlines
from benchmarks.gateway.ours import both
from benchmarks.gateway.wrk import Missing
from benchmarks.headline import Headline
from trunkline.gateway.policies.quota import Quota

OPEN = {"kind": "open", "reason": "what is measured is the quota alone"}
QUOTA = {"kind": "quota", "quota": "900000000 per month", "per": "all"}
MANY, ONE = 32, 1  # connections


def main() -> Iterator[Headline | str]:
    try:
        with both([OPEN, QUOTA], [OPEN]) as pair:
            asked = companion(pair[0], Quota.companion)
            ours, peer = (best(one, MANY, asked) for one in pair)
            ours_alone, peer_alone = (best(one, ONE, asked) for one in pair)
    except Missing as missing:
        yield f"a call under a quota: {missing}"
        return
    yield from headlines("gateway: under a quota", "no quota", (ours, peer), (ours_alone, peer_alone))
