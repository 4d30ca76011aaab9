"""What the companion `inspection` looks for, in files that it reads when a route first names them.

A file is there before any route names it, and goes some time after the last that did.
"""

from __future__ import annotations

from collections.abc import Collection

from trunkline.gateway.envoy import files
from trunkline.gateway.inspection.rules import digest, encoded
from trunkline.gateway.places import Places
from trunkline.gateway.plan import Plan
from trunkline.gateway.policies.inspecting import inspected, inspecting


def write(plan: Plan, places: Places) -> frozenset[str]:
    """Make the files that the plan's routes name; the names."""
    contents = [encoded(inspected(route)) for route in plan.routes if any(inspecting(route))]
    named = {digest(content): content for content in contents}
    for name, content in named.items():
        file = places.rules(name)
        file.parent.mkdir(mode=0o700, exist_ok=True)
        files.replace(file, content)
    return frozenset(named)


def keep(names: Collection[str], places: Places) -> None:
    """Only these; what the companion has read, it keeps in memory for requests that are under way."""
    wanted = {places.rules(name) for name in names}
    for file in places.rules("").parent.glob("*.json"):
        if file not in wanted:
            file.unlink()
