"""What all kinds are that look into bodies: Envoy's filter `ext_proc` asks our companion `inspection`, once for each
request, however many of them hold.

The route names the rules by their digest (`inspection/rules.py`), and which parts are sent. Without an answer the
request is refused with 503: no body passes that was not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Final

from trunkline.gateway.envoy.companions import grpc_service
from trunkline.gateway.inspection.description import Description, describe
from trunkline.gateway.inspection.rules import Rules, digest, encoded
from trunkline.gateway.kubernetes.said import Inexpressible, Said
from trunkline.gateway.policies.api_key import ApiKey
from trunkline.gateway.policies.policy import TYPE, Json, Policy, Stage
from trunkline.gateway.policies.size import at_most

if TYPE_CHECKING:
    from trunkline.gateway.plan import Route

COMPANION: Final = "inspection"
CALL: Final = "trunkline.inspection"
"""The namespace of the metadata that the companion says something in: by kind, what a shadow would have refused."""
RULES: Final = "x-trunkline-rules"
"""The metadata of the call by which Envoy names the rules."""
PATIENCE: Final = "10s"
"""How long Envoy waits for each answer."""
ONE: Final = 1
"""Octets of a body that Envoy takes, who knows no zero, where there is to be none: nothing to ask the companion for."""
_BODILESS: Final = ("GET", "HEAD", "DELETE")
_TYPE: Final = f"{TYPE}extensions.filters.http.ext_proc.v3."


class Inspecting(Policy, frozen=True, kw_only=True):
    """A policy that the companion decides."""

    stage: ClassVar[Stage] = Stage.CONTENT
    companion: ClassVar[str] = COMPANION

    def part(self, route: Route) -> Json:
        """What it adds to the rules of the route, by the fields of `Rules`."""
        raise NotImplementedError

    def on_route(self, route: Route) -> dict[str, Json]:
        if next(inspecting(route)) is not self:
            return {}  # the first of them speaks for all
        rules = inspected(route)
        if rules.refuses_bodies_alone and not _may_have_a_body(route):
            return at_most(ONE)
        body = {"request_header_mode": "SEND", "request_body_mode": "BUFFERED"}
        answer = {"response_header_mode": "SKIP", "response_body_mode": "NONE"}
        if rules.looks_at_responses:
            answer = {"response_header_mode": "SEND", "response_body_mode": "BUFFERED"}
        overrides = {
            "processing_mode": {**body, **answer},
            "grpc_initial_metadata": [{"key": RULES, "value": digest(encoded(rules))}],
        }
        return {COMPANION: {"@type": f"{_TYPE}ExtProcPerRoute", "overrides": overrides}}

    def kubernetes(self, route: Route) -> Said:
        raise Inexpressible(
            "an EnvoyExtensionPolicy's `extProc` cannot tell the companion which operation's rules hold"
        )


def _may_have_a_body(route: Route) -> bool:
    """Whether the OpenAPI file, or HTTP, gives the operation's requests one (RFC 9110, clauses 9.3.1 to 9.3.5)."""
    said = route.api.openapi_file.data
    for step in route.operation.place:
        said = said[step]
    return "requestBody" in said or route.operation.method not in _BODILESS


def inspection_filter() -> Json:
    """The filter in the chain. It fails closed."""
    return {
        "@type": f"{_TYPE}ExternalProcessor",
        "grpc_service": grpc_service(COMPANION),
        "failure_mode_allow": False,
        "status_on_error": {"code": "ServiceUnavailable"},
        "message_timeout": PATIENCE,
        "processing_mode": {"request_header_mode": "SEND", "request_body_mode": "BUFFERED"},
        "response_attributes": ["response.code_details"],
        "metadata_options": {
            "forwarding_namespaces": {"untyped": ["envoy.filters.http.jwt_authn"]},
            "receiving_namespaces": {"untyped": [CALL]},
        },
    }


def report(kind: str) -> str:
    """The access log's format of what a shadow of `kind` would have refused."""
    return f"%DYNAMIC_METADATA({CALL}:{kind})%"


def inspecting(route: Route) -> Iterator[Inspecting]:
    """The policies of a route that look into bodies."""
    return (rule.policy for rule in route.rules if isinstance(rule.policy, Inspecting))


def inspected(route: Route) -> Rules:
    """The rules of all that hold for a route."""
    parts: dict[str, Any] = {"by_key": route.enforces(ApiKey)}
    for policy in inspecting(route):
        parts |= policy.part(route)
    return Rules(**parts)


def described(route: Route, *, answers: bool) -> Description:
    """What the OpenAPI file says of the route's operation; of its responses, too, where `answers`. Raises
    `Untakeable`."""
    return describe(route.api.openapi_file.data, route.operation.path, route.operation.place, answers=answers)
