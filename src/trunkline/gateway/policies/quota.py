"""`quota`: so many requests in a period of the calendar, counted exactly over all replicas of the gateway together.

A quota counts where it is attached: that of a group, for all of the group's APIs together. Periods are those of UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from trunkline.gateway.envoy.companions import grpc_service
from trunkline.gateway.kubernetes.said import Inexpressible, Said
from trunkline.gateway.policies.api_key import APPLICATION, ApiKey
from trunkline.gateway.policies.jwt import CLIENT
from trunkline.gateway.policies.policy import TYPE, Json, Policy, Stage
from trunkline.gateway.quantities import PerCalendarPeriod

if TYPE_CHECKING:
    from trunkline.gateway.declaration import Gateway
    from trunkline.gateway.plan import Route

KEY: Final = "quota"
RULE: Final = "rule"
QUOTA: Final = "quota"
CALLER: Final = "caller"
SHADOW: Final = "shadow"
"""What the companion is told of a request: where the quota is attached, how large it is, who calls, and whether it only
reports."""
LENIENT: Final = "quota-or-allow"
"""The filter that lets through what nobody can count."""
UNNAMED: Final = "(unnamed)"
"""Whom requests are counted for whose token names no client."""
PATIENCE: Final = "5s"
"""How long Envoy waits for the companion, which gives up the store before."""
_TYPE: Final = f"{TYPE}extensions.filters.http.ratelimit.v3."


class Quota(Policy, frozen=True, kw_only=True, tag=KEY):
    """At most `quota` requests, of each client or application, or of all together. `when_unknown` says what holds while
    nobody can count: the store, or who asks it, does not answer."""

    quota: PerCalendarPeriod
    per: Literal["client", "application", "all"] = "client"
    when_unknown: Literal["refuse", "allow"] = "refuse"

    stage: ClassVar[Stage] = Stage.LIMIT
    shadowable: ClassVar[bool] = True
    refusals: ClassVar[tuple[str, ...]] = ("request_rate_limited", "rate_limiter_error")
    because: ClassVar[str] = "the quota of this period is used up"
    nearer: ClassVar[Mapping[str, str]] = {
        "rate_limiter_error": "nobody could count: the store, or the companion `quota`, did not answer"
    }
    companion: ClassVar[str] = "quota"

    @classmethod
    def filters(cls, gateway: Gateway) -> dict[str, Json]:
        return {KEY: _filter(refuse=True), LENIENT: _filter(refuse=False)}

    def on_route(self, route: Route) -> dict[str, Json]:
        said = {RULE: self.where(route), QUOTA: self.quota} | ({SHADOW: "yes"} if self.shadow else {})
        told: list[Json] = [
            {"generic_key": {"descriptor_key": key, "descriptor_value": value}} for key, value in said.items()
        ]
        if self.per == "all":
            limits = [{"actions": told}]
        else:
            header = APPLICATION if route.enforces(ApiKey) else CLIENT
            named: Json = {"request_headers": {"header_name": header, "descriptor_key": CALLER}}
            unnamed: Json = {
                "header_value_match": {
                    "descriptor_key": CALLER,
                    "descriptor_value": UNNAMED,
                    "expect_match": False,
                    "headers": [{"name": header, "present_match": True}],
                }
            }
            limits = [{"actions": [*told, named]}, {"actions": [*told, unnamed]}]
        refuse = self.when_unknown == "refuse" and not self.shadow
        return {KEY if refuse else LENIENT: {"@type": f"{_TYPE}RateLimitPerRoute", "rate_limits": limits}}

    def where(self, route: Route) -> str:
        """Where it is attached, which is what it counts for: `all`, `group partners`, `api bills`, `operation …`."""
        level = next(rule.level for rule in route.rules if rule.policy is self)
        names = {"group": route.api.policies.group, "api": route.api.name, "operation": route.name}
        return f"{level} {names[level]}" if level in names else level

    def kubernetes(self, route: Route) -> Said:
        raise Inexpressible(
            "its limits count each operation by itself, in months of 30 days, and let through what nobody can count"
        )


def _filter(*, refuse: bool) -> Json:
    return {
        "@type": f"{_TYPE}RateLimit",
        "domain": KEY,
        "timeout": PATIENCE,
        "failure_mode_deny": refuse,
        "status_on_error": {"code": "ServiceUnavailable"},
        "disable_x_envoy_ratelimited_header": True,
        "rate_limit_service": {"grpc_service": grpc_service(Quota.companion), "transport_api_version": "V3"},
    }
