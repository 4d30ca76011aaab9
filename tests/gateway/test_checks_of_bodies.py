"""`trunkline check` on what looks into bodies: it has something to look for, and understands what the file says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.gateway.running import openapi, write
from trunkline.gateway import check

OPEN = {"kind": "open", "reason": "a test of checks, not of callers"}
JWT = {"kind": "jwt"}
NAME = {"type": "string", "x-classification": "personal"}
THING = {"type": "object", "properties": {"name": NAME, "parts": {"type": "array", "items": {"$ref": "#/x/Part"}}}}
PART = {"allOf": [{"type": "object", "properties": {"kind": {"type": "string"}}}]}


def content(schema: Any, media: str = "application/json") -> dict[str, Any]:
    return {"content": {media: {"schema": schema}}}


def answers(said: dict[str, Any]) -> dict[str, Any]:
    return {"responses": {"200": {"description": "it", **said}, "4XX": {"description": "no"}}}


DESCRIBED = {"requestBody": content(THING), **answers(content(THING))}
VALIDATE = {"kind": "validate", "response": "refuse"}
MASK = {"kind": "mask", "hide": ["personal"]}


def problems(folder: Path, *policies: Any, operation: Any = DESCRIBED, caller: Any = OPEN) -> list[str]:
    document = openapi("/things/v1", {"make": "POST /thing"}, make={"x-classification": "internal", **operation})
    document["x"] = {"Part": PART}
    files = {
        "gateway.yaml": {
            "upstreams": {"things": {"addresses": ["127.0.0.1:9"]}},
            "issuers": {"ours": {"issuer": "https://id.example.net", "keys": "jwks.json", "audiences": ["us"]}},
            "tiers": {"gold": "10 per second"},
            "policies": [caller],
        },
        "things/openapi.yaml": document,
        "things/policies.yaml": {"upstream": "things", "policies": list(policies)},
    }
    write(folder, files)
    return [str(problem).removeprefix(f"{folder}/apis/") for problem in check(folder, folder / "data")]


def step(do: str, **more: Any) -> dict[str, Any]:
    return {"do": do, **more}


def test_a_sound_use_of_all_kinds_has_no_problems(tmp_path: Path) -> None:
    transform = {
        "kind": "transform",
        "request": [
            step("rename", at="/name", to="label"),
            step("remove", at="/label"),
            step("remove", at="/parts/*/kind"),
        ],
        "response": [step("set", at="/hidden", value=1), step("move", **{"from": "/hidden"}, to="/parts/0/kind")],
    }
    kinds = [{"kind": "json-threats"}, {"kind": "xml-threats"}, VALIDATE, transform, {**MASK, "except_scopes": ["a"]}]
    assert problems(tmp_path, *kinds, caller=JWT) == []


@pytest.mark.parametrize(
    ("policy", "operation", "reason"),
    [
        ({"kind": "validate", "request": "skip"}, DESCRIBED, "`validate` says nothing"),
        ({"kind": "validate"}, answers({}), "`validate` has no request to look at"),
        (VALIDATE, {**DESCRIBED, **answers({})}, "`validate` has no response to look at"),
        ({"kind": "transform"}, DESCRIBED, "`transform` says nothing"),
        ({"kind": "mask", "hide": ["sensitive"]}, DESCRIBED, "`mask` hides nothing: no field of its operations"),
        ({**MASK, "ends": ["internal"]}, DESCRIBED, "`mask` tells the ends of what is internal"),
        ({**MASK, "except_scopes": ["a"]}, DESCRIBED, "`mask` looks at a token's scopes, and make asks for none"),
        ({**MASK, "except_tiers": ["gold"]}, DESCRIBED, "`mask` looks at the client, and make does not ask who it is"),
        ({**MASK, "except_tiers": ["tin"]}, DESCRIBED, "`mask` there is no tier tin"),
        (MASK, answers(content({}, "text/event-stream")), "`mask` would hold back the stream that make answers"),
    ],
)  # fmt: skip
def test_a_rule_with_nothing_to_look_for_is_named_with_its_line(
    tmp_path: Path, policy: Any, operation: Any, reason: str
) -> None:
    found = problems(tmp_path, policy, operation=operation)
    assert any(one.startswith("things/policies.yaml:3: ") and reason in one for one in found), found


@pytest.mark.parametrize(
    ("way", "said", "reason"),
    [
        ("request", step("remove", at="/note"), "looks for /note, which no request of make has"),
        ("request", step("rename", at="/parts/*/size", to="n"), "looks for /parts/*/size, which no request"),
        ("response", step("rename", at="/label", to="title"), "looks for /title, which no response of make has"),
        ("response", step("set", at="/parts/0/size", value=1), "looks for /parts/0/size, which no response"),
        ("request", step("move", **{"from": "/name"}, to="/name/x"), "cannot move /name to /name/x"),
        ("request", step("move", **{"from": "/parts/*"}, to="/name"), "cannot move /parts/* to /name"),
    ],
)
def test_a_transformation_of_what_no_schema_has_is_found(tmp_path: Path, way: str, said: Any, reason: str) -> None:
    (found,) = problems(tmp_path, {"kind": "transform", way: [said]})
    assert found.startswith("things/policies.yaml:3: `transform` ")
    assert reason in found


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        ({**DESCRIBED, "requestBody": content({"$ref": "http://127.0.0.1:9/x.json"})}, "leads out of this file"),
        ({**DESCRIBED, "requestBody": content({"$ref": "#/x/None"})}, "#/x/None leads to nothing"),
        ({**DESCRIBED, "requestBody": {"$ref": "#/paths/~1thing/post/requestBody"}}, "references lead in a circle"),
        ({**DESCRIBED, "requestBody": content({"type": "thing"})}, "make cannot be validated"),
        ({**DESCRIBED, "requestBody": content({"pattern": "(?!a)"})}, "make cannot be validated"),
        ({**DESCRIBED, "requestBody": content(THING, "application/xml")}, "make cannot be validated"),
        ({**DESCRIBED, "requestBody": content({"$dynamicRef": "#a"})}, "$dynamicRef is not taken"),
        ({**DESCRIBED, "requestBody": content({"x-classification": "secret"})}, "x-classification secret is not known"),
        (
            {**DESCRIBED, "parameters": [{"name": "f", "in": "query", "style": "deepObject", "schema": {}}]},
            "of style deepObject cannot be validated",
        ),
    ],
)
def test_what_the_file_says_and_nobody_could_hold_a_body_against_is_found(
    tmp_path: Path, operation: Any, reason: str
) -> None:
    found = problems(tmp_path, VALIDATE, operation=operation)
    assert any(one.startswith("things/openapi.yaml:") and reason in one for one in found), found


def test_what_looks_at_requests_alone_holds_back_no_stream(tmp_path: Path) -> None:
    stream = answers(content({}, "text/event-stream"))
    assert problems(tmp_path, {"kind": "json-threats"}, operation=stream) == []
