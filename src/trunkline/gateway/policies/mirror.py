"""`mirror`: a copy of part of the requests goes to another upstream, whose answers nobody gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from trunkline.gateway.kubernetes.said import Said
from trunkline.gateway.policies.policy import Json, Policy, Stage
from trunkline.gateway.quantities import Percent, envoy_percent

if TYPE_CHECKING:
    from trunkline.gateway.plan import Route


class Mirror(Policy, frozen=True, kw_only=True, tag="mirror"):
    """A copy of `percent` of the requests goes to `upstream`, a name of gateway.yaml."""

    upstream: Annotated[str, Meta(min_length=1)]
    percent: Percent = 100

    stage: ClassVar[Stage] = Stage.ROUTING

    def action(self, route: Route) -> Json:
        part = {"default_value": envoy_percent(self.percent)}
        return {"request_mirror_policies": [{"cluster": route.cluster(self.upstream), "runtime_fraction": part}]}

    def upstreams(self) -> tuple[str, ...]:
        return (self.upstream,)

    def kubernetes(self, route: Route) -> Said:
        return Said(mirror=(self.upstream, round(self.percent * 10_000)))
