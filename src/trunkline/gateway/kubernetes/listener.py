"""Where the gateway listens: the Gateway, and how requests are read there (ClientTrafficPolicy).

As with Trunkline's own Envoy, what a path or a header could trick a server with is refused, not repaired.
"""

from __future__ import annotations

import re
from typing import Any, Final

from trunkline.gateway.declaration import Gateway, Timeouts, split
from trunkline.gateway.kubernetes.names import (
    AUTHORITY,
    CERTIFICATE,
    ENVOY_GATEWAY,
    GATEWAY,
    GATEWAY_API,
    config_map,
    secret,
)
from trunkline.gateway.kubernetes.said import Inexpressible, duration
from trunkline.gateway.policies.api_key import APPLICATION
from trunkline.gateway.policies.bucket import WOULD_REFUSE
from trunkline.gateway.policies.jwt import CLIENT, SUBJECT, TIER

Json = dict[str, Any]
CONTROLLER: Final = f"{ENVOY_GATEWAY}/gatewayclass-controller"
_DNS: Final = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


def gateway(declared: Gateway) -> Json:
    """The Gateway's spec: one listener, for routes of its own namespace. It is with TLS also where gateway.yaml has
    none, on loopback: a cluster's Gateway is reached from outside."""
    listener: Json = {
        "name": "apis",
        "port": split(declared.listen)[1],
        "protocol": "HTTPS",
        "tls": {"mode": "Terminate", "certificateRefs": [secret(CERTIFICATE)]},
        "allowedRoutes": {"namespaces": {"from": "Same"}},
    }
    return {"gatewayClassName": GATEWAY, "listeners": [listener]}


def differs(declared: Gateway) -> str:
    """What a cluster does otherwise; "" where nothing."""
    head = declared.timeouts.head
    return "" if head == Timeouts().head else f"timeouts: a request's head has the time of the request, not {head}"


def client_traffic(declared: Gateway, certificate: tuple[str, ...] | None, idle: str) -> Json:
    """The ClientTrafficPolicy's spec; `certificate` as in `Said`, `idle` is how long nothing may come on a request.
    Raises `Inexpressible`."""
    said: Json = {
        "targetRefs": [{"group": GATEWAY_API, "kind": "Gateway", "name": GATEWAY}],
        "path": {"escapedSlashesAction": "RejectRequest", "disableMergeSlashes": False},
        "headers": {
            "withUnderscoresAction": "RejectRequest",
            "requestID": "Generate",
            "earlyRequestHeaders": {"remove": [SUBJECT, CLIENT, TIER, APPLICATION, WOULD_REFUSE]},
        },
        "timeout": {"http": _timeouts(declared.timeouts, idle)},
        "connection": {"connectionLimit": {"value": declared.connections}, "bufferLimit": "1Mi"},
        "http2": {
            "maxConcurrentStreams": 100,
            "initialStreamWindowSize": "64Ki",
            "initialConnectionWindowSize": "1Mi",
        },
        "tls": {"minVersion": "1.3", "maxVersion": "1.3", "alpnProtocols": ["h2", "http/1.1"]},
    }
    if declared.trusted_hops:
        said["clientIPDetection"] = {"xForwardedFor": {"numTrustedHops": declared.trusted_hops}}
    if declared.tls and declared.tls.client_authority:
        said["tls"]["clientValidation"] = _validation(certificate)
    return said


def _timeouts(declared: Timeouts, idle: str) -> Json:
    said = {"requestReceivedTimeout": declared.request, "idleTimeout": declared.idle, "streamIdleTimeout": idle}
    return {name: duration(value) for name, value in said.items()}


def _validation(certificate: tuple[str, ...] | None) -> Json:
    said: Json = {"optional": certificate is None, "caCertificateRefs": [config_map(AUTHORITY)]}
    names: Json = {}
    for name in certificate or ():
        if "://" in name:
            names.setdefault("uris", []).append({"type": "Exact", "value": name})
        elif _DNS.fullmatch(name):
            names.setdefault("dnsNames", []).append({"type": "Exact", "value": name})
        else:
            raise Inexpressible(f"it matches a certificate's URI and DNS names, not its subject: {name!r}")
    return said | ({"subjectAltNames": names} if names else {})
