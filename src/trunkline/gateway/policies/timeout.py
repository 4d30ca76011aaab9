"""`timeout`: how long the upstream may take. Without it, 15 s."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, Final

from trunkline.gateway.kubernetes.said import Said, duration
from trunkline.gateway.policies.policy import Json, Policy, Stage
from trunkline.gateway.quantities import Duration, envoy_duration, seconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trunkline.gateway.plan import Route

DEFAULT_TIMEOUT: Final = "15 s"
DEFAULT_IDLE: Final = "60 s"


class Timeout(Policy, frozen=True, kw_only=True, tag="timeout"):
    """`request` is for the whole response (`0 s`: for a stream of events, any time); `idle` is how long nothing may
    come in either direction."""

    request: Duration = DEFAULT_TIMEOUT
    idle: Duration = DEFAULT_IDLE

    stage: ClassVar[Stage] = Stage.ROUTING
    refusals: ClassVar[tuple[str, ...]] = ("upstream_response_timeout", "response_timeout", "stream_idle_timeout")
    because: ClassVar[str] = "the upstream did not answer in time"

    def action(self, route: Route) -> Json:
        return {"timeout": envoy_duration(self.request), "idle_timeout": envoy_duration(self.idle)}

    def kubernetes(self, route: Route) -> Said:
        """Envoy Gateway says `idle` of the listener alone: the longest of all operations."""
        differs = "" if self.idle == DEFAULT_IDLE else "`idle` is the longest that any operation has, for all of them"
        return Said(traffic={"timeout": {"http": {"requestTimeout": duration(self.request)}}}, differs=differs)


def longest_idle(routes: Iterable[Route]) -> Duration:
    """How long nothing may come on any of these."""
    found = [policy.idle if (policy := route.policy(Timeout)) else DEFAULT_IDLE for route in routes]
    return max(found, key=lambda idle: seconds(idle) or math.inf, default=DEFAULT_IDLE)
