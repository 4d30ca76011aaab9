"""Every rule that is attached decides something, and none takes another's place unasked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trunkline.document import Problem
from trunkline.gateway.checks.saying import unknown, wrong
from trunkline.gateway.plan import Plan, Rule
from trunkline.gateway.policies.jwt import ANY, Jwt
from trunkline.gateway.policies.policy import Policy
from trunkline.gateway.policies.tier import Tier


def names_are_known(plan: Plan) -> Iterator[Problem]:
    gateway = plan.gateway
    for api in plan.apis.apis:
        if api.upstream not in gateway.upstreams:
            yield api.policies_file.problem(("upstream",), unknown("upstream", api.upstream, gateway.upstreams))
        if api.policies.group and api.policies.group not in gateway.groups:
            yield api.policies_file.problem(("group",), unknown("group", api.policies.group, gateway.groups))
    for rule in plan.rules:
        policy = rule.policy
        for upstream in policy.upstreams():
            if upstream not in gateway.upstreams:
                yield wrong(rule, unknown("upstream", upstream, gateway.upstreams))
        if isinstance(policy, Jwt):
            if policy.issuer != ANY and policy.issuer not in gateway.issuers:
                yield wrong(rule, unknown("issuer", policy.issuer, gateway.issuers))
            elif not gateway.issuers:
                yield wrong(rule, "gateway.yaml names no issuer, so no token would ever be taken")
        if isinstance(policy, Tier):
            for tier in policy.allowed:
                if tier not in gateway.tiers:
                    yield wrong(rule, unknown("tier", tier, gateway.tiers))


def operations_are_there(plan: Plan) -> Iterator[Problem]:
    for api in plan.apis.apis:
        ids = {operation.id for operation in api.openapi.operations}
        for id in api.policies.operations:
            if id not in ids:
                yield api.policies_file.problem(("operations", id), unknown("operation", id, ids))


def replacing_is_said_and_allowed(plan: Plan) -> Iterator[Problem]:
    for route in plan.routes:
        for old, new in route.dropped:
            if old.policy.final:
                yield wrong(new, f"would bypass {old}, which is final")
        seen: dict[type[Policy], Rule] = {}
        for rule in route.rules:
            if other := seen.get(type(rule.policy)):
                outer, inner = sorted(
                    (other, rule), key=lambda one: ("all", "group", "api", "operation").index(one.level)
                )
                how = (
                    "say it once" if outer.level == inner.level else "say `replaces: true` if this is to take its place"
                )
                yield wrong(inner, f"{outer} holds here already: {how}")
            seen[type(rule.policy)] = rule


def every_rule_decides_something(plan: Plan) -> Iterator[Problem]:
    """A rule holds for one operation at least, and one that replaces has something to replace."""
    holding = {id(rule) for route in plan.routes for rule in route.rules}
    replacing = {id(new) for route in plan.routes for _, new in route.dropped}
    instead: dict[int, set[str]] = {}
    for route in plan.routes:
        for old, new in route.dropped:
            instead.setdefault(id(old), set()).add(str(new))
    for rule in plan.rules:
        if id(rule) not in holding:
            by = (
                f"{', '.join(sorted(instead[id(rule)]))} always takes its place"
                if id(rule) in instead
                else "it is for no operation"
            )
            yield wrong(rule, f"is never reached: {by}")
        elif rule.policy.replaces and id(rule) not in replacing:
            yield wrong(
                rule, "replaces nothing: leave `replaces` out, or attach it where there is something to replace"
            )


RULES: Final = (names_are_known, operations_are_there, replacing_is_said_and_allowed, every_rule_decides_something)
