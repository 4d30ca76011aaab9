"""`spike`: bursts are cut, whoever they come from, before anything costs much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from trunkline.gateway.kubernetes.said import Inexpressible, Said
from trunkline.gateway.kubernetes.said import limit as kubernetes_limit
from trunkline.gateway.policies.bucket import REFUSED, bucket, limit, limit_filter
from trunkline.gateway.policies.policy import Json, Policy, Stage
from trunkline.gateway.quantities import PerPeriod, Rate

if TYPE_CHECKING:
    from trunkline.gateway.declaration import Gateway
    from trunkline.gateway.plan import Route


class Spike(Policy, frozen=True, kw_only=True, tag="spike"):
    """Let `burst` requests through at once and `rate` after that."""

    rate: PerPeriod
    burst: Annotated[int, Meta(ge=1, le=1_000_000)] = 1

    stage: ClassVar[Stage] = Stage.FLOOD
    shadowable: ClassVar[bool] = True
    refusals: ClassVar[tuple[str, ...]] = (f"{REFUSED} spike",)
    because: ClassVar[str] = "too many requests came at once, from all callers together"

    @classmethod
    def filters(cls, gateway: Gateway) -> dict[str, Json]:
        return {cls.kind(): limit_filter(cls.kind())}

    def on_route(self, route: Route) -> dict[str, Json]:
        rate = Rate.parse(self.rate)
        return limit(self.kind(), rate.seconds_each, shadow=self.shadow, token_bucket=bucket(rate, self.burst))

    def kubernetes(self, route: Route) -> Said:
        rate = Rate.parse(self.rate)
        if self.burst != rate.amount:
            raise Inexpressible(
                f"at once it lets through what comes in a period, {rate.amount}, and no other `burst` ({self.burst})"
            )
        return Said(local_limits=({"limit": kubernetes_limit(rate)},))
