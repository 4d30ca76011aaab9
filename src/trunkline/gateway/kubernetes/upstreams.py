"""Upstreams in a cluster: a Service of that name where they are declared on loopback, else a Backend with addresses."""

from __future__ import annotations

import ipaddress
from typing import Any

from trunkline.gateway.declaration import Upstream, split
from trunkline.gateway.kubernetes.names import ENVOY_GATEWAY, config_map, upstream_authority
from trunkline.gateway.kubernetes.said import Inexpressible
from trunkline.gateway.policies.outlier import Outlier
from trunkline.loopback import is_loopback

Json = dict[str, Any]


def reference(name: str, upstream: Upstream) -> Json:
    """How routes refer to the upstream. Raises `Inexpressible` where a Service cannot stand for it."""
    hosts = {split(address)[0] for address in upstream.addresses}
    if not any(map(is_loopback, hosts)):
        return {"group": ENVOY_GATEWAY, "kind": "Backend", "name": name}
    if not all(map(is_loopback, hosts)):
        raise Inexpressible("some of its addresses are loopback and some are not: in a cluster it is one or the other")
    ports = {split(address)[1] for address in upstream.addresses}
    if len(ports) > 1:
        raise Inexpressible(f"its addresses have several ports, and a Service {name} is asked at one")
    return {"group": "", "kind": "Service", "name": name, "port": ports.pop()}


def specs(name: str, upstream: Upstream) -> list[tuple[str, Json]]:
    """The kinds and specs of the objects of an upstream. Raises `Inexpressible`."""
    found: list[tuple[str, Json]] = []
    told = reference(name, upstream)
    if told["kind"] == "Backend":
        spec: Json = {"endpoints": [_endpoint(address) for address in upstream.addresses]}
        if upstream.http2 and not upstream.tls:
            spec["appProtocols"] = [f"{ENVOY_GATEWAY}/h2c"]
        found.append(("Backend", spec))
    elif upstream.http2:
        raise Inexpressible(
            f"a Service says by itself that it speaks HTTP/2 (`appProtocol: kubernetes.io/h2c`): leave `http2` out, "
            f"and say it in the Service {name}"
        )
    if tls := upstream.tls:
        if tls.certificate:
            raise Inexpressible("Envoy Gateway shows all upstreams one certificate (EnvoyProxy), none its own")
        target = {key: told[key] for key in ("group", "kind", "name")}
        validation = {"caCertificateRefs": [config_map(upstream_authority(name))], "hostname": tls.name}
        found.append(("BackendTLSPolicy", {"targetRefs": [target], "validation": validation}))
    return found


def differs(upstream: Upstream) -> str:
    """What holds otherwise than where Trunkline's own Envoy stands beside the upstream."""
    near = all(is_loopback(split(address)[0]) for address in upstream.addresses)
    said = ["it is asked within the cluster, and without TLS"] if near and not upstream.tls else []
    if upstream.ours:
        said.append("it does not learn whose key a request had, so applications with keys alone are unknown to it")
        said.append("ids with an encoded slash are refused")
    return "; ".join(said)


def traffic(upstream: Upstream) -> Json:
    """How the upstream is treated where no policy says otherwise: as by Trunkline's own Envoy."""
    said: Json = {
        "loadBalancer": {"type": "LeastRequest"},
        "timeout": {"tcp": {"connectTimeout": "2s"}, "http": {"connectionIdleTimeout": "60s"}},
        "healthCheck": {"passive": Outlier().passive()},
    }
    if upstream.health:
        said["healthCheck"]["active"] = {
            "type": "HTTP",
            "timeout": "2s",
            "interval": "1s",
            "unhealthyThreshold": 2,
            "healthyThreshold": 1,
            "http": {"path": upstream.health, "expectedStatuses": [200]},
        }
    return said


def _endpoint(address: str) -> Json:
    host, port = split(address)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return {"fqdn": {"hostname": host.lower(), "port": port}}
    return {"ip": {"address": host, "port": port}}
