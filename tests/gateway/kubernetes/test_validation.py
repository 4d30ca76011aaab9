"""Manifests that a cluster would not take are found here: fields that are not known, wrong types, broken rules."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.gateway.kubernetes.rendering import CRDS, JWT, rendered
from trunkline.gateway.kubernetes.crds import Crds, NoCrds
from trunkline.gateway.kubernetes.validation import problems

Json = dict[str, Any]
Change = Callable[[Json], None]
UPSTREAM: Json = {
    "addresses": ["10.0.0.1:443"],
    "health": "/health",
    "tls": {"authority": "t.pem", "name": "t.example.net"},
}
POLICIES: tuple[Json, ...] = (
    {"kind": "ip", "allow": ["10.0.0.0/8"]},
    JWT,
    {"kind": "scopes", "all_of": ["a"]},
    {"kind": "rate-limit", "limit": "5 per second"},
    {"kind": "fault", "percent": 1, "delay": "1 s"},
    {"kind": "headers", "set": {"x-a": "1"}},
    {"kind": "mirror", "upstream": "things"},
)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Json]:
    """Sound manifests, one of each kind."""
    found = rendered(tmp_path_factory.mktemp("operator"), *POLICIES, upstreams={"things": UPSTREAM})
    return {manifest["kind"]: manifest for manifests in found.files.values() for manifest in manifests}


def at(manifest: Json, *steps: str | int) -> Any:
    found: Any = manifest["spec"]
    for step in steps:
        found = found[step]
    return found


SHAPES: list[tuple[str, Change, str]] = [
    ("GatewayClass", lambda m: m["spec"].pop("controllerName"), "'controllerName' is a required property"),
    ("GatewayClass", lambda m: m["spec"].update(controllerName="envoy"), "does not match"),
    ("Gateway", lambda m: m["metadata"].update(name="Two Words"), "metadata.name: "),
    ("Gateway", lambda m: at(m, "listeners", 0).update(port="443"), "spec.listeners[0].port: '443' is not of type"),
    ("Gateway", lambda m: m["spec"].update(listener=[]), "'listener' was unexpected"),
    ("HTTPRoute", lambda m: at(m, "rules", 0, "matches", 0).update(method="FETCH"), "'FETCH' is not one of"),
    ("HTTPRoute", lambda m: at(m, "rules", 0, "backendRefs", 0).update(weight=-1), "less than the minimum"),
    ("HTTPRoute", lambda m: at(m, "rules", 0).update(timeout="1s"), "'timeout' was unexpected"),
    ("HTTPRoute", lambda m: m["spec"].update(hostnames=["*"]), "spec.hostnames[0]: "),
    ("SecurityPolicy", lambda m: at(m, "jwt").update(provider={}), "'provider' was unexpected"),
    ("SecurityPolicy", lambda m: at(m, "authorization").update(defaultAction="deny"), "'deny' is not one of"),
    ("SecurityPolicy", lambda m: m["spec"].pop("targetRefs"), "'targetRefs' is a required property"),
    ("BackendTrafficPolicy", lambda m: at(m, "timeout", "http").update(requestTimeout="1.5s"), "does not match"),
    ("BackendTrafficPolicy", lambda m: at(m, "healthCheck", "passive").update(interval=1), "1 is not of type"),
    ("BackendTrafficPolicy", lambda m: m["spec"].update(cache={}), "'cache' was unexpected"),
    ("BackendTrafficPolicy", lambda m: at(m, "requestBuffer").update(limit="0"), "does not match"),
    ("ClientTrafficPolicy", lambda m: at(m, "tls").update(minVersion=1.3), "1.3 is not"),
    ("ClientTrafficPolicy", lambda m: at(m, "path").update(escapedSlashesAction="Reject"), "is not one of"),
    ("Backend", lambda m: at(m, "endpoints", 0, "ip").update(port=65_536), "greater than the maximum"),
    ("BackendTLSPolicy", lambda m: at(m, "validation").update(hostname="*.example.net"), "does not match"),
]
RULES: list[tuple[str, Change, str]] = [
    ("Gateway", lambda m: at(m, "listeners", 0).pop("tls"), "spec.listeners: a listener of HTTPS terminates TLS"),
    ("Gateway", lambda m: at(m, "listeners", 0).update(protocol="HTTP"), "a listener of HTTP has no tls"),
    (
        "Gateway",
        lambda m: at(m, "listeners").append({**at(m, "listeners", 0), "name": "other"}),
        "port, protocol and hostname together are of one listener",
    ),
    (
        "Gateway",
        lambda m: at(m, "listeners").append({**at(m, "listeners", 0), "port": 1}),
        "spec.listeners: apis is there twice",
    ),
    ("Gateway", lambda m: at(m, "listeners", 0, "tls").pop("certificateRefs"), "needs a certificate"),
    (
        "HTTPRoute",
        lambda m: at(m, "rules", 0, "filters", 0).update(type="ResponseHeaderModifier"),
        "requestHeaderModifier stands in a filter of that type, and only there",
    ),
    (
        "HTTPRoute",
        lambda m: at(m, "rules", 0, "filters").append(at(m, "rules", 0, "filters", 0)),
        "one RequestHeaderModifier at most",
    ),
    (
        "HTTPRoute",
        lambda m: at(m, "rules", 0, "matches", 0, "path").update(type="Exact", value="/a/../b"),
        "spec.rules[0].matches[0].path: an exact path is a normalised one",
    ),
    (
        "HTTPRoute",
        lambda m: at(m, "rules", 0, "filters", 1, "requestMirror", "fraction").pop("denominator"),
        "a fraction is at most 1",  # of the default, 100
    ),
    (
        "HTTPRoute",
        lambda m: m["spec"]["rules"][0].update(backendRefs=[{"name": "things"}]),
        "a Service is asked at a port",  # which it is of by default
    ),
    ("SecurityPolicy", lambda m: m["spec"].pop("jwt"), "a rule about a token needs jwt beside it"),
    ("SecurityPolicy", lambda m: at(m, "targetRefs", 0).update(kind="Service"), "it is for Gateways and routes"),
    (
        "SecurityPolicy",
        lambda m: at(m, "authorization", "rules", 0).update(principal={}),
        "spec.authorization.rules[0].principal: a principal is somebody",
    ),
    (
        "SecurityPolicy",
        lambda m: at(m, "authorization", "rules", 0, "principal", "jwt").pop("scopes"),
        "claims or scopes are asked for",
    ),
    (
        "SecurityPolicy",
        lambda m: at(m, "jwt", "providers", 0, "localJWKS").pop("type"),
        "keys are either inline or in a ConfigMap",  # inline is the default
    ),
    (
        "BackendTrafficPolicy",
        lambda m: at(m, "rateLimit", "global", "rules", 0, "clientSelectors", 0, "headers", 0).update(value="a"),
        "a value is given, except where each value counts by itself",
    ),
    (
        "BackendTrafficPolicy",
        lambda m: m["spec"].update(rateLimit={"local": {"rules": [{**LIMIT, "shadowMode": True}]}}),
        "only rules that are counted together can merely report",
    ),
    ("BackendTrafficPolicy", lambda m: at(m, "faultInjection").clear(), "a fault is a delay or an abort"),
    ("BackendTrafficPolicy", lambda m: at(m, "healthCheck", "active").pop("http"), "http stands in a health check"),
    ("ClientTrafficPolicy", lambda m: at(m, "tls").update(maxVersion="1.2"), "minVersion is not above maxVersion"),
    ("ClientTrafficPolicy", lambda m: at(m, "targetRefs", 0).update(kind="HTTPRoute"), "it is for Gateways"),
    (
        "Backend",
        lambda m: at(m, "endpoints").append({"fqdn": {"hostname": "t.example.net", "port": 1}}),
        "names and addresses are not mixed",
    ),
    (
        "Backend",
        lambda m: at(m, "endpoints", 0).update(fqdn={"hostname": "t.example.net", "port": 1}),
        "an endpoint is either a name or an address",
    ),
    ("BackendTLSPolicy", lambda m: at(m, "validation").pop("caCertificateRefs"), "those of an authority"),
]
LIMIT: Json = {"limit": {"requests": 1, "unit": "Second"}}


def test_the_manifests_that_are_changed_here_are_sound(sound: dict[str, Json]) -> None:
    assert len(sound) == 8
    assert [text for manifest in sound.values() for text in problems(manifest, CRDS)] == []


@pytest.mark.parametrize(("kind", "change", "reason"), [*SHAPES, *RULES])
def test_what_a_cluster_would_not_take_is_found(sound: dict[str, Json], kind: str, change: Change, reason: str) -> None:
    manifest = copy.deepcopy(sound[kind])
    change(manifest)
    found = problems(manifest, CRDS)
    assert any(reason in text for text in found), found


def test_a_manifest_of_a_kind_that_is_not_known_is_found() -> None:
    manifest = {"apiVersion": "gateway.envoyproxy.io/v1alpha1", "kind": "EnvoyPatchPolicy", "metadata": {"name": "a"}}
    assert problems(manifest, CRDS) == [
        "EnvoyPatchPolicy a: no CustomResourceDefinition is of gateway.envoyproxy.io/v1alpha1"
    ]


ONE = [{"rule": "self == 1"}]


def crd(schema: Json) -> Json:
    return {
        "kind": "CustomResourceDefinition",
        "spec": {
            "group": "example.net",
            "names": {"kind": "Thing"},
            "versions": [{"name": "v1", "schema": {"openAPIV3Schema": schema}}],
        },
    }


def thing(folder: Path, schema: Json, spec: Json) -> list[str]:
    """What is wrong with a Thing of that spec, by a CRD in a file of a cluster's."""
    properties = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}}
    whole = {"type": "object", "properties": {**properties, "spec": schema}}
    (folder / "crds.yaml").write_text(yaml.dump({"kind": "List", "items": [crd(whole)]}))
    manifest = {"apiVersion": "example.net/v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": spec}
    return problems(manifest, Crds.load(folder))


