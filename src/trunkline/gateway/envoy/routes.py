"""Envoy's routes: one for each operation, the more specific first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from trunkline.gateway.envoy import vouching
from trunkline.gateway.openapi import Operation
from trunkline.gateway.plan import Route
from trunkline.gateway.policies.cors import Cors
from trunkline.gateway.policies.policy import ON
from trunkline.gateway.policies.revoked import GRANT
from trunkline.gateway.policies.timeout import Timeout

Json = dict[str, Any]
ANY_PART: Final = "[^/]+"
PLAIN_PART: Final = "(?:[^/%]|%(?:[013-46-9A-Fa-f][0-9A-Fa-f]|2[0-9A-Ea-e]|5[0-9ABD-Fabd-f]))+"
"""A part of a path without an encoded slash or backslash, which servers do not read alike."""
ID_PART: Final = "(?:[^/%]|%(?:[0-46-9A-Fa-f][0-9A-Fa-f]|5[0-9ABD-Fabd-f]))+"
"""One that may have an encoded slash."""
NOWHERE: Final = "x-trunkline-nowhere"
"""A header that no request has: the listener takes off all that begin so."""
_METHOD: Final = ":method"
_ASKED_METHOD: Final = "access-control-request-method"


def route_configuration(name: str, hosts: Sequence[str], apis: Sequence[tuple[list[Route], str]]) -> Json:
    """The route table of APIs: their routes, with the name that their rules have in the access log."""
    routes = [*(said for its, revision in apis for said in _routes(its, revision)), _refused_slashes()]
    return {
        "name": name,
        "validate_clusters": True,
        "virtual_hosts": [{"name": "apis", "domains": _domains(hosts), "routes": routes}],
        "request_headers_to_remove": [GRANT],
    }


def _domains(hosts: Sequence[str]) -> list[str]:
    return ["*"] if "*" in hosts else [name for host in hosts for name in (host, f"{host}:*")]


def _routes(routes: list[Route], revision: str) -> Iterator[Json]:
    """The operations; then, for each path, what answers other methods."""
    ordered = sorted(routes, key=lambda route: route.operation.specificity)
    by_path: dict[tuple[Any, ...], list[Route]] = {}
    for route in ordered:
        by_path.setdefault(route.operation.specificity, []).append(route)
    for same_path in by_path.values():
        for route in same_path:
            yield _route(route, revision)
        for route in same_path:
            if cors := route.policy(Cors):
                yield _preflight(route, cors)
        yield _other_methods(same_path)


def _refused_slashes() -> Json:
    """What has an encoded slash, and no operation in which that is part of an id."""
    match = {"safe_regex": {"regex": ".*%(?:2[Ff]|5[Cc]).*"}}
    return {"match": match, "direct_response": {"status": 400}}


def _route(route: Route, revision: str) -> Json:
    settings: dict[str, Json] = {vouching.NAME: ON} if route.is_ours else {}
    action: Json = Timeout().action(route)
    for rule in route.rules:
        settings |= rule.policy.on_route(route)
        action |= rule.policy.action(route)
    if "weighted_clusters" not in action:
        action["cluster"] = route.cluster(route.api.upstream)
    return {
        "name": route.name,
        "match": {**_path(route.operation), "headers": [_exactly(_METHOD, route.operation.method)]},
        "route": action,
        "metadata": {"filter_metadata": {"trunkline": {"revision": revision}}},
        "typed_per_filter_config": settings,
    }


def _preflight(route: Route, cors: Cors) -> Json:
    """What a browser asks before it sends a request of another origin's page (Fetch standard, clause 3.2.2).

    The filter answers it, allowed or not, because it is sure to be one; and were it not, its route leads nowhere.
    """
    asked = [
        _exactly(_METHOD, "OPTIONS"),
        _exactly(_ASKED_METHOD, route.operation.method),
        {"name": "origin", "string_match": {"safe_regex": {"regex": ".+"}}},
    ]
    return {
        "name": f"{route.name}.preflight",
        "match": {**_path(route.operation), "headers": asked},
        "route": {"cluster_header": NOWHERE},
        "typed_per_filter_config": cors.on_route(route),
    }


def _other_methods(routes: list[Route]) -> Json:
    allowed = ", ".join(sorted({route.operation.method for route in routes}))
    return {
        "match": _path(routes[0].operation),
        "direct_response": {"status": 405},
        "response_headers_to_add": [{"header": {"key": "allow", "value": allowed}}],
    }


def _path(operation: Operation) -> Json:
    if pattern := operation.pattern:
        part = ID_PART if operation.slashes else PLAIN_PART
        return {"safe_regex": {"regex": pattern.replace(ANY_PART, part)}}
    return {"path": operation.path}


def _exactly(name: str, value: str) -> Json:
    return {"name": name, "string_match": {"exact": value}}
