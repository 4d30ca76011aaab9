"""What every policy is: a typed declaration that knows what it becomes in Envoy's configuration.

A kind of policy is one file of this folder and one line in `KINDS`. Envoy's chain of HTTP filters holds every kind
that has a filter, switched off; a route switches on what holds for its operation. So attaching a policy changes routes
alone, never the listener, and no connection is lost by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec

from trunkline.gateway.kubernetes.said import Inexpressible, Said

if TYPE_CHECKING:
    from trunkline.gateway.declaration import Gateway
    from trunkline.gateway.plan import Route

Json = dict[str, Any]
TYPE: Final = "type.googleapis.com/envoy."
ON: Final[Json] = {"@type": f"{TYPE}config.route.v3.FilterConfig", "config": {}}
"""What a route says to switch a filter on that has no settings for routes."""


class Stage(IntEnum):
    """When a policy has its say on a request; within a stage, in the order of `KINDS`."""

    ADDRESS = 1
    """Where the request comes from, before anything costs much."""
    BROWSER = 2
    FLOOD = 3
    """Bursts are cut before a signature is computed."""
    IDENTITY = 4
    """Who calls."""
    ACCESS = 5
    """Whether that caller may."""
    LIMIT = 6
    """How often. A request that may not be made anyhow costs nobody's allowance."""
    CONTENT = 7
    FAULT = 8
    CACHE = 9
    ROUTING = 10
    """Where the request goes, and how long that may take."""


class Policy(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True):
    """One rule of the operator. `shadow` reports what it would refuse and refuses nothing. `replaces` takes the place
    of outer policies of the same family; `final` forbids that to inner ones."""

    replaces: bool = False
    final: bool = False
    shadow: bool = False

    stage: ClassVar[Stage]
    family: ClassVar[str] = ""
    """Kinds of the same family can take each other's place; "" is a family of its own."""
    shadowable: ClassVar[bool] = False
    refusals: ClassVar[tuple[str, ...]] = ()
    """What Envoy's `%RESPONSE_CODE_DETAILS%` begins with where this kind has refused."""
    because: ClassVar[str] = ""
    """Why a request is refused by this kind, for the person who asks `trunkline why`."""
    nearer: ClassVar[Mapping[str, str]] = {}
    """The same, nearer, by what `refusals` say of it."""

    companion: ClassVar[str] = ""
    """The process that Envoy asks for this kind, by its name in `companions/kinds.py`; "" where it decides alone."""

    @classmethod
    def kind(cls) -> str:
        """Its name in the operator's files."""
        return str(cls.__struct_config__.tag)

    @classmethod
    def replaces_family(cls) -> str:
        return cls.family or cls.kind()

    @classmethod
    def filters(cls, gateway: Gateway) -> dict[str, Json]:
        """The HTTP filters of this kind by name, in order, with the settings that hold for all routes."""
        return {}

    @classmethod
    def reports(cls) -> str:
        """The access log's format of what a shadow of this kind would have refused; "" where it has none."""
        return ""

    def on_route(self, route: Route) -> dict[str, Json]:
        """What a route says to this kind's filters, by name."""
        return {}

    def action(self, route: Route) -> Json:
        """Its part of Envoy's RouteAction."""
        return {}

    def cluster(self, route: Route) -> Json:
        """What it changes in the upstream's cluster; routes that change the same share one."""
        return {}

    def upstreams(self) -> tuple[str, ...]:
        """The upstreams that it sends requests to, beside the API's own."""
        return ()

    def kubernetes(self, route: Route) -> Said:
        """Its part of the route's Kubernetes manifests. Raises `Inexpressible` where Envoy Gateway cannot do it."""
        raise Inexpressible("it has no such thing")
