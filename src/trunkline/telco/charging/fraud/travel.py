"""Two uses of one number that one SIM cannot have made: in two countries at once, or too far apart for the time."""

from __future__ import annotations

import math
from collections.abc import Iterator

from trunkline.telco.charging.fraud.geography import Geography
from trunkline.telco.charging.fraud.limits import Found
from trunkline.telco.charging.fraud.rules import Travel
from trunkline.telco.charging.fraud.uses import Recent, Use


def impossible_travel(recent: Recent, index: int, rule: Travel, geography: Geography) -> Iterator[Found]:
    """What the use at `index` and the others say together, once for each other country and kind."""
    new = recent.uses[index]
    if not new.country:
        return
    found: set[tuple[str, str]] = set()
    for other in recent.uses:
        if other.country and other.country != new.country:
            earlier, later = sorted((new, other), key=lambda use: use.order)
            for each in _together(earlier, later, rule, geography):
                if (each.kind, each.rule) not in found:
                    found.add((each.kind, each.rule))
                    yield each


def _together(earlier: Use, later: Use, rule: Travel, geography: Geography) -> Iterator[Found]:
    between = later.started - earlier.ended
    name = "-".join(sorted((earlier.country, later.country)))
    usages, since, time = (earlier.id, later.id), earlier.started, later.started
    if -between > rule.overlap_seconds:
        yield Found(
            "cloned-sim", name, rule.cloned, -between, rule.overlap_seconds, "second", usages, since, time, time
        )
        return
    apart = geography.apart(earlier.country, later.country)
    possible = rule.speed * max(0, between) / 3600
    if apart > rule.distance and apart > possible:
        yield Found(
            "impossible-travel", name, rule.severity, math.ceil(apart), int(possible), "km", usages, since, time, time
        )
