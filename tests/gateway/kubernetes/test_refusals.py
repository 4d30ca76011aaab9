"""What Envoy Gateway cannot do is refused with its name, its file and its line, and never dropped in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.gateway.kubernetes.rendering import JWT, KEY, OPEN, OURS, gateway, rendered
from tests.gateway.running import openapi, write
from trunkline.document import Invalid
from trunkline.gateway.control import planned
from trunkline.gateway.kubernetes.manifests import LEFT_OUT, render
from trunkline.gateway.kubernetes.said import Inexpressible
from trunkline.gateway.places import Places
from trunkline.gateway.policies.policy import Policy, Stage

Json = dict[str, Any]
TLS: Json = {"certificate": "listener.pem", "key": "listener.key", "client_authority": "clients.pem"}
SPIKE: Json = {"kind": "spike", "rate": "10 per second", "burst": 20}
SHADOW: Json = {"kind": "ip", "allow": ["10.0.0.0/8"], "shadow": True}


class Quiet(Policy, frozen=True, kw_only=True, tag="quiet"):
    """A kind that says nothing of Kubernetes."""

    stage = Stage.CONTENT


def refused(folder: Path, *policies: Json, without: tuple[str, ...] = (), **more: Any) -> str:
    with pytest.raises(Invalid) as error:
        rendered(folder, *policies, without=without, **more)
    return str(error.value)


@pytest.mark.parametrize(
    ("policies", "line", "reason"),
    [
        ((OPEN, SPIKE), 5, "`spike` cannot be said to Envoy Gateway: at once it lets through what comes in a period"),
        ((OPEN, {"kind": "rate-limit", "limit": "5 per day", "per": "address"}), 5, "each IPv6 address by itself"),
        ((OPEN, {"kind": "quota", "quota": "5 per month", "per": "all"}), 5, "count each operation by itself"),
        ((OPEN, SHADOW), 5, "`ip` cannot be said to Envoy Gateway: it enforces what it is told"),
        ((OPEN, {"kind": "fault", "percent": 1, "status": 500, "header": "x-a"}), 5, "`fault` cannot be said"),
        ((OPEN, {"kind": "headers", "set": {"x-a": "100 %"}}), 5, "`headers` cannot be said to Envoy Gateway: x-a"),
        ((OPEN, {"kind": "size", "body": "0 B"}), 5, "`size` cannot be said"),
    ],
)
def test_a_policy_that_cannot_be_said_is_named_with_its_line(
    tmp_path: Path, policies: tuple[Json, ...], line: int, reason: str
) -> None:
    said = refused(tmp_path, *policies)
    assert f"things/policies.yaml:{line}: " in said
    assert reason in said


def test_a_cache_is_refused(tmp_path: Path) -> None:
    files = {
        "gateway.yaml": gateway(),
        "things/openapi.yaml": openapi("/things/v1", {"list": "GET /thing"}, list={"x-classification": "public"}),
        "things/policies.yaml": {"upstream": "things", "policies": [OPEN, {"kind": "cache"}]},
    }
    write(tmp_path, files)
    with pytest.raises(Invalid, match="`cache` cannot be said to Envoy Gateway: it keeps no responses"):
        render(planned(Places(tmp_path, tmp_path / "data")), "here")


@pytest.mark.parametrize(
    "policy",
    [
        {"kind": "json-threats"},
        {"kind": "xml-threats"},
        {"kind": "validate"},
        {"kind": "transform", "request": [{"do": "remove", "at": "/note"}]},
        {"kind": "mask", "hide": ["personal"]},
    ],
    ids=lambda policy: policy["kind"],
)
def test_what_looks_into_bodies_is_refused(tmp_path: Path, policy: dict[str, Any]) -> None:
    assert f"`{policy['kind']}` cannot be said to Envoy Gateway: an EnvoyExtensionPolicy" in refused(
        tmp_path, OPEN, policy
    )


def test_a_kind_that_says_nothing_of_kubernetes_is_refused(tmp_path: Path) -> None:
    rendered(tmp_path, OPEN)
    (route,) = planned(Places(tmp_path, tmp_path / "data")).routes
    with pytest.raises(Inexpressible, match="it has no such thing"):
        Quiet().kubernetes(route)


def test_certificates_that_only_some_operations_ask_for_are_refused(tmp_path: Path) -> None:
    files = {
        "gateway.yaml": gateway(tls=TLS),
        "things/openapi.yaml": openapi("/things/v1", {"list": "GET /thing", "make": "POST /thing"}),
        "things/policies.yaml": {
            "upstream": "things",
            "policies": [JWT],
            "operations": {"make": [{"kind": "mutual-tls", "replaces": True}]},
        },
    }
    write(tmp_path, files)
    with pytest.raises(Invalid, match=r"`mutual-tls` cannot .* \(and things.list asks for none\)"):
        render(planned(Places(tmp_path, tmp_path / "data")), "here")


def test_a_certificates_subject_is_refused(tmp_path: Path) -> None:
    assert "not its subject: 'CN=billing'" in refused(
        tmp_path, {"kind": "mutual-tls", "names": ["CN=billing"]}, tls=TLS
    )


def test_keys_without_service_levels_are_refused(tmp_path: Path) -> None:
    assert "`api-key` cannot be said" in refused(tmp_path, KEY, tiers={})


def test_tokens_that_only_some_issuers_want_passed_on_are_refused(tmp_path: Path) -> None:
    issuers = {"ours": OURS, "theirs": {**OURS, "issuer": "https://id.example.com", "forward": False}}
    assert "`forward` differs" in refused(tmp_path, JWT, issuers=issuers)


def test_two_patterns_that_match_the_same_path_are_refused(tmp_path: Path) -> None:
    """Envoy Gateway could answer one by the other's policies."""
    operations = {"any": "GET /{kind}/{id}", "thing": "GET /thing/{id}"}
    said = refused(tmp_path, JWT, operations=operations)
    assert "match the same requests" in said
    assert "things/openapi.yaml:" in said
    rendered(tmp_path, JWT, operations={"any": "GET /{kind}/{id}", "thing": "POST /thing/{id}", "one": "GET /a/b"})


