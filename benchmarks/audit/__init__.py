"""The audit trail: what it adds to a request, what an entry costs until it is chained, how fast all is verified."""

from __future__ import annotations

from benchmarks.audit import request, trail
from benchmarks.headline import Headline

LINES = ("request", "trail")


def main() -> list[Headline]:
    return [*request.main(), *trail.main()]
