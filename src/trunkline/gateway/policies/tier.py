"""`tier`: the client has a service level that this operation is for, and stays below that level's rate.

The rate of each level is in gateway.yaml (`tiers`) and holds for each client by itself. An application's key carries
its level; a token, in the claim that its issuer's `tier_claim` names. Who has none of `allowed` is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Final

from msgspec import Meta

from trunkline.gateway.kubernetes.said import Said
from trunkline.gateway.kubernetes.said import limit as kubernetes_limit
from trunkline.gateway.policies.api_key import APPLICATION, ApiKey
from trunkline.gateway.policies.bucket import CALLERS, REFUSED, bucket, limit, limit_filter
from trunkline.gateway.policies.jwt import CLIENT, TIER, issuers
from trunkline.gateway.policies.policy import Json, Stage
from trunkline.gateway.policies.rbac import RbacPolicy, any_of, deny_unless, header, rbac_filter, refusal
from trunkline.gateway.quantities import Rate

if TYPE_CHECKING:
    from trunkline.gateway.declaration import Gateway
    from trunkline.gateway.plan import Route

LIMIT: Final = "tier-limit"


class Tier(RbacPolicy, frozen=True, kw_only=True, tag="tier"):
    """`allowed` are levels of gateway.yaml."""

    allowed: Annotated[tuple[str, ...], Meta(min_length=1)]

    stage: ClassVar[Stage] = Stage.ACCESS
    refusals: ClassVar[tuple[str, ...]] = (refusal("tier"), f"{REFUSED} {LIMIT}")
    because: ClassVar[str] = "the client's service level is none that this operation is for, or its rate is used up"

    @classmethod
    def filters(cls, gateway: Gateway) -> dict[str, Json]:
        return {cls.kind(): rbac_filter(), LIMIT: limit_filter(LIMIT)}

    def on_route(self, route: Route) -> dict[str, Json]:
        """A key's level is the prefix of its application, a token's a header: two ways that cannot be mistaken."""
        by_key = route.enforces(ApiKey)
        levels = {name: _match(name, by_key=by_key) for name in self.allowed}
        allowed = any_of([header(*where) for where in levels.values()])
        client = APPLICATION if by_key else CLIENT
        descriptors, limits, slowest = [], [], 1
        for name, (where, match) in levels.items():
            rate = Rate.parse(route.gateway.tiers[name])
            slowest = max(slowest, rate.seconds_each)
            entries = [{"key": "tier", "value": name}, {"key": "client"}]
            descriptors.append({"entries": entries, "token_bucket": bucket(rate)})
            level = {
                "descriptor_key": "tier",
                "descriptor_value": name,
                "headers": [{"name": where, "string_match": match}],
            }
            actions = [
                {"header_value_match": level},
                {"request_headers": {"header_name": client, "descriptor_key": "client"}},
            ]
            limits.append({"actions": actions})
        return deny_unless(self.kind(), allowed, shadow=self.shadow) | limit(
            LIMIT,
            slowest,
            shadow=self.shadow,
            token_bucket=UNLIMITED,
            descriptors=descriptors,
            rate_limits=limits,
            max_dynamic_descriptors=CALLERS,
        )

    def kubernetes(self, route: Route) -> Said:
        """Keys of other levels are not known (`api-key`); a token's level is a claim of it."""
        by_key = route.enforces(ApiKey)
        client = APPLICATION if by_key else CLIENT
        limits = []
        for level in self.allowed:
            match: Json = (
                {"type": "RegularExpression", "name": APPLICATION, "value": f"{level}[.].*"}
                if by_key
                else {"type": "Exact", "name": TIER, "value": level}
            )
            each: Json = {"type": "Distinct", "name": client}
            rate = kubernetes_limit(Rate.parse(route.gateway.tiers[level]))
            limits.append({"clientSelectors": [{"headers": [match, each]}], "limit": rate})
        claims = {name: route.gateway.issuers[name].tier_claim for name in (() if by_key else issuers(route))}
        principals = tuple(
            {
                "jwt": {
                    "provider": name,
                    "claims": [{"name": claim, "valueType": "String", "values": list(self.allowed)}],
                }
            }
            for name, claim in claims.items()
            if claim
        )
        differs = "a key of another level is answered 401, not 403; " if by_key else ""
        return Said(
            allowed=principals,
            limits=tuple(limits),
            differs=f"{differs}counted for all gateways together, in whole periods",
        )


UNLIMITED: Final[Json] = {"max_tokens": 4_000_000_000, "tokens_per_fill": 4_000_000_000, "fill_interval": "1s"}
"""The bucket that Envoy demands for requests of no level; there are none, because those are refused before."""


def _match(name: str, *, by_key: bool) -> tuple[str, Json]:
    return (APPLICATION, {"prefix": f"{name}."}) if by_key else (TIER, {"exact": name})
