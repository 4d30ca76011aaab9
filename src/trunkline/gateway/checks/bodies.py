"""What looks into bodies: it has something to look for, the OpenAPI file says it in a way that is understood, and what
it does fits what is passed on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

from trunkline.document import Problem
from trunkline.gateway.checks.saying import unknown, wrong
from trunkline.gateway.inspection.description import Content, Description, Untakeable, describe
from trunkline.gateway.inspection.finding import steps
from trunkline.gateway.inspection.inspector import Inspector
from trunkline.gateway.inspection.masking import arms
from trunkline.gateway.inspection.transformation import EACH, Step
from trunkline.gateway.inspection.validation import NotHere, Unfit
from trunkline.gateway.plan import Plan, Route, Rule
from trunkline.gateway.policies.api_key import ApiKey
from trunkline.gateway.policies.inspecting import Inspecting, inspected, inspecting
from trunkline.gateway.policies.jwt import Jwt
from trunkline.gateway.policies.mask import Mask
from trunkline.gateway.policies.transform import Transform
from trunkline.gateway.policies.validate import Validate

_STREAM: Final = "text/event-stream"
_LEADS: Final = {"$ref", "allOf", "anyOf", "oneOf"}
_SUCCESS: Final = ("200", "201", "202", "203", "206", "2XX")


def bodies_are_described(plan: Plan) -> Iterator[Problem]:
    """All that the companion would have to understand, it understands."""
    for route in plan.routes:
        if not any(inspecting(route)):
            continue
        file = route.api.openapi_file
        try:
            rules = inspected(route)
            with suppress(NotHere):  # as Envoy is asked only where there is one
                Inspector(rules)
        except Untakeable as error:
            yield file.problem(error.place, error.reason)
            continue
        except Unfit as error:
            yield file.problem(route.operation.place, f"{route.operation.id} cannot be validated: {error}")
            continue
        said = rules.looks_at_responses and _description(route)
        if said and any(_STREAM in content.types for content in said.responses.values()):
            rule = next(rule for rule in route.rules if isinstance(rule.policy, Inspecting) and _answers(rule))
            yield wrong(rule, f"would hold back the stream that {route.operation.id} answers: bodies are read in whole")


def rules_of_bodies_say_something(plan: Plan) -> Iterator[Problem]:
    described: dict[int, list[tuple[Rule, Route, Description]]] = {}
    for route in plan.routes:
        for rule in route.rules:
            if isinstance(rule.policy, Validate | Mask) and (said := _description(route)):
                described.setdefault(id(rule), []).append((rule, route, said))
    for held in described.values():
        rule, policy = held[0][0], held[0][0].policy
        if isinstance(policy, Validate):
            yield from _validates(rule, policy, [said for _, _, said in held])
        elif isinstance(policy, Mask) and not any(_hides(route, said, policy) for _, route, said in held):
            yield wrong(rule, f"hides nothing: no field of its operations is {' or '.join(policy.hide)}")
    for rule in plan.rules:
        policy = rule.policy
        if isinstance(policy, Transform) and not (policy.request or policy.response):
            yield wrong(rule, "says nothing")
        if isinstance(policy, Mask) and (shown := sorted(set(policy.ends) - set(policy.hide))):
            yield wrong(rule, f"tells the ends of what is {shown[0]}, which it does not hide")


def masks_know_their_callers(plan: Plan) -> Iterator[Problem]:
    for route in plan.routes:
        for rule in route.rules:
            policy, where = rule.policy, route.operation.id
            if not isinstance(policy, Mask):
                continue
            if policy.except_scopes and not route.enforces(Jwt):
                yield wrong(rule, f"looks at a token's scopes, and {where} asks for none: attach `jwt` there")
            if policy.except_tiers and not (route.enforces(Jwt) or route.enforces(ApiKey)):
                yield wrong(rule, f"looks at the client, and {where} does not ask who it is: attach `jwt` or `api-key`")
            for tier in policy.except_tiers:
                if tier not in plan.gateway.tiers:
                    yield wrong(rule, unknown("tier", tier, plan.gateway.tiers))


def transformations_find_their_places(plan: Plan) -> Iterator[Problem]:
    """A caller's request has what is taken from it, and the response what the OpenAPI file says that it has."""
    for rule in plan.rules:
        if isinstance(rule.policy, Transform):
            for step in (*rule.policy.request, *rule.policy.response):
                if not step.is_sound():
                    yield wrong(rule, f"cannot move {step.reads()} to {step.writes()}: one value, and not into itself")
    for route in plan.routes:
        for rule in route.rules:
            if isinstance(rule.policy, Transform) and (said := _description(route)):
                answers = [said.responses[status] for status in _SUCCESS if status in said.responses]
                yield from _missing(rule, route, rule.policy.request, [said.body] if said.body else [], said.given)
                yield from _missing(rule, route, rule.policy.response, answers, said.answered)


