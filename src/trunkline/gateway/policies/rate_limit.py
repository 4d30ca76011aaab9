"""`rate-limit`: so many requests in a period, of each client, of each address, or of all together."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from trunkline.gateway.kubernetes.said import Inexpressible, Said
from trunkline.gateway.kubernetes.said import limit as kubernetes_limit
from trunkline.gateway.policies.api_key import APPLICATION, ApiKey
from trunkline.gateway.policies.bucket import CALLERS, REFUSED, bucket, limit, limit_filter
from trunkline.gateway.policies.jwt import CLIENT
from trunkline.gateway.policies.policy import Json, Policy, Stage
from trunkline.gateway.policies.tier import UNLIMITED
from trunkline.gateway.quantities import PerPeriod, Rate

if TYPE_CHECKING:
    from trunkline.gateway.declaration import Gateway
    from trunkline.gateway.plan import Route


class RateLimit(Policy, frozen=True, kw_only=True, tag="rate-limit"):
    """At most `limit` requests; an IPv6 caller is its /64 network."""

    limit: PerPeriod
    per: Literal["client", "address", "all"] = "client"

    stage: ClassVar[Stage] = Stage.LIMIT
    shadowable: ClassVar[bool] = True
    refusals: ClassVar[tuple[str, ...]] = (f"{REFUSED} rate-limit",)
    because: ClassVar[str] = "more requests came than the limit allows"

    @classmethod
    def filters(cls, gateway: Gateway) -> dict[str, Json]:
        return {cls.kind(): limit_filter(cls.kind())}

    def on_route(self, route: Route) -> dict[str, Json]:
        rate = Rate.parse(self.limit)
        if self.per == "all":
            return limit(self.kind(), rate.seconds_each, shadow=self.shadow, token_bucket=bucket(rate))
        if self.per == "address":
            key: str = "masked_remote_address"
            action: Json = {"masked_remote_address": {"v6_prefix_mask_len": 64}}
        else:
            client = APPLICATION if route.enforces(ApiKey) else CLIENT
            key = "client"
            action = {"request_headers": {"header_name": client, "descriptor_key": "client"}}
        return limit(
            self.kind(),
            rate.seconds_each,
            shadow=self.shadow,
            token_bucket=UNLIMITED,
            descriptors=[{"entries": [{"key": key}], "token_bucket": bucket(rate)}],
            rate_limits=[{"actions": [action]}],
            max_dynamic_descriptors=CALLERS,
        )

    def kubernetes(self, route: Route) -> Said:
        if self.per == "address":
            raise Inexpressible("it counts each IPv6 address by itself, and a caller has as many of them as it likes")
        rule: Json = {"limit": kubernetes_limit(Rate.parse(self.limit))}
        if self.per == "client":
            client = APPLICATION if route.enforces(ApiKey) else CLIENT
            rule["clientSelectors"] = [{"headers": [{"type": "Distinct", "name": client}]}]
        if self.shadow:
            rule["shadowMode"] = True
        return Said(limits=(rule,), shadow=True, differs="counted for all gateways together, in whole periods")
