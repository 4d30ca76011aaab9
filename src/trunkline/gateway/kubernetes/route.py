"""One operation in the cluster: an HTTPRoute, who may call it (SecurityPolicy), how it is passed on
(BackendTrafficPolicy)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from trunkline.gateway.kubernetes.names import GATEWAY, GATEWAY_API
from trunkline.gateway.kubernetes.said import Inexpressible, Said, both, merged
from trunkline.gateway.kubernetes.upstreams import reference, traffic
from trunkline.gateway.plan import Route
from trunkline.gateway.policies.size import BodySize
from trunkline.gateway.policies.timeout import Timeout

Json = dict[str, Any]
MILLION: Final = 1_000_000
_LONGEST_PATTERN: Final = 1_024  # the Gateway API's


def http_route(route: Route, said: Sequence[Said]) -> Json:
    """The HTTPRoute's spec. Raises `Inexpressible`."""
    hosts = route.gateway.hosts
    names = {} if "*" in hosts else {"hostnames": list(hosts)}
    rule: Json = {"matches": _matches(route, preflight=any(one.preflight for one in said))}
    if filters := _filters(route, said):
        rule["filters"] = filters
    rule["backendRefs"] = _backends(route, said)
    return {"parentRefs": [{"group": GATEWAY_API, "kind": "Gateway", "name": GATEWAY}], **names, "rules": [rule]}


def security(name: str, said: Sequence[Said]) -> Json | None:
    """The SecurityPolicy's spec for the HTTPRoute `name`; None where anybody may call."""
    spec: Json = {}
    for one in said:
        spec = merged(spec, one.security)
    if authorization := _authorization(said):
        spec["authorization"] = authorization
    return {"targetRefs": [_target(name)], **spec} if spec else None


def backend_traffic(name: str, route: Route, said: Sequence[Said]) -> Json:
    """The BackendTrafficPolicy's spec for the HTTPRoute `name`."""
    spec = traffic(route.gateway.upstreams[route.api.upstream])
    for policy in (Timeout(), BodySize(body=route.gateway.largest_body)):
        spec = merged(spec, policy.kubernetes(route).traffic)
    for one in said:
        spec = merged(spec, one.traffic)
    counted = {
        "local": [rule for one in said for rule in one.local_limits],
        "global": [rule for one in said for rule in one.limits],
    }
    if any(counted.values()):
        spec["rateLimit"] = {where: {"rules": rules} for where, rules in counted.items() if rules}
    return {"targetRefs": [_target(name)], **spec}


def _target(name: str) -> Json:
    return {"group": GATEWAY_API, "kind": "HTTPRoute", "name": name}


def _matches(route: Route, *, preflight: bool) -> list[Json]:
    operation = route.operation
    kind, value = ("RegularExpression", operation.pattern) if operation.pattern else ("Exact", operation.path)
    if len(value) > _LONGEST_PATTERN:
        raise Inexpressible(f"a path is matched by at most {_LONGEST_PATTERN} characters, and this is {len(value)}")
    path = {"type": kind, "value": value}
    matches: list[Json] = [{"path": path, "method": operation.method}]
    if preflight:
        asked = [
            {"type": "Exact", "name": "access-control-request-method", "value": operation.method},
            {"type": "RegularExpression", "name": "origin", "value": ".+"},
        ]
        matches.append({"path": path, "method": "OPTIONS", "headers": asked})
    return matches


def _filters(route: Route, said: Sequence[Said]) -> list[Json]:
    request: Json = {}
    response: Json = {}
    for one in said:
        _modify(request, one.set_request, one.remove_request)
        _modify(response, one.set_response, one.remove_response)
    filters: list[Json] = []
    if request:
        filters.append({"type": "RequestHeaderModifier", "requestHeaderModifier": request})
    if response:
        filters.append({"type": "ResponseHeaderModifier", "responseHeaderModifier": response})
    for one in said:
        if one.mirror:
            upstream, millionths = one.mirror
            share = {"numerator": millionths, "denominator": MILLION}
            copied = {"backendRef": _backend(route, upstream), "fraction": share}
            filters.append({"type": "RequestMirror", "requestMirror": copied})
    return filters


def _modify(modifier: Json, setting: Any, removing: Sequence[str]) -> None:
    if setting:
        modifier.setdefault("set", []).extend({"name": name, "value": value} for name, value in setting.items())
    if removing:
        modifier.setdefault("remove", []).extend(removing)


def _backends(route: Route, said: Sequence[Said]) -> list[Json]:
    shares = [share for one in said for share in one.split] or [(route.api.upstream, 1)]
    return [{**_backend(route, upstream), "weight": weight} for upstream, weight in shares]


def _backend(route: Route, upstream: str) -> Json:
    return reference(upstream, route.gateway.upstreams[upstream])


def _authorization(said: Sequence[Said]) -> Json | None:
    """Rules are looked at in order, and the first that matches decides: what is denied, then who alone may."""
    rules = [{"action": "Deny", "principal": principal} for one in said for principal in one.denied]
    asking = [one.allowed for one in said if one.allowed]
    principals: list[Json] = [{}]
    for allowed in asking:
        principals = both(principals, allowed)
    if asking:
        rules += [{"action": "Allow", "principal": principal} for principal in principals]
    return {"rules": rules, "defaultAction": "Deny" if asking else "Allow"} if rules or asking else None
