"""The gateway's plan: which rules hold for each operation, where each is written, and which servers answer.

It is what stands between the operator's files and a data plane: the checks look at it, Envoy's files are rendered from
it, and `trunkline why` finds the deciding rule in it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeVar

import msgspec

from trunkline.document import Document
from trunkline.faults import Place
from trunkline.gateway.declaration import Gateway
from trunkline.gateway.folder import Api, Apis
from trunkline.gateway.openapi import Operation
from trunkline.gateway.policies import KINDS, Policy

Level = Literal["all", "group", "api", "operation"]
P = TypeVar("P", bound=Policy)
_ORDER: Final = {kind: (kind.stage, index) for index, kind in enumerate(KINDS)}


@dataclass(frozen=True)
class Rule:
    """A policy where it is attached."""

    policy: Policy
    level: Level
    document: Document
    place: Place

    @property
    def line(self) -> int:
        return self.document.line(self.place)

    @property
    def where(self) -> tuple[str, int]:
        return self.document.path, self.line

    def __str__(self) -> str:
        return f"`{self.policy.kind()}` of {self.document.path}:{self.line}"


@dataclass(frozen=True)
class Route:
    """An operation, and the rules that hold for it, in the order in which they have their say."""

    api: Api
    operation: Operation
    gateway: Gateway
    rules: tuple[Rule, ...]
    generation: int
    """How often the API's cache has been purged."""
    dropped: tuple[tuple[Rule, Rule], ...] = ()
    """Outer rules that do not hold here, each with the inner one that took its place."""

    @property
    def name(self) -> str:
        return f"{self.api.name}.{self.operation.id}"

    def policy(self, kind: type[P]) -> P | None:
        """The policy of `kind` that holds, if any."""
        return next((rule.policy for rule in self.rules if isinstance(rule.policy, kind)), None)

    def enforces(self, kind: type[Policy]) -> bool:
        """Whether a policy of `kind` holds and is no shadow."""
        found = self.policy(kind)
        return found is not None and not found.shadow

    @property
    def upstreams(self) -> frozenset[str]:
        """The names of all that requests, or copies of them, may go to."""
        return frozenset((self.api.upstream, *(name for rule in self.rules for name in rule.policy.upstreams())))

    @property
    def is_ours(self) -> bool:
        """Whether nobody but the platform itself gets to see what goes upstream."""
        return all(name in self.gateway.upstreams and self.gateway.upstreams[name].ours for name in self.upstreams)

    def cluster(self, upstream: str) -> str:
        """The name of Envoy's cluster for `upstream` as this route's policies want it."""
        changes = self.cluster_changes()
        if not changes:
            return upstream
        return f"{upstream}.{hashlib.sha256(msgspec.json.encode(changes, order='sorted')).hexdigest()[:12]}"

    def cluster_changes(self) -> dict[str, Any]:
        """What this route's policies change in a cluster."""
        changes: dict[str, Any] = {}
        for rule in self.rules:
            changes |= rule.policy.cluster(self)
        return changes


@dataclass(frozen=True)
class Plan:
    """Everything the data plane needs to know but secrets."""

    apis: Apis
    routes: tuple[Route, ...]
    rules: tuple[Rule, ...] = field(repr=False)
    """Every rule that is written, whether or not it holds anywhere."""

    @property
    def gateway(self) -> Gateway:
        return self.apis.gateway

    def clusters(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """Clusters by name: the upstream of each, and what is changed in it."""
        found: dict[str, tuple[str, dict[str, Any]]] = {}
        for route in self.routes:
            others = [upstream for rule in route.rules for upstream in rule.policy.upstreams()]
            for upstream in (route.api.upstream, *others):
                found[route.cluster(upstream)] = upstream, route.cluster_changes()
        return found

    def companions(self) -> frozenset[str]:
        """The names of the companions that Envoy asks."""
        return frozenset(rule.policy.companion for route in self.routes for rule in route.rules) - {""}


def plan(apis: Apis, generations: Mapping[str, int] = {}) -> Plan:  # only read
    """Work out what holds where. `generations` says how often each API's cache has been purged."""
    everywhere = tuple(_rules("all", apis.gateway_file, ("policies",), apis.gateway.policies))
    groups = {
        name: tuple(_rules("group", apis.gateway_file, ("groups", name), policies))
        for name, policies in apis.gateway.groups.items()
    }
    routes: list[Route] = []
    written = [*everywhere, *(rule for rules in groups.values() for rule in rules)]
    for api in apis.apis:
        own = tuple(_rules("api", api.policies_file, ("policies",), api.policies.policies))
        by_operation = {
            id: tuple(_rules("operation", api.policies_file, ("operations", id), policies))
            for id, policies in api.policies.operations.items()
        }
        written += [*own, *(rule for rules in by_operation.values() for rule in rules)]
        for operation in api.openapi.operations:
            levels = (everywhere, groups.get(api.policies.group, ()), own, by_operation.get(operation.id, ()))
            rules, dropped = _effective(levels)
            generation = generations.get(api.name, 0)
            routes.append(Route(api, operation, apis.gateway, rules, generation, dropped))
    return Plan(apis, tuple(routes), tuple(written))


def _rules(level: Level, document: Document, place: Place, policies: Sequence[Policy]) -> Iterator[Rule]:
    for index, policy in enumerate(policies):
        yield Rule(policy, level, document, (*place, index))


def _effective(levels: tuple[tuple[Rule, ...], ...]) -> tuple[tuple[Rule, ...], tuple[tuple[Rule, Rule], ...]]:
    """From the outermost level inwards: an inner rule that `replaces` drops the outer ones of its family."""
    held: list[Rule] = []
    dropped: list[tuple[Rule, Rule]] = []
    for level in levels:
        for rule in level:
            if rule.policy.replaces:
                family = rule.policy.replaces_family()
                gone = [old for old in held if old.policy.replaces_family() == family and old not in level]
                dropped += [(old, rule) for old in gone]
                held = [old for old in held if old not in gone]
        held += level
    return tuple(sorted(held, key=lambda rule: _ORDER[type(rule.policy)])), tuple(dropped)