@pytest.mark.parametrize(
    ("upstream", "reason"),
    [
        ({"addresses": ["127.0.0.1:80", "127.0.0.1:81"]}, "several ports"),
        ({"addresses": ["127.0.0.1:80"], "http2": True}, "say it in the Service things"),
        (
            {
                "addresses": ["127.0.0.1:80", "10.0.0.1:80"],
                "tls": {"authority": "them.pem", "name": "things.example.net"},
            },
            "one or the other",
        ),
        (
            {
                "addresses": ["10.0.0.1:443"],
                "tls": {"authority": "t.pem", "name": "t.example.net", "certificate": "o.pem", "key": "o.key"},
            },
            "none its own",
        ),
    ],
)
def test_an_upstream_that_cannot_be_said_is_named(tmp_path: Path, upstream: Json, reason: str) -> None:
    said = refused(tmp_path, OPEN, upstreams={"things": upstream})
    assert "gateway.yaml:" in said
    assert reason in said


def test_everything_that_is_wrong_is_named_at_once(tmp_path: Path) -> None:
    said = refused(tmp_path, OPEN, SPIKE, SHADOW)
    assert said.count("cannot be said") == 2


def test_what_an_operator_leaves_out_is_noted_in_every_manifest(tmp_path: Path) -> None:
    found = rendered(tmp_path, OPEN, SPIKE, SHADOW, without=("spike", "shadow"))
    everything = [manifest for manifests in found.files.values() for manifest in manifests]
    assert {manifest["metadata"]["annotations"][LEFT_OUT] for manifest in everything} == {"shadow, spike"}
    assert not any("authorization" in manifest["spec"] for manifest in everything)


@pytest.mark.parametrize("kind", ["ip", "jwt", "api-key", "mutual-tls", "open", "scopes", "tier", "mask"])
def test_what_keeps_callers_out_is_not_left_out(tmp_path: Path, kind: str) -> None:
    assert f"`{kind}` is not left out" in refused(tmp_path, OPEN, without=(kind,))


def test_a_kind_that_is_not_known_is_not_left_out_in_silence(tmp_path: Path) -> None:
    assert "there is no kind of policy spikes" in refused(tmp_path, OPEN, without=("spikes",))
