"""The kinds of companions.

A kind's module has `answering(places)`, an async context manager that gives what answers (`grpc.GenericRpcHandler`). A
policy names the companion that it needs (`Policy.companion`).
"""

from __future__ import annotations

from typing import Final

KINDS: Final[dict[str, str]] = {
    "inspection": "trunkline.gateway.companions.inspection",
    "quota": "trunkline.gateway.companions.quota",
}
"""The module of each kind by its name."""