def _missing(
    rule: Rule, route: Route, changes: tuple[Step, ...], bodies: list[Content], definitions: dict[str, Any]
) -> Iterator[Problem]:
    """The places of `changes` that no schema knows. A step before may have made a place of a request, and one after may
    take away a place of a response."""
    schemas = [schema for body in bodies for schema in body.types.values() if schema is not None]
    if not schemas:
        return
    of_request = rule.policy.request is changes if isinstance(rule.policy, Transform) else False
    known: set[str] = set()
    for step in changes if of_request else reversed(changes):
        place = step.reads() if of_request else step.writes()
        made = any(place == each or place.startswith(f"{each}/") for each in known)
        if place and not made and not any(_has(schema, steps(place), definitions) for schema in schemas):
            way = "request" if of_request else "response"
            yield wrong(rule, f"looks for {place}, which no {way} of {route.operation.id} has by its OpenAPI file")
        known.add(step.writes() if of_request else step.reads())


def _has(schema: Any, path: list[str], definitions: dict[str, Any]) -> bool:
    """Whether a value by this schema may have something at a place."""
    here = [schema]
    for step in path:
        further: list[Any] = []
        for each in arms(here, definitions):
            named, items = each.get("properties", {}), each.get("items")
            if step in named:
                further.append(named[step])
            elif items is not None and (step == EACH or step.isdecimal()):
                further.append(items)
            elif each.get("additionalProperties") or not (named or items is not None or each.keys() & _LEADS):
                further.append(each.get("additionalProperties", {}))
        here = further
    return bool(here)


def _validates(rule: Rule, policy: Validate, said: list[Description]) -> Iterator[Problem]:
    if policy.request == policy.response == "skip":
        yield wrong(rule, "says nothing")
    if policy.request != "skip" and not any(one.parameters or one.body for one in said):
        yield wrong(
            rule, "has no request to look at: the OpenAPI file gives its operations no parameters and no bodies"
        )
    answers = (content for one in said for content in one.responses.values())
    if policy.response != "skip" and not any(any(content.types.values()) for content in answers):
        yield wrong(rule, "has no response to look at: the OpenAPI file gives its operations' responses no schema")


def _hides(route: Route, said: Description, policy: Mask) -> bool:
    text = [route.operation.classification, *_classes([content.types for content in said.responses.values()])]
    return bool(set(policy.hide) & {*text, *_classes(said.answered)}) or not route.operation.classification


def _classes(schema: Any) -> Iterator[str]:
    """All that schemas say of what is in them."""
    waiting = [schema]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if isinstance(its := one.get("x-classification"), str):
                yield its
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _answers(rule: Rule) -> bool:
    """Whether a rule looks at responses."""
    policy = rule.policy
    return (
        isinstance(policy, Mask)
        or (isinstance(policy, Transform) and bool(policy.response))
        or (isinstance(policy, Validate) and policy.response != "skip")
    )


def _description(route: Route) -> Description | None:
    """None where the file cannot be taken, which is a problem of its own."""
    try:
        return describe(route.api.openapi_file.data, route.operation.path, route.operation.place)
    except Untakeable:
        return None


RULES: Final = (
    bodies_are_described,
    rules_of_bodies_say_something,
    masks_know_their_callers,
    transformations_find_their_places,
)
