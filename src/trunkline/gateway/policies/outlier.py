"""`outlier`: a server of the upstream that fails is left out for a while. Without it, after 5 failures for 30 s."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from trunkline.gateway.kubernetes.said import Said, duration
from trunkline.gateway.policies.policy import Json, Policy, Stage
from trunkline.gateway.quantities import Duration, envoy_duration

if TYPE_CHECKING:
    from trunkline.gateway.plan import Route


class Outlier(Policy, frozen=True, kw_only=True, tag="outlier"):
    """After `failures` in a row (answers 5xx, broken connections), for `pause`, longer each time; never more than
    `most` percent of the servers."""

    failures: Annotated[int, Meta(ge=1, le=1_000)] = 5
    pause: Duration = "30 s"
    most: Annotated[int, Meta(ge=0, le=100)] = 50

    stage: ClassVar[Stage] = Stage.ROUTING

    def cluster(self, route: Route) -> Json:
        return {"outlier_detection": self.detection()}

    def detection(self) -> Json:
        return {
            "consecutive_5xx": self.failures,
            "consecutive_gateway_failure": self.failures,
            "enforcing_consecutive_gateway_failure": 100,
            "base_ejection_time": envoy_duration(self.pause),
            "max_ejection_percent": self.most,
            "interval": "1s",
        }

    def kubernetes(self, route: Route) -> Said:
        return Said(traffic={"healthCheck": {"passive": self.passive()}})

    def passive(self) -> Json:
        """As Envoy Gateway's passive health check."""
        return {
            "consecutive5XxErrors": self.failures,
            "consecutiveGatewayErrors": self.failures,
            "baseEjectionTime": duration(self.pause),
            "maxEjectionPercent": self.most,
            "interval": "1s",
        }
