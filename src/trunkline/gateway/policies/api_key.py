"""`api-key`: the caller has a key that was issued to an application, in the header `x-api-key`.

Keys are issued by `trunkline gateway keys issue` and reach Envoy in a file of their own: issuing and revoking touch
neither routes nor limits. The application goes to the upstream in `x-trunkline-application`, as `TIER.NAME`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, Final

from trunkline.gateway.kubernetes.names import api_keys, secret
from trunkline.gateway.kubernetes.said import Inexpressible, Said
from trunkline.gateway.policies.policy import ON, TYPE, Json, Policy, Stage
from trunkline.http.vouching import APPLICATION as APPLICATION

if TYPE_CHECKING:
    from trunkline.gateway.declaration import Gateway
    from trunkline.gateway.plan import Route

HEADER: Final = "x-api-key"
API_KEY_TYPE: Final = f"{TYPE}extensions.filters.http.api_key_auth.v3.ApiKeyAuth"


class ApiKey(Policy, frozen=True, kw_only=True, tag="api-key"):
    """A known key, not revoked."""

    stage: ClassVar[Stage] = Stage.IDENTITY
    family: ClassVar[str] = "identity"
    refusals: ClassVar[tuple[str, ...]] = (
        "missing_api_key",
        "unknown_api_key",
        "missing_credentials",
    )  # the last: no key was issued yet
    because: ClassVar[str] = "the request has no key in x-api-key, or one that is not known (any more)"

    @classmethod
    def filters(cls, gateway: Gateway) -> dict[str, Json]:
        return {cls.kind(): api_key_filter([])}

    def on_route(self, route: Route) -> dict[str, Json]:
        return {self.kind(): ON}

    def kubernetes(self, route: Route) -> Said:
        """Each service level's keys are a Secret, so that those of levels that may not call are not known here."""
        from trunkline.gateway.policies.tier import Tier

        tier = route.policy(Tier)
        levels = tier.allowed if tier and not tier.shadow else tuple(route.gateway.tiers)
        if not levels:
            raise Inexpressible("keys are kept by service level, and gateway.yaml has no `tiers`")
        said = {
            "credentialRefs": [secret(api_keys(level)) for level in levels],
            "extractFrom": [{"headers": [HEADER]}],
            "forwardClientIDHeader": APPLICATION,
            "sanitize": True,
        }
        return Said(security={"apiKeyAuth": said}, differs="an application has one key at a time")


def api_key_filter(keys: Iterable[tuple[str, str]]) -> Json:
    """The filter's settings for (key, application) pairs."""
    return {
        "@type": API_KEY_TYPE,
        "credentials": [{"key": key, "client": application} for key, application in keys],
        "key_sources": [{"header": HEADER}],
        "forwarding": {"header": APPLICATION, "hide_credentials": True},
    }
