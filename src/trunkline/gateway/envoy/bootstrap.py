"""What Envoy is started with: where its files are, how it is asked, how much it takes on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from trunkline.gateway.declaration import Gateway
from trunkline.gateway.envoy.clusters import clusters
from trunkline.gateway.envoy.listener import file_source, whole_listener
from trunkline.gateway.envoy.scopes import Scope
from trunkline.gateway.places import Places
from trunkline.gateway.plan import Plan
from trunkline.gateway.policies.policy import TYPE

Json = dict[str, Any]
_NODE: Final[Json] = {"id": "trunkline-gateway", "cluster": "trunkline"}


def bootstrap(gateway: Gateway, places: Places) -> Json:
    """Envoy reads everything else from files, and anew when one is replaced: it needs nobody to run beside it."""
    return {
        "node": _NODE,
        "admin": {"address": {"pipe": {"path": str(places.admin), "mode": 0o600}}},
        "dynamic_resources": {
            "lds_config": file_source(str(places.listeners)),
            "cds_config": file_source(str(places.clusters)),
        },
        "overload_manager": {"resource_monitors": [_connections(gateway)]},
    }


def whole(plan: Plan, places: Places, scopes: Iterable[Scope]) -> Json:
    """All of it in one document, with these routes, for `envoy --mode validate`."""
    resources = {
        "listeners": [_bare(whole_listener(plan.gateway, places, scopes))],
        "clusters": [_bare(cluster) for cluster in clusters(plan, places).values()],
    }
    return {"node": _NODE, "static_resources": resources}


def _bare(resource: Json) -> Json:
    return {key: value for key, value in resource.items() if key != "@type"}


def _connections(gateway: Gateway) -> Json:
    kind = f"{TYPE}extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig"
    return {
        "name": "envoy.resource_monitors.global_downstream_max_connections",
        "typed_config": {"@type": kind, "max_active_downstream_connections": gateway.connections},
    }
