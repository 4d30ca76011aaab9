"""`cors`: which web pages of other origins may call, in their visitors' browsers (the Fetch standard, clause 3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Final

from msgspec import Meta

from trunkline.gateway.kubernetes.said import Said
from trunkline.gateway.policies.policy import TYPE, Json, Policy, Stage

if TYPE_CHECKING:
    from trunkline.gateway.declaration import Gateway
    from trunkline.gateway.plan import Route

_TYPE: Final = f"{TYPE}extensions.filters.http.cors.v3."
Origin = Annotated[str, Meta(pattern=r"^(\*|https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?)$")]
HeaderName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,100}$")]


class Cors(Policy, frozen=True, kw_only=True, tag="cors"):
    """`origins` such as `https://shop.belgicom.be`, or `*`; `headers` that a page may send, `exposed` that it may read.
    With `credentials`, browsers send cookies and client certificates along. `max_age` is in seconds."""

    origins: Annotated[tuple[Origin, ...], Meta(min_length=1)]
    headers: tuple[HeaderName, ...] = ("authorization", "content-type")
    exposed: tuple[HeaderName, ...] = ("x-request-id",)
    credentials: bool = False
    max_age: Annotated[int, Meta(ge=0, le=86_400)] = 600

    stage: ClassVar[Stage] = Stage.BROWSER

    @classmethod
    def filters(cls, gateway: Gateway) -> dict[str, Json]:
        return {cls.kind(): {"@type": f"{_TYPE}Cors"}}

    def on_route(self, route: Route) -> dict[str, Json]:
        return {
            self.kind(): {
                "@type": f"{_TYPE}CorsPolicy",
                "allow_origin_string_match": [_origin(origin) for origin in self.origins],
                "allow_methods": route.operation.method,
                "allow_headers": ", ".join(self.headers),
                "expose_headers": ", ".join(self.exposed),
                "allow_credentials": self.credentials,
                "max_age": str(self.max_age),
                "forward_not_matching_preflights": False,
            }
        }

    def kubernetes(self, route: Route) -> Said:
        said = {
            "allowOrigins": list(self.origins),
            "allowMethods": [route.operation.method],
            "allowHeaders": list(self.headers),
            "exposeHeaders": list(self.exposed),
            "allowCredentials": self.credentials,
            "maxAge": f"{self.max_age}s",
        }
        return Said(security={"cors": said}, preflight=True)


def _origin(origin: str) -> Json:
    return {"prefix": "http"} if origin == "*" else {"exact": origin}
