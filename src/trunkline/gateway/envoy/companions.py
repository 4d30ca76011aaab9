"""Envoy's side of the companions: a cluster for each, at its Unix socket, and how a filter asks it."""

from __future__ import annotations

from typing import Any, Final

from trunkline.gateway.places import Places

Json = dict[str, Any]
_HTTP: Final = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
UNDER_WAY: Final = 100_000
"""Calls that may wait for a companion at once: as many as the gateway takes on."""


def cluster_name(name: str) -> str:
    """No upstream's cluster is called so."""
    return f"companion.{name}"


def cluster(name: str, places: Places) -> Json:
    """The cluster of the companion `name`. It is never left out for failing: it is started again."""
    endpoint = {"address": {"pipe": {"path": str(places.companion(name))}}}
    return {
        "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
        "name": cluster_name(name),
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {
            "cluster_name": cluster_name(name),
            "endpoints": [{"lb_endpoints": [{"endpoint": endpoint}]}],
        },
        "circuit_breakers": {"thresholds": [{"max_pending_requests": UNDER_WAY, "max_requests": UNDER_WAY}]},
        "typed_extension_protocol_options": {
            _HTTP: {
                "@type": f"type.googleapis.com/{_HTTP}",
                "explicit_http_config": {"http2_protocol_options": {}},
            }
        },
    }


def grpc_service(name: str) -> Json:
    """How a filter asks the companion `name`: Envoy's `grpc_service`. It asks once; what no answer means is the
    filter's to say."""
    return {"envoy_grpc": {"cluster_name": cluster_name(name)}}
