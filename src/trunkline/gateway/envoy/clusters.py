"""Envoy's clusters (CDS): the servers of each upstream, asked how they are, and left out while they fail."""

from __future__ import annotations

import ipaddress
from typing import Any, Final

from trunkline.gateway.declaration import Upstream, split
from trunkline.gateway.envoy import companions
from trunkline.gateway.envoy.tls import upstream_tls
from trunkline.gateway.places import Places
from trunkline.gateway.plan import Plan
from trunkline.gateway.policies.outlier import Outlier
from trunkline.gateway.policies.policy import TYPE

Json = dict[str, Any]
_HTTP: Final = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_COMMON: Final = "common_http_protocol_options"
IDLE: Final = "60s"
"""How long a connection to an upstream is kept that nobody uses. Below what servers wait as a rule."""


def clusters(plan: Plan, places: Places) -> dict[str, Json]:
    """The clusters of the plan by name, those of its companions among them."""
    upstreams = plan.gateway.upstreams
    found = {
        name: cluster(name, upstreams[upstream], places, changes)
        for name, (upstream, changes) in sorted(plan.clusters().items())
    }
    return found | {
        companions.cluster_name(name): companions.cluster(name, places) for name in sorted(plan.companions())
    }


def cluster(name: str, upstream: Upstream, places: Places, changes: Json) -> Json:
    """One cluster; `changes` are what policies want otherwise than it is as a rule."""
    common = {"idle_timeout": IDLE, **changes.get(_COMMON, {})}
    protocol = "http2_protocol_options" if upstream.http2 else "http_protocol_options"
    said: Json = {
        "@type": f"{TYPE}config.cluster.v3.Cluster",
        "name": name,
        "type": "STATIC" if all(map(_is_address, upstream.addresses)) else "STRICT_DNS",
        "connect_timeout": "2s",
        "lb_policy": "LEAST_REQUEST",
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [_endpoint(address) for address in upstream.addresses]}],
        },
        "outlier_detection": Outlier().detection(),
        "typed_extension_protocol_options": {
            _HTTP: {
                "@type": f"type.googleapis.com/{_HTTP}",
                _COMMON: common,
                "explicit_http_config": {protocol: {}},
            }
        },
    }
    if upstream.health:
        said["health_checks"] = [_health_check(upstream)]
    if upstream.tls:
        said["transport_socket"] = upstream_tls(upstream.tls, places)
    return said | {key: value for key, value in changes.items() if key != _COMMON}


def _health_check(upstream: Upstream) -> Json:
    return {
        "timeout": "2s",
        "interval": "1s",
        "no_traffic_interval": "5s",
        "unhealthy_threshold": 2,
        "healthy_threshold": 1,
        "http_health_check": {"path": upstream.health},
    }


def _endpoint(address: str) -> Json:
    host, port = split(address)
    host = "127.0.0.1" if host == "localhost" else host
    return {"endpoint": {"address": {"socket_address": {"address": host, "port_value": port}}}}


def _is_address(address: str) -> bool:
    host, _ = split(address)
    try:
        return host == "localhost" or bool(ipaddress.ip_address(host))
    except ValueError:
        return False
