"""`size`: how large a request's body may be. Without it, what gateway.yaml says as `largest_body` holds.

The body is taken in whole before anything goes upstream, so a slow sender holds no connection there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from trunkline.gateway.kubernetes.said import Inexpressible, Said
from trunkline.gateway.policies.policy import TYPE, Json, Policy, Stage
from trunkline.gateway.quantities import Size, octets

if TYPE_CHECKING:
    from trunkline.gateway.declaration import Gateway
    from trunkline.gateway.plan import Route

_TYPE: Final = f"{TYPE}extensions.filters.http.buffer.v3."
MOST: Final = 16 << 20
"""Octets that any body may have: each is held in memory."""


class BodySize(Policy, frozen=True, kw_only=True, tag="size"):
    """Refuse bodies of more than `body` with 413."""

    body: Size

    stage: ClassVar[Stage] = Stage.CONTENT
    refusals: ClassVar[tuple[str, ...]] = ("request_payload_too_large",)
    because: ClassVar[str] = "the request's body is larger than is taken here"

    @classmethod
    def filters(cls, gateway: Gateway) -> dict[str, Json]:
        return {cls.kind(): {"@type": f"{_TYPE}Buffer", "max_request_bytes": octets(gateway.largest_body)}}

    def on_route(self, route: Route) -> dict[str, Json]:
        return at_most(octets(self.body))

    def kubernetes(self, route: Route) -> Said:
        if not octets(self.body):
            raise Inexpressible("a body of nothing is no limit that it takes")
        return Said(traffic={"requestBuffer": {"limit": str(octets(self.body))}})


def at_most(octets: int) -> dict[str, Json]:
    """What a route says to the filter."""
    return {BodySize.kind(): {"@type": f"{_TYPE}BufferPerRoute", "buffer": {"max_request_bytes": octets}}}
