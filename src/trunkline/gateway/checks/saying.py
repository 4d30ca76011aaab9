"""How a check says what is wrong: of which rule, in which file and line."""

from __future__ import annotations

from collections.abc import Iterable

from trunkline.document import Problem
from trunkline.gateway.plan import Route, Rule
from trunkline.gateway.policies.policy import Policy


def rule_of(route: Route, kind: type[Policy]) -> Rule | None:
    return next((rule for rule in route.rules if isinstance(rule.policy, kind)), None)


def wrong(rule: Rule, reason: str) -> Problem:
    return Problem(rule.document.path, rule.line, f"`{rule.policy.kind()}` {reason}")


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    return f"there is no {what} {name}: there are {', '.join(sorted(known)) or 'none'}"
