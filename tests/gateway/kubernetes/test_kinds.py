"""What each kind of policy becomes in a cluster. Whatever is rendered here is held against the kinds' schemas, too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.gateway.kubernetes.rendering import JWT, KEY, OPEN, OURS, rendered, specs
from trunkline.gateway.policies import KINDS, Policy

Json = dict[str, Any]
TLS: Json = {"certificate": "listener.pem", "key": "listener.key", "client_authority": "clients.pem"}
SERVICE: Json = {"group": "", "kind": "Service", "port": 8080, "name": "things"}
NEWER: Json = {**SERVICE, "name": "newer", "port": 8081}
ELSEWHERE: Json = {
    "addresses": ["10.0.0.1:443", "10.0.0.2:443"],
    "health": "/health",
    "tls": {"authority": "them.pem", "name": "things.example.net"},
}

SECURITY: list[tuple[Json, Json]] = [
    (
        {"kind": "ip", "allow": ["10.0.0.0/8", "::1"], "deny": ["10.1.0.0/16"]},
        {
            "authorization": {
                "rules": [
                    {"action": "Deny", "principal": {"clientCIDRs": ["10.1.0.0/16"]}},
                    {"action": "Allow", "principal": {"clientCIDRs": ["10.0.0.0/8", "::1/128"]}},
                ],
                "defaultAction": "Deny",
            }
        },
    ),
    (
        {"kind": "ip", "deny": ["10.1.0.0/16"]},
        {
            "authorization": {
                "rules": [{"action": "Deny", "principal": {"clientCIDRs": ["10.1.0.0/16"]}}],
                "defaultAction": "Allow",
            }
        },
    ),
    (
        {"kind": "cors", "origins": ["https://shop.example.net"], "credentials": True, "max_age": 60},
        {
            "cors": {
                "allowOrigins": ["https://shop.example.net"],
                "allowMethods": ["GET"],
                "allowHeaders": ["authorization", "content-type"],
                "exposeHeaders": ["x-request-id"],
                "allowCredentials": True,
                "maxAge": "60s",
            }
        },
    ),
]
TRAFFIC: list[tuple[Json, Json]] = [
    (
        {"kind": "spike", "rate": "20 per second", "burst": 20},
        {"rateLimit": {"local": {"rules": [{"limit": {"requests": 20, "unit": "Second"}}]}}},
    ),
    (
        {"kind": "rate-limit", "limit": "5 per hour", "per": "all"},
        {"rateLimit": {"global": {"rules": [{"limit": {"requests": 5, "unit": "Hour"}}]}}},
    ),
    (
        {"kind": "rate-limit", "limit": "5 per day", "per": "all", "shadow": True},
        {"rateLimit": {"global": {"rules": [{"limit": {"requests": 5, "unit": "Day"}, "shadowMode": True}]}}},
    ),
    ({"kind": "size", "body": "64 KiB"}, {"requestBuffer": {"limit": "65536"}}),
    (
        {"kind": "fault", "percent": 0.5, "delay": "1.5 s", "status": 503},
        {
            "faultInjection": {
                "delay": {"fixedDelay": "1s500ms", "percentage": 0.5},
                "abort": {"httpStatus": 503, "percentage": 0.5},
            }
        },
    ),
    (
        {"kind": "retry", "times": 2, "on": ["5xx"], "each": "250 ms"},
        {"retry": {"numRetries": 2, "retryOn": {"triggers": ["5xx"]}, "perRetry": {"timeout": "250ms"}}},
    ),
    (
        {"kind": "circuit-breaker", "connections": 1, "waiting": 2, "requests": 3, "retries": 4},
        {
            "circuitBreaker": {
                "maxConnections": 1,
                "maxPendingRequests": 2,
                "maxParallelRequests": 3,
                "maxParallelRetries": 4,
            }
        },
    ),
    (
        {"kind": "outlier", "failures": 3, "pause": "90 s", "most": 40},
        {
            "healthCheck": {
                "passive": {
                    "consecutive5XxErrors": 3,
                    "consecutiveGatewayErrors": 3,
                    "baseEjectionTime": "1m30s",
                    "maxEjectionPercent": 40,
                    "interval": "1s",
                }
            }
        },
    ),
    (
        {"kind": "timeout", "request": "0 s", "idle": "10 min"},
        {
            "timeout": {
                "tcp": {"connectTimeout": "2s"},
                "http": {"connectionIdleTimeout": "60s", "requestTimeout": "0s"},
            }
        },
    ),
]


@pytest.mark.parametrize(("policy", "spec"), SECURITY)
def test_what_is_asked_of_callers_is_a_security_policy(tmp_path: Path, policy: Json, spec: Json) -> None:
    found = specs(rendered(tmp_path, OPEN, policy))["SecurityPolicy"]
    target = found.pop("targetRefs")
    assert target == [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "things-get-thing"}]
    assert found == spec


@pytest.mark.parametrize(("policy", "spec"), TRAFFIC)
def test_how_requests_are_passed_on_is_a_backend_traffic_policy(tmp_path: Path, policy: Json, spec: Json) -> None:
    found = specs(rendered(tmp_path, OPEN, policy))["BackendTrafficPolicy"]
    assert {key: found[key] for key in spec} == spec


def test_an_operation_that_anybody_may_call_has_no_security_policy(tmp_path: Path) -> None:
    found = specs(rendered(tmp_path, OPEN))
    assert "SecurityPolicy" not in found
    assert found["BackendTrafficPolicy"]["requestBuffer"] == {"limit": str(1 << 20)}


def test_a_token_is_held_against_keys_that_are_only_referred_to(tmp_path: Path) -> None:
    found = rendered(tmp_path, JWT)
    assert specs(found)["SecurityPolicy"]["jwt"]["providers"] == [
        {
            "name": "ours",
            "issuer": "https://id.example.net",
            "audiences": ["us"],
            "localJWKS": {"type": "ValueRef", "valueRef": {"group": "", "kind": "ConfigMap", "name": "jwks-ours"}},
            "claimToHeaders": [
                {"header": "x-trunkline-subject", "claim": "sub"},
                {"header": "x-trunkline-client", "claim": "client_id"},
                {"header": "x-trunkline-tier", "claim": "level"},
            ],
            "extractFrom": {"headers": [{"name": "Authorization", "valuePrefix": "Bearer "}]},
        }
    ]
    assert "ConfigMap jwks-ours (jwks)" in found.needs
    assert any(text.startswith("jwt: a token need not expire") for text in found.differs)


def test_a_token_that_is_not_passed_on_is_taken_off_behind_the_gateway(tmp_path: Path) -> None:
    found = specs(rendered(tmp_path, JWT, issuers={"ours": {**OURS, "forward": False}}))
    assert found["HTTPRoute"]["rules"][0]["filters"] == [
        {"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["Authorization"]}}
    ]


def test_scopes_are_asked_for_whoever_issued_the_token(tmp_path: Path) -> None:
    issuers = {"ours": OURS, "theirs": {**OURS, "issuer": "https://id.example.com"}}
    scopes = {"kind": "scopes", "all_of": ["a"], "any_of": ["b", "c"]}
    found = specs(rendered(tmp_path, JWT, scopes, issuers=issuers))["SecurityPolicy"]["authorization"]
    assert found["defaultAction"] == "Deny"
    assert [(rule["action"], rule["principal"]["jwt"]) for rule in found["rules"]] == [
        ("Allow", {"provider": issuer, "scopes": scopes})
        for issuer in ("ours", "theirs")
        for scopes in (["a", "b"], ["a", "c"])
    ]


def test_the_address_the_scopes_and_the_tier_are_all_asked_for(tmp_path: Path) -> None:
    policies = ({"kind": "ip", "allow": ["10.0.0.0/8"]}, JWT, {"kind": "scopes", "all_of": ["a"]})
    found = specs(rendered(tmp_path, *policies, {"kind": "tier", "allowed": ["gold"]}))
    assert found["SecurityPolicy"]["authorization"] == {
        "rules": [
            {
                "action": "Allow",
                "principal": {
                    "clientCIDRs": ["10.0.0.0/8"],
                    "jwt": {
                        "provider": "ours",
                        "claims": [{"name": "level", "valueType": "String", "values": ["gold"]}],
                        "scopes": ["a"],
                    },
                },
            }
        ],
        "defaultAction": "Deny",
    }
    level = {"type": "Exact", "name": "x-trunkline-tier", "value": "gold"}
    each = {"type": "Distinct", "name": "x-trunkline-client"}
    assert found["BackendTrafficPolicy"]["rateLimit"]["global"]["rules"] == [
        {"clientSelectors": [{"headers": [level, each]}], "limit": {"requests": 100, "unit": "Minute"}}
    ]


def test_keys_are_secrets_by_tier_and_those_of_other_tiers_are_not_known(tmp_path: Path) -> None:
    everybody = specs(rendered(tmp_path, KEY))["SecurityPolicy"]["apiKeyAuth"]
    found = specs(rendered(tmp_path, KEY, {"kind": "tier", "allowed": ["gold"]}))
    gold, silver = ({"group": "", "kind": "Secret", "name": f"api-keys-{tier}"} for tier in ("gold", "silver"))
    assert everybody["credentialRefs"] == [gold, silver]
    assert found["SecurityPolicy"]["apiKeyAuth"] == {
        "credentialRefs": [gold],
        "extractFrom": [{"headers": ["x-api-key"]}],
        "forwardClientIDHeader": "x-trunkline-application",
        "sanitize": True,
    }
    (rule,) = found["BackendTrafficPolicy"]["rateLimit"]["global"]["rules"]
    assert rule["clientSelectors"][0]["headers"] == [
        {"type": "RegularExpression", "name": "x-trunkline-application", "value": "gold[.].*"},
        {"type": "Distinct", "name": "x-trunkline-application"},
    ]


def test_a_tier_that_only_reports_and_is_left_out_keeps_no_key_out(tmp_path: Path) -> None:
    tier = {"kind": "tier", "allowed": ["gold"], "shadow": True}
    found = specs(rendered(tmp_path, KEY, tier, without=("shadow",)))["SecurityPolicy"]["apiKeyAuth"]
    assert [secret["name"] for secret in found["credentialRefs"]] == ["api-keys-gold", "api-keys-silver"]


@pytest.mark.parametrize(("who", "header"), [(JWT, "x-trunkline-client"), (KEY, "x-trunkline-application")])
def test_a_limit_for_each_client_counts_by_the_header_that_says_who_it_is(
    tmp_path: Path, who: Json, header: str
) -> None:
    found = specs(rendered(tmp_path, who, {"kind": "rate-limit", "limit": "5 per second"}))
    (rule,) = found["BackendTrafficPolicy"]["rateLimit"]["global"]["rules"]
    assert rule["clientSelectors"] == [{"headers": [{"type": "Distinct", "name": header}]}]
    assert header in found["ClientTrafficPolicy"]["headers"]["earlyRequestHeaders"]["remove"]


def test_a_browsers_preflight_comes_to_the_operation_that_it_asks_about(tmp_path: Path) -> None:
    found = specs(rendered(tmp_path, JWT, {"kind": "cors", "origins": ["*"]}))["HTTPRoute"]["rules"][0]["matches"]
    operation, preflight = found
    assert (operation["method"], preflight["method"]) == ("GET", "OPTIONS")
    assert operation["path"] == preflight["path"] == {"type": "RegularExpression", "value": "/things/v1/thing/[^/]+"}
    assert [header["name"] for header in preflight["headers"]] == ["access-control-request-method", "origin"]


def test_headers_a_canary_and_a_mirror_are_of_the_route(tmp_path: Path) -> None:
    headers = {"kind": "headers", "set": {"x-a": "1"}, "remove": ["x-b"], "set_response": {"x-c": "2"}}
    canary = {"kind": "canary", "upstream": "newer", "percent": 2.5}
    mirror = {"kind": "mirror", "upstream": "newer", "percent": 0.01}
    rule = specs(rendered(tmp_path, OPEN, headers, canary, mirror))["HTTPRoute"]["rules"][0]
    assert rule["backendRefs"] == [{**SERVICE, "weight": 9_750}, {**NEWER, "weight": 250}]
    assert rule["filters"] == [
        {
            "type": "RequestHeaderModifier",
            "requestHeaderModifier": {"set": [{"name": "x-a", "value": "1"}], "remove": ["x-b"]},
        },
        {"type": "ResponseHeaderModifier", "responseHeaderModifier": {"set": [{"name": "x-c", "value": "2"}]}},
        {
            "type": "RequestMirror",
            "requestMirror": {"backendRef": NEWER, "fraction": {"numerator": 100, "denominator": 1_000_000}},
        },
    ]


def test_certificates_that_every_operation_asks_for_are_asked_for_at_the_listener(tmp_path: Path) -> None:
    names = ["spiffe://example.net/billing", "billing.example.net"]
    found = rendered(tmp_path, {"kind": "mutual-tls", "names": names}, tls=TLS)
    assert specs(found)["ClientTrafficPolicy"]["tls"]["clientValidation"] == {
        "optional": False,
        "caCertificateRefs": [{"group": "", "kind": "ConfigMap", "name": "client-authority"}],
        "subjectAltNames": {
            "dnsNames": [{"type": "Exact", "value": "billing.example.net"}],
            "uris": [{"type": "Exact", "value": "spiffe://example.net/billing"}],
        },
    }
    assert "ConfigMap client-authority (ca.crt)" in found.needs
    optional = specs(rendered(tmp_path, JWT, tls=TLS))["ClientTrafficPolicy"]["tls"]["clientValidation"]
    assert optional["optional"] is True


def test_the_listener_is_with_tls_1_3_and_refuses_what_could_trick_a_server(tmp_path: Path) -> None:
    found = rendered(tmp_path, OPEN, trusted_hops=2, connections=7)
    said = specs(found)
    (listener,) = said["Gateway"]["listeners"]
    assert (listener["protocol"], listener["tls"]["certificateRefs"][0]["name"]) == ("HTTPS", "listener-certificate")
    traffic = said["ClientTrafficPolicy"]
    assert (traffic["tls"]["minVersion"], traffic["tls"]["maxVersion"]) == ("1.3", "1.3")
    assert traffic["path"]["escapedSlashesAction"] == "RejectRequest"
    assert traffic["headers"]["withUnderscoresAction"] == "RejectRequest"
    assert traffic["connection"]["connectionLimit"] == {"value": 7}
    assert traffic["clientIPDetection"] == {"xForwardedFor": {"numTrustedHops": 2}}
    assert found.needs == ("Secret listener-certificate (tls.crt, tls.key)",)


@pytest.mark.parametrize(("idle", "said"), [("10 min", "10m"), ("5 s", "1m"), ("0 s", "0s")])
def test_the_listener_waits_as_long_as_the_operation_that_waits_longest(tmp_path: Path, idle: str, said: str) -> None:
    two = {"getThing": "GET /thing/{id}", "listThing": "GET /thing"}
    found = rendered(tmp_path, OPEN, operations=two, each={"getThing": [{"kind": "timeout", "idle": idle}]})
    (traffic,) = [each["spec"] for each in found.files["gateway.yaml"] if each["kind"] == "ClientTrafficPolicy"]
    assert traffic["timeout"]["http"]["streamIdleTimeout"] == said
    assert any("the longest that any operation has" in differs for differs in found.differs)


def test_an_upstream_elsewhere_is_a_backend_with_tls_and_is_asked_how_it_is(tmp_path: Path) -> None:
    found = rendered(tmp_path, OPEN, upstreams={"things": ELSEWHERE})
    said = specs(found)
    assert said["Backend"]["endpoints"] == [{"ip": {"address": f"10.0.0.{n}", "port": 443}} for n in (1, 2)]
    backend = {"group": "gateway.envoyproxy.io", "kind": "Backend", "name": "things"}
    assert said["BackendTLSPolicy"]["targetRefs"] == [backend]
    assert said["BackendTLSPolicy"]["validation"]["hostname"] == "things.example.net"
    assert said["HTTPRoute"]["rules"][0]["backendRefs"] == [{**backend, "weight": 1}]
    assert said["BackendTrafficPolicy"]["healthCheck"]["active"]["http"] == {
        "path": "/health",
        "expectedStatuses": [200],
    }
    assert "ConfigMap upstream-authority-things (ca.crt)" in found.needs
    assert not any(text.startswith("upstream") for text in found.differs)


def test_hosts_are_those_of_every_route(tmp_path: Path) -> None:
    assert specs(rendered(tmp_path, OPEN, hosts=["api.example.net"]))["HTTPRoute"]["hostnames"] == ["api.example.net"]


ATTACHED: dict[str, tuple[Json, ...]] = {
    **{policy["kind"]: (OPEN, policy) for policy, _ in (*SECURITY, *TRAFFIC)},
    "tier": (JWT, {"kind": "tier", "allowed": ["gold"]}),
    "scopes": (JWT, {"kind": "scopes", "all_of": ["a"]}),
    "headers": (OPEN, {"kind": "headers", "set": {"x-a": "1"}}),
    "canary": (OPEN, {"kind": "canary", "upstream": "newer", "percent": 1}),
    "mirror": (OPEN, {"kind": "mirror", "upstream": "newer"}),
    "mutual-tls": ({"kind": "mutual-tls"},),
    "api-key": (KEY,),
    "jwt": (JWT,),
    "open": (OPEN,),
}
NEVER = {"cache", "quota", "json-threats", "xml-threats", "validate", "transform", "mask"}  # test_refusals.py


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind())
def test_every_kind_that_says_what_it_becomes_is_rendered_soundly(tmp_path: Path, kind: type[Policy]) -> None:
    says_nothing = kind.kubernetes is Policy.kubernetes
    assert (kind.kind() in ATTACHED) is not (says_nothing or kind.kind() in NEVER)
    if kind.kind() in ATTACHED:
        specs(rendered(tmp_path, *ATTACHED[kind.kind()], tls=TLS))
