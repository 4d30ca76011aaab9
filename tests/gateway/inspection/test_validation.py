"""Requests and responses are held against the OpenAPI file, 3.0 and 3.1: what is wrong is named by place and rule."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.gateway.inspection.description import Description, describe
from trunkline.gateway.inspection.media import media
from trunkline.gateway.inspection.schemas import Untakeable
from trunkline.gateway.inspection.validation import RequestValidation, ResponseValidation, Unfit

JSON = media("application/json")
INTEGERS = {"type": "array", "items": {"type": "integer"}}
PLACE = ("paths", "/thing/{id}", "post")


def document(version: str = "3.1.0", schemas: Any = None, **operation: Any) -> dict[str, Any]:
    said = {"responses": {"200": {"description": "done"}}, **operation}
    return {
        "openapi": version,
        "paths": {"/thing/{id}": {"post": said}},
        "components": {"schemas": schemas or {}},
    }


def of(version: str = "3.1.0", schemas: Any = None, **operation: Any) -> Description:
    return describe(document(version, schemas, **operation), "/v1/thing/{id}", PLACE)


def body(schema: Any, **more: Any) -> dict[str, Any]:
    return {"requestBody": {"content": {"application/json": {"schema": schema}}, **more}}


def of_body(value: Any, schema: Any, version: str = "3.1.0", schemas: Any = None) -> list[str]:
    validation = RequestValidation(of(version, schemas, **body(schema)), strict=False)
    assert JSON is not None
    return [str(finding) for finding in validation.of_value(JSON, value)]


def of_head(path: str, *parameters: Any, strict: bool = False, **headers: list[str]) -> list[str]:
    validation = RequestValidation(of(parameters=list(parameters)), strict=strict)
    return [str(finding) for finding in validation.of_head(path, headers)]


def parameter(name: str, where: str, schema: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": where, "schema": schema, **more}


@pytest.mark.parametrize(
    ("schema", "value", "found"),
    [
        ({"type": "object", "required": ["a"]}, {}, "validate[required] /a"),
        ({"properties": {"a": {"type": "integer"}}}, {"a": "x"}, "validate[type] /a"),
        (
            {"properties": {"a": {}}, "additionalProperties": False},
            {"secret/1": 1},
            "validate[additionalProperties] /secret~11",
        ),
        ({"items": {"enum": ["a", "b"]}}, ["a", "c"], "validate[enum] /1"),
        ({"format": "date-time"}, "yesterday", "validate[format]"),
        ({"pattern": "^(a+)+$"}, "a" * 50_000 + "!", "validate[pattern]"),
    ],
)
def test_a_body_that_is_not_as_its_schema_says_is_found_by_place_and_rule(schema: Any, value: Any, found: str) -> None:
    assert of_body(value, schema) == [found]


def test_what_is_found_has_nothing_of_the_values() -> None:
    schema = {"properties": {"pin": {"type": "integer"}, "ccv": {"enum": [1]}, "at": {"format": "date"}}}
    said = of_body({"pin": "s3cret", "ccv": "s3cret", "at": "s3cret"}, schema)
    assert len(said) == 3
    assert "s3cret" not in "".join(said)


def test_at_most_five_things_are_found_in_a_body() -> None:
    assert len(of_body(["x"] * 1_000, {"items": {"type": "integer"}})) == 5


def test_a_schema_may_lead_to_itself() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}, "n": {"type": "integer"}}}
    ref = {"$ref": "#/components/schemas/Node"}
    assert of_body({"next": {"next": {"n": "x"}}}, ref, schemas={"Node": node}) == ["validate[type] /next/next/n"]


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_what_a_response_alone_has_is_not_asked_of_a_request(version: str) -> None:
    schema = {
        "type": "object",
        "required": ["id", "pin"],
        "properties": {"id": {"type": "string", "readOnly": True}, "pin": {"type": "string", "writeOnly": True}},
    }
    assert of_body({"pin": "1"}, schema, version) == []
    answers = {"200": {"description": "d", "content": {"application/json": {"schema": schema}}}}
    validation = ResponseValidation(of(version, responses=answers))
    assert JSON is not None
    assert validation.of_value(200, JSON, {"id": "1"}) == []
    assert [str(one) for one in validation.of_value(200, JSON, {"pin": "1"})] == ["validate[required] /id"]


def test_openapi_3_0_is_read_in_its_own_words() -> None:
    schema = {"type": "integer", "nullable": True, "minimum": 1, "exclusiveMinimum": True, "example": "x"}
    assert of_body(None, schema, "3.0.3") == []
    assert of_body(1, schema, "3.0.3") == ["validate[exclusiveMinimum]"]
    assert of_body(None, {"type": "integer"}, "3.0.3") == ["validate[type]"]


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("http://127.0.0.1:1/schema.json", "leads out of this file"),
        ("other.yaml#/Thing", "leads out of this file"),
        ("file:///etc/passwd", "leads out of this file"),
        ("#/components/schemas/None", "leads to nothing"),
    ],
)
def test_a_reference_out_of_the_file_is_never_followed(reference: str, reason: str) -> None:
    with pytest.raises(Untakeable, match=reason) as found:
        of(**body({"items": {"$ref": reference}}))
    assert found.value.place[-2:] == ("items", "$ref")


@pytest.mark.parametrize("schema", [{"type": "nothing"}, {"pattern": "(?=a)"}, {"minimum": "1"}, {"required": "name"}])
def test_a_schema_that_is_none_is_no_silent_pass(schema: Any) -> None:
    with pytest.raises((Unfit, Untakeable)):
        RequestValidation(of(**body(schema)), strict=False)


def test_a_body_that_could_not_be_validated_is_not_taken_for_validated() -> None:
    said = of(requestBody={"content": {"application/xml": {"schema": {"type": "object"}}}})
    with pytest.raises(Unfit, match="only JSON"):
        RequestValidation(said, strict=False)


def test_what_other_names_the_query_has_are_members_of_an_object() -> None:
    some = parameter("some", "query", {"type": "object", "additionalProperties": {"type": "string", "maxLength": 3}})
    limit = parameter("limit", "query", {"type": "integer"})
    assert of_head("/v1/thing/7?a=1&a=2&b=c&limit=5", some, limit, strict=True) == []
    assert of_head("/v1/thing/7?a=1&a=long&limit=5", some, limit) == ["validate[maxLength] query/a"]


@pytest.mark.parametrize(
    ("declared", "query", "found"),
    [
        (parameter("limit", "query", {"type": "integer", "maximum": 9}), "limit=9", []),
        (parameter("limit", "query", {"type": "integer", "maximum": 9}), "limit=10", ["validate[maximum] query limit"]),
        (parameter("limit", "query", {"type": "integer"}), "limit=1e1", ["validate[type] query limit"]),
        (parameter("limit", "query", {"type": "integer"}), "limit=1&limit=2", ["validate[duplicate] query limit"]),
        (parameter("limit", "query", {"type": "integer"}), "l%69mit=x", ["validate[type] query limit"]),
        (parameter("q", "query", {"type": "string"}, required=True), "", ["validate[required] query q"]),
        (parameter("on", "query", {"type": "boolean"}), "on=TRUE", ["validate[type] query on"]),
        (parameter("s", "query", {"type": "string", "maxLength": 3}), "s=%C3%A9+b", []),
        (parameter("s", "query", {"type": "string"}), "s=%ff", ["validate[utf-8] query s"]),
        (parameter("n", "query", INTEGERS), "n=1&n=2", []),
        (parameter("n", "query", INTEGERS), "n=1&n=x", ["validate[type] query n/1"]),
        (parameter("n", "query", INTEGERS, explode=False), "n=1,2", []),
        (parameter("n", "query", {"type": "array", "maxItems": 1}, explode=False), "n=1%2C2", []),
        (parameter("n", "query", {"type": "array", "maxItems": 1}, style="pipeDelimited", explode=False), "n=1|2",
         ["validate[maxItems] query n"]),
    ],
)  # fmt: skip
def test_parameters_of_the_query_are_read_as_they_are_written(declared: Any, query: str, found: list[str]) -> None:
    assert of_head(f"/v1/thing/7?{query}", declared) == found


def test_parameters_of_path_header_and_cookie_are_held_too() -> None:
    declared = (
        parameter("id", "path", {"type": "integer"}, required=True),
        parameter("X-Day", "header", {"format": "date"}),
        parameter("theme", "cookie", {"enum": ["dark"]}),
        parameter("Authorization", "header", {"type": "integer"}),
    )
    assert of_head("/v1/thing/7", parameter("n", "header", INTEGERS), n=["1, 2", "3"]) == []
    good = {"x-day": ["2026-11-26"], "cookie": ["a=b; theme=dark"], "authorization": ["x"]}
    assert of_head("/v1/thing/7", *declared, **good) == []
    bad = {"x-day": ["26.11."], "cookie": ["theme=light"]}
    assert of_head("/v1/thing/x", *declared, **bad) == [
        "validate[type] path id",
        "validate[format] header x-day",
        "validate[enum] cookie theme",
    ]


def test_a_parameter_that_is_not_named_passes_unless_the_policy_is_strict() -> None:
    declared = parameter("a", "query", {"type": "string"})
    assert of_head("/v1/thing/7?a=1&b=2", declared) == []
    assert of_head("/v1/thing/7?a=1&b=2", declared, strict=True) == ["validate[query] b"]


def test_an_operations_own_parameter_takes_the_place_of_its_paths() -> None:
    said = document(parameters=[parameter("id", "path", {"type": "string"})])
    said["paths"]["/thing/{id}"]["parameters"] = [parameter("id", "path", {"type": "integer"})]
    validation = RequestValidation(describe(said, "/v1/thing/{id}", PLACE), strict=False)
    assert validation.of_head("/v1/thing/x", {}) == []


@pytest.mark.parametrize(
    ("types", "said", "taken"),
    [
        (["application/json"], "application/json; charset=utf-8", True),
        (["application/json"], "Application/JSON", True),
        (["application/*"], "application/merge-patch+json", True),
        (["application/json"], "application/json; charset=utf-16", False),
        (["application/json"], "text/plain", False),
        (["application/json"], "application/json, text/plain", False),
        (["application/json"], "", False),
    ],
)
def test_a_body_of_a_type_that_is_not_named_is_refused(types: list[str], said: str, taken: bool) -> None:
    validation = RequestValidation(of(requestBody={"content": {each: {} for each in types}}), strict=False)
    assert (validation.of_body(media(said)) == []) is taken


def test_a_body_is_refused_where_none_is_described_and_asked_for_where_one_is_required() -> None:
    nothing = RequestValidation(of(), strict=False)
    assert [str(one) for one in nothing.of_body(JSON)] == ["validate[body]"]
    required = RequestValidation(of(**body({}, required=True)), strict=False)
    assert [str(one) for one in required.of_missing_body()] == ["validate[required] body"]


def test_a_response_has_a_status_a_type_and_a_body_that_are_described() -> None:
    schema = {"type": "object", "required": ["id"]}
    content = {"application/json": {"schema": schema}}
    said = {"200": {"description": "d", "content": content}, "4XX": {"description": "d"}}
    validation = ResponseValidation(of(responses=said))

    def found(status: int, type: str = "application/json", *, has_body: bool = True) -> list[str]:
        return [str(one) for one in validation.of_head(status, media(type), has_body=has_body, bodiless=False)]

    assert found(200) == []
    assert found(404, "text/html") == []
    assert found(500) == ["validate[status]"]
    assert found(200, "text/html") == ["validate[content-type]"]
    assert found(200, has_body=False) == ["validate[required] body"]


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=40),
    st.dictionaries(st.sampled_from(["x-n", "cookie"]), st.lists(st.text(max_size=20), max_size=2)),
)
def test_no_request_is_too_odd_to_be_looked_at(path: str, headers: dict[str, list[str]]) -> None:
    declared = [
        parameter("id", "path", {"type": "integer"}),
        parameter("n", "query", {"type": "array", "items": {"type": "number"}}),
        parameter("x-n", "header", {"type": ["integer", "null"]}),
        parameter("c", "cookie", {"type": "boolean"}),
    ]
    validation = RequestValidation(of(parameters=declared), strict=True)
    for said in (path, f"/v1/thing/{path}", f"/v1/thing/7?{path}"):
        validation.of_head(said, headers)
