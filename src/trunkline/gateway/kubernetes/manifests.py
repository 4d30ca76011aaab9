"""All manifests of a plan, in files: the gateway's, the upstreams', and each API's. The same plan is the same bytes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from trunkline.document import Invalid, Problem
from trunkline.gateway.kubernetes import listener, route, upstreams
from trunkline.gateway.kubernetes.names import (
    AUTHORITY,
    CERTIFICATE,
    ENVOY_GATEWAY,
    GATEWAY,
    GATEWAY_API,
    api_keys,
    key_set,
    object_names,
    upstream_authority,
)
from trunkline.gateway.kubernetes.paths import overlapping
from trunkline.gateway.kubernetes.said import Inexpressible, Said
from trunkline.gateway.plan import Plan, Route, Rule
from trunkline.gateway.policies import KINDS, Stage
from trunkline.gateway.policies.api_key import ApiKey
from trunkline.gateway.policies.jwt import ANY, Jwt

Json = dict[str, Any]
SHADOW: Final = "shadow"
"""What `without` says of all rules that only report."""
LEFT_OUT: Final = "trunkline/left-out"
"""The annotation that says which kinds of policies were left out."""
_KEEPS_OUT: Final = (Stage.ADDRESS, Stage.IDENTITY, Stage.ACCESS)
_VERSIONS: Final = {
    "GatewayClass": f"{GATEWAY_API}/v1",
    "Gateway": f"{GATEWAY_API}/v1",
    "HTTPRoute": f"{GATEWAY_API}/v1",
    "BackendTLSPolicy": f"{GATEWAY_API}/v1",
    "Backend": f"{ENVOY_GATEWAY}/v1alpha1",
    "ClientTrafficPolicy": f"{ENVOY_GATEWAY}/v1alpha1",
    "SecurityPolicy": f"{ENVOY_GATEWAY}/v1alpha1",
    "BackendTrafficPolicy": f"{ENVOY_GATEWAY}/v1alpha1",
}


@dataclass(frozen=True)
class Rendered:
    """A plan's manifests by the file that they go in, with what they need and what holds otherwise than here."""

    files: dict[str, list[Json]]
    needs: tuple[str, ...]
    """Objects with secrets and keys, which the operator makes: `Secret api-keys-gold`."""
    differs: tuple[str, ...]


def render(plan: Plan, namespace: str, without: Collection[str] = ()) -> Rendered:
    """The plan's manifests, for a namespace. `without` names kinds of policies to leave out (and `shadow`, for those
    that only report). Raises `Invalid` with every rule that Envoy Gateway cannot express, and why."""
    problems = [*_wrong_to_leave_out(plan, without), *overlapping(plan)]
    names = object_names(one.name for one in plan.routes)
    files: dict[str, list[Json]] = {"gateway.yaml": [], "upstreams.yaml": []}
    certificates: dict[str, tuple[str, ...] | None] = {}
    differs: set[str] = set()

    def manifest(kind: str, name: str, spec: Json) -> Json:
        where = {} if kind == "GatewayClass" else {"namespace": namespace}
        noted = {"annotations": {LEFT_OUT: ", ".join(sorted(without))}} if without else {}
        return {
            "apiVersion": _VERSIONS[kind],
            "kind": kind,
            "metadata": {"name": name, **where, **noted},
            "spec": spec,
        }

    for name, upstream in sorted(plan.gateway.upstreams.items()):
        try:
            specs = upstreams.specs(name, upstream)
        except Inexpressible as error:
            problems.append(plan.apis.gateway_file.problem(("upstreams", name), str(error)))
            continue
        files["upstreams.yaml"] += [manifest(kind, name, spec) for kind, spec in specs]
        if text := upstreams.differs(upstream):
            differs.add(f"upstream {name}: {text}")
    for one in plan.routes:
        rules = [rule for rule in one.rules if not _left_out(rule, without)]
        said = list(_said(one, rules, problems))
        differs |= {f"{kind}: {part.differs}" for kind, part in said if part.differs}
        parts = [part for _, part in said]
        certificates[one.name] = next((part.certificate for part in parts if part.certificate is not None), None)
        if problems:
            continue  # nothing is rendered in part; go on, to name all that is wrong
        name = names[one.name]
        try:
            found = [manifest("HTTPRoute", name, route.http_route(one, parts))]
        except Inexpressible as error:
            problems.append(Problem(one.api.openapi_file.path, one.operation.line, str(error)))
            continue
        if spec := route.security(name, parts):
            found.append(manifest("SecurityPolicy", name, spec))
        found.append(manifest("BackendTrafficPolicy", name, route.backend_traffic(name, one, parts)))
        files.setdefault(f"api-{one.api.name}.yaml", []).extend(found)
    try:
        traffic = listener.client_traffic(plan.gateway, _certificate(certificates))
    except Inexpressible as error:
        reason = f"`mutual-tls` cannot be said to Envoy Gateway: {error}"
        problems.append(plan.apis.gateway_file.problem(("tls",), reason))
    if problems:
        raise Invalid(sorted(set(problems)))
    files["gateway.yaml"] = [
        manifest("GatewayClass", GATEWAY, {"controllerName": listener.CONTROLLER}),
        manifest("Gateway", GATEWAY, listener.gateway(plan.gateway)),
        manifest("ClientTrafficPolicy", GATEWAY, traffic),
    ]
    return Rendered({file: said for file, said in files.items() if said}, tuple(_needs(plan)), tuple(sorted(differs)))


