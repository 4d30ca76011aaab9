"""`canary`: part of the requests go to another upstream, a newer version as a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from trunkline.gateway.kubernetes.said import Said
from trunkline.gateway.policies.policy import Json, Policy, Stage
from trunkline.gateway.quantities import Percent

if TYPE_CHECKING:
    from trunkline.gateway.plan import Route


class Canary(Policy, frozen=True, kw_only=True, tag="canary"):
    """`percent` of the requests go to `upstream`, a name of gateway.yaml."""

    upstream: Annotated[str, Meta(min_length=1)]
    percent: Percent

    stage: ClassVar[Stage] = Stage.ROUTING

    def action(self, route: Route) -> Json:
        to_new = round(self.percent * 100)
        weights = [
            {"name": route.cluster(route.api.upstream), "weight": 10_000 - to_new},
            {"name": route.cluster(self.upstream), "weight": to_new},
        ]
        return {"weighted_clusters": {"clusters": weights}}

    def upstreams(self) -> tuple[str, ...]:
        return (self.upstream,)

    def kubernetes(self, route: Route) -> Said:
        to_new = round(self.percent * 100)
        return Said(split=((route.api.upstream, 10_000 - to_new), (self.upstream, to_new)))
