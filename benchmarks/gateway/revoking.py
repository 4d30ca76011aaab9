"""How soon a key that is revoked is refused, with ten thousand keys in use: from the call to the first 401."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.gateway.origin import origin
from benchmarks.gateway.ours import gateway, until
from benchmarks.headline import Headline
from trunkline.gateway.credentials import Register

KEYS, REVOKED = 10_000, 20


def main() -> Iterator[Headline]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with origin(folder) as behind, gateway(folder, behind, [{"kind": "api-key"}]) as ours:
            register = Register(ours.places)
            issued = register.issue_many([(f"app-{number}", "gold") for number in range(KEYS)])
            until(ours, {"x-api-key": issued[0].text}, 200)
            taken = []
            for one in issued[:REVOKED]:
                began = time.perf_counter()
                register.revoke(one.key.id)
                until(ours, {"x-api-key": one.text}, 401)
                taken.append((time.perf_counter() - began) * 1_000)
    said = f"gateway: a revoked key is refused, of {KEYS:,}"
    yield Headline(f"{said}, median", "ms", statistics.median(taken), target=500, lower_is_better=True)
    yield Headline(f"{said}, longest of {REVOKED}", "ms", max(taken), target=500, lower_is_better=True)
