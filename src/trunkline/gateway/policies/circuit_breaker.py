"""`circuit-breaker`: how much an upstream is given at once; what is more is refused at once, and waits nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from trunkline.gateway.kubernetes.said import Said
from trunkline.gateway.policies.policy import Json, Policy, Stage

if TYPE_CHECKING:
    from trunkline.gateway.plan import Route

Most = Annotated[int, Meta(ge=1, le=100_000)]


class CircuitBreaker(Policy, frozen=True, kw_only=True, tag="circuit-breaker"):
    """At most so many connections, requests that wait for one, requests under way, and retries under way."""

    connections: Most = 1_024
    waiting: Most = 1_024
    requests: Most = 1_024
    retries: Most = 3

    stage: ClassVar[Stage] = Stage.ROUTING
    refusals: ClassVar[tuple[str, ...]] = ("upstream_reset_before_response_started{overflow",)
    because: ClassVar[str] = "as much is under way at the upstream as may be"

    def cluster(self, route: Route) -> Json:
        most = {
            "max_connections": self.connections,
            "max_pending_requests": self.waiting,
            "max_requests": self.requests,
            "max_retries": self.retries,
        }
        return {"circuit_breakers": {"thresholds": [most]}}

    def kubernetes(self, route: Route) -> Said:
        most = {
            "maxConnections": self.connections,
            "maxPendingRequests": self.waiting,
            "maxParallelRequests": self.requests,
            "maxParallelRetries": self.retries,
        }
        return Said(traffic={"circuitBreaker": most})
