"""`timeout`: how long the upstream may take. Without it, 15 s."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from trunkline.gateway.kubernetes.said import Said, duration
from trunkline.gateway.policies.policy import Json, Policy, Stage
from trunkline.gateway.quantities import Duration, envoy_duration

if TYPE_CHECKING:
    from trunkline.gateway.plan import Route

DEFAULT_TIMEOUT: Final = "15 s"


class Timeout(Policy, frozen=True, kw_only=True, tag="timeout"):
    """`request` is for the whole response (`0 s`: for a stream of events, any time); `idle` is how long nothing may
    come in either direction."""

    request: Duration = DEFAULT_TIMEOUT
    idle: Duration = "60 s"

    stage: ClassVar[Stage] = Stage.ROUTING
    refusals: ClassVar[tuple[str, ...]] = ("upstream_response_timeout", "response_timeout", "stream_idle_timeout")
    because: ClassVar[str] = "the upstream did not answer in time"

    def action(self, route: Route) -> Json:
        return {"timeout": envoy_duration(self.request), "idle_timeout": envoy_duration(self.idle)}

    def kubernetes(self, route: Route) -> Said:
        said = {"requestTimeout": duration(self.request), "streamIdleTimeout": duration(self.idle)}
        return Said(traffic={"timeout": {"http": said}})
