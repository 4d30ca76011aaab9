"""All manifests of a plan, in files: the gateway's, the upstreams', and each API's. The same plan is the same bytes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
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
from trunkline.gateway.policies.mask import Mask
from trunkline.gateway.policies.timeout import longest_idle

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
    rendering = _Rendering(plan, namespace, without)
    rendering.upstreams()
    for one in plan.routes:
        rendering.route(one)
    rendering.gateway()
    if rendering.problems:
        raise Invalid(sorted(set(rendering.problems)))
    files = dict(sorted(rendering.files.items()))
    return Rendered(files, tuple(_needs(plan)), tuple(sorted(rendering.differs)))


class _Rendering:
    """What is rendered so far, and all that is wrong. Nothing comes of the files where anything is."""

    def __init__(self, plan: Plan, namespace: str, without: Collection[str]) -> None:
        self.problems = [*_wrong_to_leave_out(plan, without), *overlapping(plan)]
        self.files: dict[str, list[Json]] = {}
        self.differs: set[str] = set()
        self._plan, self._namespace, self._without = plan, namespace, without
        self._names = object_names(one.name for one in plan.routes)
        self._certificates: dict[str, tuple[str, ...] | None] = {}

    def upstreams(self) -> None:
        for name, upstream in sorted(self._plan.gateway.upstreams.items()):
            try:
                specs = upstreams.specs(name, upstream)
            except Inexpressible as error:
                self.problems.append(self._plan.apis.gateway_file.problem(("upstreams", name), str(error)))
                continue
            for kind, spec in specs:
                self._add("upstreams.yaml", kind, name, spec)
            if text := upstreams.differs(upstream):
                self.differs.add(f"upstream {name}: {text}")

    def route(self, one: Route) -> None:
        said = []
        for rule in one.rules:
            if not _left_out(rule, self._without) and (part := self._said(one, rule)):
                said.append(part)
        asked = [part.certificate for part in said if part.certificate is not None]
        self._certificates[one.name] = asked[0] if asked else None
        if self.problems:
            return
        name, file = self._names[one.name], f"api-{one.api.name}.yaml"
        try:
            self._add(file, "HTTPRoute", name, route.http_route(one, said))
        except Inexpressible as error:
            self.problems.append(Problem(one.api.openapi_file.path, one.operation.line, str(error)))
            return
        if spec := route.security(name, said):
            self._add(file, "SecurityPolicy", name, spec)
        self._add(file, "BackendTrafficPolicy", name, route.backend_traffic(name, one, said))

    def gateway(self) -> None:
        declared, file = self._plan.gateway, "gateway.yaml"
        try:
            idle = longest_idle(self._plan.routes)
            traffic = listener.client_traffic(declared, _certificate(self._certificates), idle)
        except Inexpressible as error:
            reason = f"`mutual-tls` cannot be said to Envoy Gateway: {error}"
            self.problems.append(self._plan.apis.gateway_file.problem(("tls",), reason))
            return
        if text := listener.differs(declared):
            self.differs.add(text)
        self._add(file, "GatewayClass", GATEWAY, {"controllerName": listener.CONTROLLER})
        self._add(file, "Gateway", GATEWAY, listener.gateway(declared))
        self._add(file, "ClientTrafficPolicy", GATEWAY, traffic)

    def _said(self, one: Route, rule: Rule) -> Said | None:
        """What a rule says; None where it cannot be said, which is a problem with its file and line."""
        kind = rule.policy.kind()
        try:
            said = rule.policy.kubernetes(one)
            if rule.policy.shadow and not said.shadow:
                raise Inexpressible("it enforces what it is told, and cannot only report it")
        except Inexpressible as error:
            reason = f"`{kind}` cannot be said to Envoy Gateway: {error}"
            self.problems.append(Problem(rule.document.path, rule.line, reason))
            return None
        if said.differs:
            self.differs.add(f"{kind}: {said.differs}")
        return said

    def _add(self, file: str, kind: str, name: str, spec: Json) -> None:
        metadata: Json = {"name": name}
        if kind != "GatewayClass":  # which is of the whole cluster
            metadata["namespace"] = self._namespace
        if self._without:
            metadata["annotations"] = {LEFT_OUT: ", ".join(sorted(self._without))}
        manifest = {"apiVersion": _VERSIONS[kind], "kind": kind, "metadata": metadata, "spec": spec}
        self.files.setdefault(file, []).append(manifest)


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
        elif name == Mask.kind():
            yield plan.apis.gateway_file.problem((), f"`{name}` is not left out: callers would see what is hidden here")


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
    asked = [jwt.issuer for one in plan.routes if one.enforces(Jwt) and (jwt := one.policy(Jwt))]
    for issuer in sorted(gateway.issuers):
        if issuer in asked or ANY in asked:
            yield f"ConfigMap {key_set(issuer)} (jwks)"
    if any(one.enforces(ApiKey) for one in plan.routes):
        for tier in sorted(gateway.tiers):
            yield f"Secret {api_keys(tier)} ({tier}.APPLICATION for each application)"
    for name, upstream in sorted(gateway.upstreams.items()):
        if upstream.tls:
            yield f"ConfigMap {upstream_authority(name)} (ca.crt)"
