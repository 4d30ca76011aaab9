"""`cache`: responses are kept and given to others, as HTTP's own rules allow (RFC 9111, a shared cache).

How long is what the upstream's `Cache-Control` says. A response is given to every caller alike, so the operation must
say in its OpenAPI file that it is the same for all (`x-classification: public` or `internal`); the caller's token goes
no further than the gateway. `trunkline gateway purge API` forgets what is kept of an API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from trunkline.gateway.kubernetes.said import Inexpressible, Said
from trunkline.gateway.policies.policy import ON, TYPE, Json, Policy, Stage
from trunkline.gateway.policies.timeout import DEFAULT_TIMEOUT, Timeout
from trunkline.gateway.quantities import envoy_duration

if TYPE_CHECKING:
    from trunkline.gateway.declaration import Gateway
    from trunkline.gateway.plan import Route

SHAREABLE: Final = ("public", "internal")
STRIP: Final = "cache-strip"
LARGEST: Final = 1 << 20  # octets of a response that is kept


class Cache(Policy, frozen=True, kw_only=True, tag="cache"):
    """Keep what the upstream says may be kept."""

    stage: ClassVar[Stage] = Stage.CACHE

    @classmethod
    def filters(cls, gateway: Gateway) -> dict[str, Json]:
        """Behind the identity filters the token is taken off: Envoy's cache leaves requests alone that have one."""
        return {
            STRIP: {
                "@type": f"{TYPE}extensions.filters.http.header_mutation.v3.HeaderMutation",
                "mutations": {"request_mutations": [{"remove": "authorization"}, {"remove": "cookie"}]},
            },
            cls.kind(): {
                "@type": f"{TYPE}extensions.filters.http.cache_v2.v3.CacheV2Config",
                "typed_config": {
                    "@type": f"{TYPE}extensions.http.cache_v2.simple_http_cache.v3.SimpleHttpCacheV2Config"
                },
                "max_body_bytes": LARGEST,
            },
        }

    def on_route(self, route: Route) -> dict[str, Json]:
        return {STRIP: ON, self.kind(): ON}

    def cluster(self, route: Route) -> Json:
        """Envoy's cache keeps by cluster: an API's own, named anew by each purge. It also asks the upstream by itself,
        past the route's timeout, so that stands here."""
        found = route.policy(Timeout)
        longest = envoy_duration(found.request if found else DEFAULT_TIMEOUT)
        return {
            "metadata": {"filter_metadata": {"trunkline": {"cache": f"{route.api.name} {route.generation}"}}},
            "common_http_protocol_options": {"max_stream_duration": longest},
        }

    def kubernetes(self, route: Route) -> Said:
        raise Inexpressible("it keeps no responses")
