"""Each rule by itself: it says something, and nothing that would do harm."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_network
from typing import Any, Final

from trunkline.document import Problem
from trunkline.gateway.checks.saying import rule_of, wrong
from trunkline.gateway.plan import Plan
from trunkline.gateway.policies.api_key import APPLICATION, HEADER
from trunkline.gateway.policies.bucket import RULE
from trunkline.gateway.policies.cache import SHAREABLE, Cache
from trunkline.gateway.policies.canary import Canary
from trunkline.gateway.policies.cors import Cors
from trunkline.gateway.policies.fault import Fault
from trunkline.gateway.policies.headers import Headers
from trunkline.gateway.policies.ip import Ip
from trunkline.gateway.policies.mirror import Mirror
from trunkline.gateway.policies.retry import UNSENT, Retry
from trunkline.gateway.policies.scopes import Scopes
from trunkline.gateway.policies.size import MOST, BodySize
from trunkline.gateway.quantities import octets

_OURS: Final = "x-trunkline-"
_NOT_TO_TOUCH: Final = {"host", "content-length", "transfer-encoding", "connection", "upgrade", "x-request-id", HEADER,
                        "x-forwarded-for", "x-forwarded-proto", "te", "trailer"}  # fmt: skip
_REPEATABLE: Final = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}  # RFC 9110, clause 9.2.2
_READING: Final = {"GET", "HEAD"}


def rules_say_something(plan: Plan) -> Iterator[Problem]:
    for rule in plan.rules:
        policy = rule.policy
        if policy.shadow and not policy.shadowable:
            yield wrong(rule, "cannot be a shadow: it refuses nothing that could be reported")
        empty = (
            (isinstance(policy, Scopes) and not (policy.all_of or policy.any_of))
            or (isinstance(policy, Ip) and not (policy.allow or policy.deny))
            or (isinstance(policy, Headers) and not policy.names())
            or (isinstance(policy, Fault) and policy.delay.startswith("0 ") and not policy.status)
            or (isinstance(policy, Retry) and not policy.on)
        )
        if empty:
            yield wrong(rule, "says nothing")
        if isinstance(policy, Fault) and 0 < policy.status < 200:
            yield wrong(rule, f"{policy.status} is no status of a response: 200 to 599")
        if isinstance(policy, Headers):
            for name in sorted(policy.names()):
                if name in _NOT_TO_TOUCH or name.startswith(_OURS) or name in (APPLICATION, RULE):
                    yield wrong(rule, f"may not touch {name}: the gateway itself answers for it")
        if isinstance(policy, Cors) and policy.credentials and "*" in policy.origins:
            yield wrong(rule, "lets every page call with its visitor's credentials: name the origins")
        if isinstance(policy, BodySize) and octets(policy.body) > MOST:
            yield wrong(rule, f"takes bodies of more than {MOST >> 20} MiB, each of which is held in memory")


def networks_are_sound(plan: Plan) -> Iterator[Problem]:
    for rule in plan.rules:
        if not isinstance(rule.policy, Ip):
            continue
        try:
            allow = [ip_network(text, strict=False) for text in rule.policy.allow]
            deny = [ip_network(text, strict=False) for text in rule.policy.deny]
        except ValueError as error:
            yield wrong(rule, f"names a network that is none: {error}")
            continue
        for network in allow:
            if covering := _covering(network, deny):
                yield wrong(rule, f"allows {network}, which is never reached: {covering} is denied")
        for name, networks in (("allow", allow), ("deny", deny)):
            for index, network in enumerate(networks):
                if covering := _covering(network, networks[:index] + networks[index + 1 :]):
                    yield wrong(rule, f"{name} has {network} within {covering}, which says so already")


def _covering(network: Any, others: Iterable[Any]) -> Any:
    return next((other for other in others if other.version == network.version and network.subnet_of(other)), None)


def kept_responses_are_for_all(plan: Plan) -> Iterator[Problem]:
    for route in plan.routes:
        rule = rule_of(route, Cache)
        if rule is None:
            continue
        operation, file = route.operation, route.api.openapi_file.path
        if operation.method not in _READING:
            yield wrong(rule, f"is for {operation.method} {operation.path}, too, and only what GET answers can be kept")
        elif operation.classification not in SHAREABLE:
            is_ = operation.classification or "not classified"
            yield wrong(
                rule,
                f"would give what one caller of {operation.id} got to the next; it is {is_} ({file}:{operation.line}): "
                "only an operation with x-classification public or internal can be cached",
            )
        for other in route.rules:
            if isinstance(other.policy, Canary | Mirror):
                yield wrong(rule, f"hides {other}: what is kept comes from one upstream")


def repeats_are_harmless(plan: Plan) -> Iterator[Problem]:
    for route in plan.routes:
        operation = route.operation
        if (rule := rule_of(route, Mirror)) and operation.method not in _READING:
            yield wrong(
                rule, f"would do {operation.method} {operation.path} a second time: only reading can be mirrored"
            )
        if (rule := rule_of(route, Retry)) and isinstance(rule.policy, Retry):
            risky = [on for on in rule.policy.on if on not in UNSENT]
            if risky and operation.method not in _REPEATABLE:
                yield wrong(
                    rule,
                    f"could do {operation.method} {operation.path} twice: after {risky[0]} it may be done already; "
                    f"there, only {' and '.join(UNSENT)} can be tried again",
                )


RULES: Final = (rules_say_something, networks_are_sound, kept_responses_are_for_all, repeats_are_harmless)
