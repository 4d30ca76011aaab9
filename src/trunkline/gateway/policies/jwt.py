"""`jwt`: the caller has a token that an issuer we trust has signed (RFC 7519; OpenID Connect).

The keys are those of the issuer's file (gateway.yaml, `issuers`). Signature, issuer, audience, and expiry are checked;
a token without an expiry is refused. What it says of the caller goes to the upstream in headers that nobody else can
set: `x-trunkline-subject`, `x-trunkline-client`, `x-trunkline-tier`.

A token that is bound to a key of its holder (DPoP, RFC 9449; certificates, RFC 8705) is refused: it is worth nothing
without a proof, and Envoy cannot check one. One that our own provider has revoked is refused, too (`revoked.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Final

from trunkline.gateway.kubernetes.names import config_map, key_set
from trunkline.gateway.kubernetes.said import Inexpressible, Said
from trunkline.gateway.policies.policy import ON, TYPE, Json, Policy, Stage
from trunkline.gateway.policies.rbac import deny, has_claim, rbac_filter, refusal
from trunkline.gateway.policies.revoked import CLAIM, GRANT, REVOKED, revoked_filter

if TYPE_CHECKING:
    from trunkline.gateway.declaration import Gateway, Issuer
    from trunkline.gateway.plan import Route

ANY: Final = "any"
BOUND: Final = "jwt-bound"
CLIENT: Final = "x-trunkline-client"
SUBJECT: Final = "x-trunkline-subject"
TIER: Final = "x-trunkline-tier"
LARGEST_TOKEN: Final = 8_192  # octets
CACHED_TOKENS: Final = 10_000
CLOCK_SKEW: Final = 30  # seconds
_TYPE: Final = f"{TYPE}extensions.filters.http.jwt_authn.v3."


class Jwt(Policy, frozen=True, kw_only=True, tag="jwt"):
    """`issuer` is a name of gateway.yaml, or `any` of them."""

    issuer: str = ANY

    stage: ClassVar[Stage] = Stage.IDENTITY
    family: ClassVar[str] = "identity"
    shadowable: ClassVar[bool] = True
    refusals: ClassVar[tuple[str, ...]] = ("jwt_authn_access_denied", refusal(BOUND), refusal(REVOKED))
    because: ClassVar[str] = "the request has no token that a trusted issuer has signed, for us and for now"
    nearer: ClassVar[Mapping[str, str]] = {
        refusal(BOUND): "the request's token is bound to a key, and the gateway cannot check the proof",
        refusal(REVOKED): "the request's token was revoked: its owner has left or signed out, or its client is gone",
    }

    @classmethod
    def filters(cls, gateway: Gateway) -> dict[str, Json]:
        return {cls.kind(): jwt_filter(gateway, {}), BOUND: rbac_filter(), REVOKED: revoked_filter([])}

    @classmethod
    def reports(cls) -> str:
        return "%DYNAMIC_METADATA(envoy.filters.http.jwt_authn:refused:message)%"

    def on_route(self, route: Route) -> dict[str, Json]:
        name = f"{self.issuer}.shadow" if self.shadow else self.issuer
        said: dict[str, Json] = {self.kind(): {"@type": f"{_TYPE}PerRouteConfig", "requirement_name": name}}
        return said if self.shadow else said | deny(BOUND, has_claim("cnf"), shadow=False) | {REVOKED: ON}

    def kubernetes(self, route: Route) -> Said:
        names = issuers(route)
        forward = {route.gateway.issuers[name].forward for name in names}
        if len(forward) > 1:
            raise Inexpressible("tokens of all issuers of a route go to the upstream, or none: `forward` differs")
        providers = [_kubernetes_provider(name, route.gateway.issuers[name]) for name in names]
        return Said(
            security={"jwt": {"providers": providers}},
            remove_request=() if forward == {True} else ("Authorization",),
            differs="a token need not expire, and one that is bound to a key (`cnf`) is taken without a proof; a "
            "revoked one is taken until it lapses",
        )


def jwt_filter(gateway: Gateway, key_sets: dict[str, str]) -> Json:
    """The filter's settings: every issuer, with its keys (a JSON Web Key Set, RFC 7517) by its name in `key_sets`."""
    providers = {name: _provider(issuer, key_sets.get(name, "")) for name, issuer in gateway.issuers.items()}
    requirements: Json = {}
    for name in providers:
        requirements[name] = {"provider_name": name}
        requirements[f"{name}.shadow"] = _reported([name])
    if providers:
        names = list(providers)
        requirements[ANY] = (
            {"requires_any": {"requirements": [{"provider_name": name} for name in names]}}
            if len(names) > 1
            else {"provider_name": names[0]}
        )
        requirements[f"{ANY}.shadow"] = _reported(names)
    return {"@type": f"{_TYPE}JwtAuthentication", "providers": providers, "requirement_map": requirements}


def _reported(names: list[str]) -> Json:
    """A missing or wrong token is reported and let through."""
    pass_on: Json = {"allow_missing_or_failed": {}}
    return {"requires_any": {"requirements": [*({"provider_name": name} for name in names), pass_on]}}


def _provider(issuer: Issuer, keys: str) -> Json:
    claims = {SUBJECT: "sub", CLIENT: issuer.client_claim, TIER: issuer.tier_claim, GRANT: CLAIM}
    return {
        "issuer": issuer.issuer,
        "audiences": issuer.audiences,
        "local_jwks": {"inline_string": keys},
        "forward": issuer.forward,
        "require_expiration": True,
        "clock_skew_seconds": CLOCK_SKEW,
        "from_headers": [{"name": "Authorization", "value_prefix": "Bearer "}],
        "payload_in_metadata": "jwt",
        "failed_status_in_metadata": "refused",
        "normalize_payload_in_metadata": {"space_delimited_claims": ["scope"]},
        "claim_to_headers": [{"header_name": name, "claim_name": claim} for name, claim in claims.items() if claim],
        "jwt_cache_config": {"jwt_cache_size": CACHED_TOKENS, "jwt_max_token_size": LARGEST_TOKEN},
    }


def issuers(route: Route) -> tuple[str, ...]:
    """The names of the issuers whose tokens are taken on a route."""
    jwt = route.policy(Jwt)
    if jwt is None:
        return ()
    return tuple(route.gateway.issuers) if jwt.issuer == ANY else (jwt.issuer,)


def _kubernetes_provider(name: str, issuer: Issuer) -> Json:
    claims = {SUBJECT: "sub", CLIENT: issuer.client_claim, TIER: issuer.tier_claim}
    return {
        "name": name,
        "issuer": issuer.issuer,
        "audiences": list(issuer.audiences),
        "localJWKS": {"type": "ValueRef", "valueRef": config_map(key_set(name))},
        "claimToHeaders": [{"header": header, "claim": claim} for header, claim in claims.items() if claim],
        "extractFrom": {"headers": [{"name": "Authorization", "valuePrefix": "Bearer "}]},
    }