@pytest.mark.parametrize(
    ("schema", "spec", "wrong"),
    [
        ({"type": "object", "x-kubernetes-preserve-unknown-fields": True, "properties": {}}, {"any": 1}, False),
        ({"type": "object", "properties": {"a": {"type": "integer", "nullable": True}}}, {"a": None}, False),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"a": 1}, False),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"a": "1"}, True),
        (
            {"type": "object", "additionalProperties": {"x-kubernetes-validations": [{"rule": "self > 1"}]}},
            {"a": 1},
            True,
        ),
        (
            {
                "type": "object",
                "properties": {"namespace": {"type": "string"}},
                "x-kubernetes-validations": [{"rule": "self.__namespace__ == 'b'"}],
            },
            {"namespace": "a"},
            True,
        ),
        ({"type": "object", "x-kubernetes-validations": [{"rule": "self == oldSelf"}]}, {}, False),
        ({"type": "object", "x-kubernetes-validations": [{"rule": "isSorted(self)"}]}, {}, True),
        ({"type": "object", "x-kubernetes-validations": [{"rule": "self.a ="}]}, {}, True),
        (
            {"type": "object", "properties": {"a": {"type": "array", "x-kubernetes-list-type": "set", "items": {}}}},
            {"a": [1, 1]},
            True,
        ),
    ],
)
def test_a_clusters_own_definitions_are_read_as_the_cluster_reads_them(
    tmp_path: Path, schema: Json, spec: Json, wrong: bool
) -> None:
    assert bool(thing(tmp_path, schema, spec)) is wrong


@pytest.mark.parametrize("text", ["", "a: [", "kind: ConfigMap", "a: !!python/object:os.system {}"])
def test_a_folder_without_definitions_is_said_to_be_one(tmp_path: Path, text: str) -> None:
    (tmp_path / "crds.yaml").write_text(text)
    with pytest.raises(NoCrds):
        Crds.load(tmp_path)
