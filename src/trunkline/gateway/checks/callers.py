"""Nobody unknown is let in by an omission, and no rule looks at what a request does not have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trunkline.document import Problem
from trunkline.gateway.checks.saying import rule_of, wrong
from trunkline.gateway.plan import Plan
from trunkline.gateway.policies.api_key import ApiKey
from trunkline.gateway.policies.jwt import ANY, Jwt
from trunkline.gateway.policies.mutual_tls import MutualTls
from trunkline.gateway.policies.open import Open
from trunkline.gateway.policies.quota import Quota
from trunkline.gateway.policies.rate_limit import RateLimit
from trunkline.gateway.policies.scopes import Scopes
from trunkline.gateway.policies.tier import Tier


def callers_are_known(plan: Plan) -> Iterator[Problem]:
    for route in plan.routes:
        knows = any(route.enforces(kind) for kind in (Jwt, ApiKey, MutualTls))
        if not knows and not route.policy(Open):
            file, line = route.api.openapi_file.path, route.operation.line
            yield Problem(
                file,
                line,
                f"anybody may call {route.operation.id}: attach `jwt`, `api-key`, `mutual-tls`, or `open` and why",
            )
        if opened := rule_of(route, Open):
            for other in route.rules:
                if other.policy.replaces_family() == Open.family and other is not opened and not other.policy.shadow:
                    yield wrong(
                        opened, f"contradicts {other}: say `replaces: true` if anybody may call {route.operation.id}"
                    )


def rules_have_what_they_look_at(plan: Plan) -> Iterator[Problem]:
    """A rule about a token, a client or a certificate is bypassed, or refuses everybody, where none is asked for."""
    for route in plan.routes:
        for rule in route.rules:
            policy, where = rule.policy, route.operation.id
            if isinstance(policy, Scopes) and not route.enforces(Jwt):
                yield wrong(rule, f"looks at a token, and {where} asks for none: attach `jwt` there")
            named = isinstance(policy, Tier) or (isinstance(policy, RateLimit | Quota) and policy.per == "client")
            if named and not (route.enforces(Jwt) or route.enforces(ApiKey)):
                yield wrong(rule, f"looks at the client, and {where} does not ask who it is: attach `jwt` or `api-key`")
            if isinstance(policy, Quota) and policy.per == "application" and not route.enforces(ApiKey):
                yield wrong(rule, f"looks at the application, and {where} asks for no key: attach `api-key`")
            if isinstance(policy, Tier) and not route.enforces(ApiKey) and (jwt := route.policy(Jwt)):
                issuers = plan.gateway.issuers
                asked = (
                    issuers.values() if jwt.issuer == ANY else [issuers[jwt.issuer]] if jwt.issuer in issuers else []
                )
                if asked and not any(issuer.tier_claim for issuer in asked):
                    yield wrong(rule, f"would refuse everybody at {where}: none of its issuers has a `tier_claim`")
            if isinstance(policy, MutualTls) and not (plan.gateway.tls and plan.gateway.tls.client_authority):
                yield wrong(
                    rule, "needs `tls` with `client_authority` in gateway.yaml: no client could show a certificate"
                )


RULES: Final = (callers_are_known, rules_have_what_they_look_at)
