"""Envoy's scoped routes (SRDS): APIs by the first two steps of their paths, each with a route table of its own.

Envoy takes from the file only the tables that have changed: the limits of all other APIs count on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import is_
from pathlib import Path
from typing import Any, Final

import msgspec

from trunkline.gateway import revisions
from trunkline.gateway.envoy.routes import route_configuration
from trunkline.gateway.lint import NAMED
from trunkline.gateway.plan import Plan, Route
from trunkline.gateway.policies.policy import TYPE
from trunkline.gateway.revisions import Revision

Json = dict[str, Any]
NAME: Final = "apis"
_TYPE: Final = f"{TYPE}config.route.v3.ScopedRouteConfiguration"


@dataclass(frozen=True)
class Scope:
    """The routes of the APIs whose paths begin alike, and their rules by the names of the APIs."""

    name: str
    revisions: Mapping[str, Revision]
    content: bytes
    """What Envoy reads, as JSON."""
    digest: str
    made_of: tuple[object, ...]
    generations: tuple[int, ...]

    def resource(self) -> msgspec.Raw:
        """As a resource of Envoy's files."""
        return msgspec.Raw(b'{"@type":"%s",%s' % (_TYPE.encode(), self.content[1:]))


def scopes(plan: Plan, project: Path, before: Mapping[str, Scope] = {}) -> dict[str, Scope]:  # only read
    """The scopes of a plan by name. One whose APIs' files have not changed since `before` is the same."""
    by_scope: dict[tuple[str, ...], dict[str, list[Route]]] = {}
    for route in plan.routes:
        by_scope.setdefault(_key(route), {}).setdefault(route.api.name, []).append(route)
    found: dict[str, Scope] = {}
    for key, apis in by_scope.items():
        name = "/".join(("", *key))
        routes = [routes[0] for routes in apis.values()]
        made_of = plan.apis.gateway_file, *(route.api for route in routes)
        generations = tuple(route.generation for route in routes)
        old = before.get(name)
        same = old and old.generations == generations and len(old.made_of) == len(made_of)
        found[name] = (
            old
            if old and same and all(map(is_, old.made_of, made_of))
            else _scope(name, key, plan, project, apis, made_of, generations)
        )
    return found


def _scope(
    name: str,
    key: tuple[str, ...],
    plan: Plan,
    project: Path,
    apis: Mapping[str, list[Route]],
    made_of: tuple[object, ...],
    generations: tuple[int, ...],
) -> Scope:
    rules = {api: revisions.of(routes, project) for api, routes in apis.items()}
    by_api = [(routes, rules[api].name) for api, routes in apis.items()]
    said = {
        "name": name,
        "key": {"fragments": [{"string_key": step} for step in key]},
        "route_configuration": route_configuration(name, plan.gateway.hosts, by_api),
    }
    content = msgspec.json.encode(said)
    return Scope(name, rules, content, hashlib.sha256(content).hexdigest(), made_of, generations)


def from_file(source: Json) -> Json:
    """The listener's routes, read from a file."""
    return {"scoped_routes": {**_LOOKED_UP, "scoped_rds": {"scoped_rds_config_source": source}}}


def within(found: Iterable[Scope]) -> Json:
    """The listener's routes, in itself."""
    said = [msgspec.Raw(scope.content) for scope in found]
    if not said:
        return {"route_config": {}}
    listed = {"scoped_route_configurations": said}
    return {"scoped_routes": {**_LOOKED_UP, "scoped_route_configurations_list": listed}}


def _key(route: Route) -> tuple[str, ...]:
    return tuple(route.api.openapi.base.split("/")[1 : 1 + NAMED])


def _step(index: int) -> Json:
    return {"header_value_extractor": {"name": ":path", "element_separator": "/", "index": index}}


_STEPS: Final = [_step(1 + index) for index in range(NAMED)]
_LOOKED_UP: Final[Json] = {"name": NAME, "scope_key_builder": {"fragments": _STEPS}}