def _left_out(rule: Rule, without: Collection[str]) -> bool:
    return rule.policy.kind() in without or (rule.policy.shadow and SHADOW in without)


def _wrong_to_leave_out(plan: Plan, without: Collection[str]) -> Iterator[Problem]:
    """What keeps callers out stays in; and what is named is a kind that there is."""
    known = {kind.kind(): kind for kind in KINDS}
    for name in sorted(set(without) - {SHADOW}):
        if name not in known:
            yield plan.apis.gateway_file.problem((), f"there is no kind of policy {name}: {', '.join(known)}, {SHADOW}")
        elif known[name].stage in _KEEPS_OUT:
            yield plan.apis.gateway_file.problem(
                (), f"`{name}` is not left out: callers would get in who are refused here"
            )


def _said(route: Route, rules: Sequence[Rule], problems: list[Problem]) -> Iterator[tuple[str, Said]]:
    """What the rules of a route say; what cannot be said goes to `problems`, with its file and line."""
    for rule in rules:
        kind = rule.policy.kind()
        try:
            said = rule.policy.kubernetes(route)
            if rule.policy.shadow and not said.shadow:
                raise Inexpressible("it enforces what it is told, and cannot only report it")
        except Inexpressible as error:
            reason = f"`{kind}` cannot be said to Envoy Gateway: {error}"
            problems.append(Problem(rule.document.path, rule.line, reason))
        else:
            yield kind, said


def _certificate(asked: dict[str, tuple[str, ...] | None]) -> tuple[str, ...] | None:
    """The client certificate that every operation asks for."""
    different = set(asked.values())
    if len(different) > 1:
        missing = sorted(name for name, names in asked.items() if names is None)
        raise Inexpressible(
            "it asks for certificates at the listener, so all operations have to ask for the same ones"
            + (f" (and {missing[0]} asks for none)" if missing else "")
        )
    return different.pop() if different else None


def _needs(plan: Plan) -> Iterator[str]:
    gateway = plan.gateway
    yield f"Secret {CERTIFICATE} (tls.crt, tls.key)"
    if gateway.tls and gateway.tls.client_authority:
        yield f"ConfigMap {AUTHORITY} (ca.crt)"
    asked = [jwt.issuer for one in plan.routes if (jwt := one.policy(Jwt))]
    for issuer in sorted(gateway.issuers):
        if issuer in asked or ANY in asked:
            yield f"ConfigMap {key_set(issuer)} (jwks)"
    if any(one.policy(ApiKey) for one in plan.routes):
        for tier in sorted(gateway.tiers):
            yield f"Secret {api_keys(tier)} ({tier}.APPLICATION for each application)"
    for name, upstream in sorted(gateway.upstreams.items()):
        if upstream.tls:
            yield f"ConfigMap {upstream_authority(name)} (ca.crt)"
