"""`trunkline check` on a gateway: every rule decides something, none is bypassed, each problem has file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.gateway.running import openapi, write
from trunkline.gateway import check

JWT = {"kind": "jwt"}
KEY = {"kind": "api-key"}
OPEN = {"kind": "open", "reason": "a test of checks, not of callers"}
OPERATIONS = {"list": "GET /thing", "get": "GET /thing/{id}", "make": "POST /thing"}


def gateway(**more: Any) -> dict[str, Any]:
    return {
        "upstreams": {"things": {"addresses": ["127.0.0.1:9"]}},
        "issuers": {"ours": {"issuer": "https://id.example.net", "keys": "jwks.json", "audiences": ["us"]}},
        "tiers": {"gold": "10 per second"},
        **more,
    }


def things(*policies: Any, **more: Any) -> dict[str, Any]:
    return {"upstream": "things", "policies": list(policies), **more}


def problems(folder: Path, files: dict[str, Any]) -> list[str]:
    said = {
        "gateway.yaml": gateway(),
        "things/openapi.yaml": openapi("/things/v1", OPERATIONS),
        "things/policies.yaml": things(JWT),
        **files,
    }
    write(folder, said)
    return [str(problem).removeprefix(f"{folder}/apis/") for problem in check(folder, folder / "data")]


def test_a_sound_gateway_has_no_problems_and_looking_leaves_nothing_behind(tmp_path: Path) -> None:
    assert problems(tmp_path, {}) == []
    assert not (tmp_path / "data").exists()


def test_a_project_without_apis_has_no_problems(tmp_path: Path) -> None:
    assert check(tmp_path, tmp_path / "data") == []


@pytest.mark.parametrize(
    ("policies", "place", "reason"),
    [
        (things(), "openapi.yaml:9", "anybody may call list"),
        (things(JWT, operations={"lst": [OPEN]}), "policies.yaml:5", "there is no operation lst"),
        (things(JWT, group="none"), "policies.yaml:4", "there is no group none"),
        ({"upstream": "thing", "policies": [JWT]}, "policies.yaml:1", "there is no upstream thing"),
        (things({"kind": "jwt", "issuer": "theirs"}), "policies.yaml:3", "there is no issuer theirs"),
        (things({"kind": "jwtt"}), "policies.yaml:3", "jwtt"),
        (things({"kind": "jwt", "isuer": "ours"}), "policies.yaml:4", "did you mean `issuer`?"),
        (things(JWT, {"kind": "tier", "allowed": ["lead"]}), "policies.yaml:4", "there is no tier lead"),
        (things(JWT, {"kind": "tier", "allowed": ["gold"]}), "policies.yaml:4", "would refuse everybody at"),
        (things(KEY, {"kind": "scopes", "all_of": ["a"]}), "policies.yaml:4", "looks at a token"),
        (things({"kind": "jwt", "shadow": True}), "openapi.yaml:9", "anybody may call"),
        (things(OPEN, {"kind": "rate-limit", "limit": "1 per day"}), "policies.yaml:5", "looks at the client"),
        (things(OPEN, {"kind": "quota", "quota": "1 per day"}), "policies.yaml:5", "looks at the client"),
        (
            things(JWT, {"kind": "quota", "quota": "1 per day", "per": "application"}),
            "policies.yaml:4",
            "looks at the application, and list asks for no key",
        ),
        (things(JWT, {"kind": "quota", "quota": "1 per minute"}), "policies.yaml:5", "quota"),
        (things(OPEN, JWT), "policies.yaml:3", "contradicts `jwt`"),
        (things(JWT, JWT), "policies.yaml:4", "say it once"),
        (things(JWT, operations={"list": [JWT]}), "policies.yaml:6", "say `replaces: true`"),
        (things({**JWT, "replaces": True}), "policies.yaml:3", "replaces nothing"),
        (things({"kind": "mutual-tls"}), "policies.yaml:3", "client_authority"),
        (things({**KEY, "shadow": True}, JWT), "policies.yaml:3", "cannot be a shadow"),
        (things(JWT, {"kind": "scopes"}), "policies.yaml:4", "says nothing"),
        (things(JWT, {"kind": "headers", "set": {"Host": "a"}}), "policies.yaml:4", "may not touch host"),
        (things(JWT, {"kind": "headers", "remove": ["X-Trunkline-Tier"]}), "policies.yaml:4", "may not touch"),
        (
            things(JWT, {"kind": "cors", "origins": ["*"], "credentials": True}),
            "policies.yaml:4",
            "lets every page call with its visitor's credentials",
        ),
        (things(JWT, {"kind": "size", "body": "17 MiB"}), "policies.yaml:4", "more than 16 MiB"),
        (things(JWT, {"kind": "size", "body": "lots"}), "policies.yaml:5", "body"),
        (
            things(JWT, {"kind": "ip", "allow": ["10.1.0.0/16"], "deny": ["10.0.0.0/8"]}),
            "policies.yaml:4",
            "10.1.0.0/16, which is never reached: 10.0.0.0/8 is denied",
        ),
        (things(JWT, {"kind": "ip", "deny": ["10.0.0.0/8", "10.2.0.0/16"]}), "policies.yaml:4", "says so already"),
        (things(JWT, {"kind": "ip", "deny": ["10.0.0.0/40"]}), "policies.yaml:4", "names a network that is none"),
        (things(JWT, {"kind": "cache"}), "policies.yaml:4", "would give what one caller of list got to the next"),
        (things(JWT, {"kind": "mirror", "upstream": "things"}), "policies.yaml:4", "would do POST /things/v1/thing"),
        (things(JWT, {"kind": "retry", "on": ["5xx"]}), "policies.yaml:4", "could do POST /things/v1/thing twice"),
        (things(JWT, {"kind": "fault", "percent": 1}), "policies.yaml:4", "says nothing"),
    ],
)
def test_a_problem_is_told_with_its_file_and_line(tmp_path: Path, policies: Any, place: str, reason: str) -> None:
    found = problems(tmp_path, {"things/policies.yaml": policies})
    assert any(line.startswith(f"things/{place}: ") and reason in line for line in found), found


def test_a_rule_whose_place_is_always_taken_is_never_reached(tmp_path: Path) -> None:
    files = {
        "gateway.yaml": gateway(policies=[JWT, {"kind": "timeout"}]),
        "things/policies.yaml": things({**JWT, "replaces": True}),
    }
    assert problems(tmp_path, files) == [
        "gateway.yaml:14: `jwt` is never reached: `jwt` of "
        f"{tmp_path}/apis/things/policies.yaml:3 always takes its place"
    ]


def test_a_rule_of_a_group_without_an_api_is_never_reached(tmp_path: Path) -> None:
    found = problems(tmp_path, {"gateway.yaml": gateway(groups={"lonely": [KEY]})})
    assert found == ["gateway.yaml:15: `api-key` is never reached: it is for no operation"]


def test_a_final_rule_cannot_be_bypassed(tmp_path: Path) -> None:
    files = {
        "gateway.yaml": gateway(policies=[{**JWT, "final": True}]),
        "things/policies.yaml": things(operations={"list": [{**OPEN, "replaces": True}]}),
    }
    found = problems(tmp_path, files)
    assert found == [
        f"things/policies.yaml:5: `open` would bypass `jwt` of {tmp_path}/apis/gateway.yaml:14, which is final"
    ]


def test_what_is_classified_can_be_cached_only_for_all(tmp_path: Path) -> None:
    cached = {"things/policies.yaml": things(JWT, operations={"list": [{"kind": "cache"}]})}
    for classification, is_sound in (
        ("public", True),
        ("internal", True),
        ("confidential", False),
        ("personal", False),
    ):
        document = openapi("/things/v1", OPERATIONS, list={"x-classification": classification})
        assert (problems(tmp_path, {**cached, "things/openapi.yaml": document}) == []) is is_sound, classification


@pytest.mark.parametrize(
    ("operations", "sound"),
    [
        ({"a": "GET /thing/{id}", "b": "GET /thing/{name}"}, False),
        ({"a": "GET /thing/{id}/part", "b": "GET /thing/special/{part}"}, False),
        ({"a": "GET /thing/{id}", "b": "GET /thing/special"}, True),
        ({"a": "GET /thing/{id}", "b": "POST /thing/{name}"}, True),
        ({"a": "GET /thing/{id}/part", "b": "GET /thing/{id}/parts"}, True),
    ],
)
def test_two_operations_are_told_apart_by_more_than_their_order(
    tmp_path: Path, operations: dict[str, str], sound: bool
) -> None:
    found = problems(tmp_path, {"things/openapi.yaml": openapi("/things/v1", operations)})
    assert (found == []) is sound, found
    assert sound or "cannot be told from" in found[0]


@pytest.mark.parametrize("base", ["/things/v1", "/things/v1/sub"])
def test_two_apis_do_not_share_a_path(tmp_path: Path, base: str) -> None:
    more = {"others/openapi.yaml": openapi(base, {"a": "GET /a"}), "others/policies.yaml": things(JWT)}
    assert any(
        "overlaps with /things/v1" in problem or "overlaps with /things" in problem
        for problem in problems(tmp_path, more)
    )


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"listen": "0.0.0.0:8090"}, "gateway.yaml:13: 0.0.0.0:8090 is not loopback: `tls` is needed there"),
        ({"upstreams": {"things": {"addresses": ["10.0.0.1:80"]}}}, "10.0.0.1:80 is not loopback: `tls` is needed"),
        ({"upstreams": {"things": {"addresses": []}}}, "addresses"),
        ({"tls": {"certificate": "none.pem", "key": "none.key"}}, "Envoy would not take this"),
        ({"tiers": {"gold": "a lot"}}, "gold"),
    ],
)
def test_the_gateway_itself_is_checked(tmp_path: Path, said: dict[str, Any], reason: str) -> None:
    found = problems(tmp_path, {"gateway.yaml": gateway(**said)})
    assert any(reason in problem for problem in found), found


def changed(path: str, value: Any) -> str:
    """The OpenAPI document of things, with the value at a path of keys otherwise; None takes it away."""
    document: Any = openapi("/things/v1", OPERATIONS)
    at = document
    *steps, last = path.split("|")
    for step in steps:
        at = at[step]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return yaml.safe_dump(document, sort_keys=False)


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("openapi", "2.0", "is not OpenAPI 3.0 or 3.1"),
        ("paths", {}, "`paths` has no operation"),
        ("info", {}, "`info` has no `title`"),
        ("servers", [{"url": "https://a.example.net"}], "the first server's url needs a path"),
        ("servers", [{"url": "/things"}], "has no version"),
        ("servers", [{"url": "/v1"}], "has no name"),
        ("paths|/thing|get|operationId", None, "needs an `operationId`"),
        ("paths|/thing|get|operationId", "make", "the operationId make is given twice"),
        ("paths|/thing|get|summary", None, "needs a `summary`"),
        ("paths|/thing|get|responses", {"200": {"description": "done"}}, "describes no refusal"),
        ("paths|/thing/{id}|get|parameters", [], "does not declare the path parameter id"),
        ("paths|/thing|gett", {}, "gett is no HTTP method"),
        ("paths|/thing/", {}, "ends in a slash"),
        ("paths|/thing/a b", {}, "is not one that can be matched"),
        ("paths|/other", {"$ref": "other.yaml"}, "a path by `$ref` is not taken"),
        ("paths|/thing|get|x-classification", "secret", "x-classification secret is not known"),
    ],
)
def test_an_openapi_file_keeps_the_rules_of_all_apis(tmp_path: Path, path: str, value: Any, reason: str) -> None:
    found = problems(tmp_path, {"things/openapi.yaml": changed(path, value)})
    assert any(line.startswith("things/openapi.yaml:") and reason in line for line in found), found


def test_what_the_reference_operator_declares_is_sound() -> None:
    assert check(Path("belgicom").resolve(), Path("/nonexistent")) == []
