"""What a caller may not see is not told, wherever the schema says it: in lists, in alternatives, or nowhere."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.gateway.inspection.description import describe
from trunkline.gateway.inspection.masking import Hiding, Masking

SECRET = "s3cret"
PERSONAL = {"type": "string", "x-classification": "personal"}
INTERNAL = {"type": "string", "x-classification": "internal"}


def masked(
    body: Any,
    schema: Any,
    status: int = 200,
    schemas: Any = None,
    media: str = "application/json",
    others: Any = None,
    **hiding: Any,
) -> Any:
    content = {"application/json": {"schema": schema}}
    responses = {"200": {"description": "d", "content": content}, **(others or {})}
    document = {
        "openapi": "3.1.0",
        "paths": {"/a": {"get": {"responses": responses}}},
        "components": {"schemas": schemas or {}},
    }
    description = describe(document, "/v1/a", ("paths", "/a", "get"))
    said = {"classes": frozenset({"personal", "sensitive"}), "otherwise": "internal", **hiding}
    return Masking(Hiding(**said), description).apply(status, media, body)


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("schema", "body", "told"),
    [
        (of(name=PERSONAL, kind=INTERNAL), {"name": SECRET, "kind": "k"}, {"kind": "k"}),
        (of(who=of(name=PERSONAL)), {"who": {"name": SECRET, "n": 1}}, {"who": {"n": 1}}),
        (of(who={**of(), "x-classification": "personal"}), {"who": {"name": SECRET}}, {}),
        ({"type": "array", "items": of(name=PERSONAL)}, [{"name": SECRET}, {"n": 1}], [{}, {"n": 1}]),
        (of(names={"type": "array", "items": PERSONAL}), {"names": [SECRET]}, {"names": []}),
        (of(a={"additionalProperties": PERSONAL}), {"a": {"x": SECRET}}, {"a": {}}),
        (of(a={"patternProperties": {"^x": PERSONAL}}), {"a": {"x": SECRET}}, {"a": {}}),
        ({"allOf": [of(name=INTERNAL), of(name=PERSONAL)]}, {"name": SECRET}, {}),
        ({"oneOf": [of(name=PERSONAL), of(kind=INTERNAL)]}, {"name": SECRET, "kind": "k"}, {"kind": "k"}),
        ({"if": of(a=INTERNAL), "then": of(name=PERSONAL)}, {"name": SECRET}, {}),
        (of(name={"anyOf": [PERSONAL, {"type": "null"}]}), {"name": SECRET}, {}),
        (of(id=PERSONAL), {"id": "7", "@type": "Thing"}, {"id": "7", "@type": "Thing"}),
        (of(who=of(id=PERSONAL)), {"who": {"id": SECRET}}, {"who": {}}),
    ],
)
def test_what_is_classified_is_taken_out(schema: Any, body: Any, told: Any) -> None:
    assert masked(body, schema) == told


def test_what_says_nothing_is_of_the_class_of_what_holds_it() -> None:
    schema = of(kind=INTERNAL, who={**of(name={"type": "string"}), "x-classification": "internal"})
    body = {"kind": "k", "who": {"name": "n"}, "new": SECRET}
    assert masked(body, schema, otherwise="personal") == {"kind": "k", "who": {"name": "n"}}


def test_a_list_of_bare_values_is_of_the_operations_class() -> None:
    assert masked([SECRET], {"type": "array"}, otherwise="personal") == []
    assert masked(SECRET, {"type": "string"}, otherwise="personal") is None


def test_the_ends_of_texts_are_told_where_the_policy_says_so() -> None:
    told = masked({"name": "32470123456", "age": 44}, of(name=PERSONAL, age=PERSONAL), ends=frozenset({"personal"}))
    assert told == {"name": "32470***456"}


def test_of_a_refusal_that_is_not_described_the_error_is_told() -> None:
    error = {"code": "notFound", "reason": "no such thing", "status": "404", "debug": SECRET}
    assert masked(error, of(), 404) == {"code": "notFound", "reason": "no such thing", "status": "404"}
    assert masked([SECRET], of(), 500) is None


@pytest.mark.parametrize(
    ("status", "media"), [(206, "application/json"), (200, "application/hal+json"), (302, "a/b+json")]
)
def test_a_response_that_is_not_described_is_masked_by_what_is(status: int, media: str) -> None:
    error = {"default": {"description": "d", "content": {"application/json": {"schema": of(code=INTERNAL)}}}}
    for others in ({}, error):
        told = masked({"name": SECRET, "kind": "k"}, of(name=PERSONAL), status, media=media, others=others)
        assert told == {"kind": "k"}


def test_a_refusal_is_masked_by_all_that_is_said() -> None:
    error = {"4XX": {"description": "d", "content": {"application/json": {"schema": of(code=INTERNAL)}}}}
    assert masked({"name": SECRET, "code": "c"}, of(name=PERSONAL), 404, others=error) == {"code": "c"}


def test_a_schema_that_leads_to_itself_is_followed_as_deep_as_the_body() -> None:
    ref = {"$ref": "#/components/schemas/Node"}
    body: dict[str, Any] = {"name": SECRET}
    for _ in range(50):
        body = {"next": [body], "name": SECRET}
    node = of(name=PERSONAL, next={"type": "array", "items": ref})
    assert SECRET not in json.dumps(masked(body, ref, schemas={"Node": node}))


@given(st.data())
def test_no_schema_lets_a_hidden_value_through(data: st.DataObject) -> None:
    """A body and its schema are drawn together, and secrets put where the schema says that they are."""

    def drawn(depth: int) -> tuple[Any, Any]:
        kind = data.draw(
            st.sampled_from(["secret", "open", "list", "object", "object"] if depth else ["secret", "open"])
        )
        if kind == "secret":
            return dict(PERSONAL), SECRET
        if kind == "open":
            return dict(INTERNAL), "o"
        if kind == "list":
            schema, value = drawn(depth - 1)
            return {"type": "array", "items": schema}, [value, value]
        parts = {name: drawn(depth - 1) for name in data.draw(st.sets(st.sampled_from("abc"), max_size=3))}
        schema = of(**{name: part for name, (part, _) in parts.items()})
        wrapped = data.draw(st.sampled_from(["plain", "allOf", "oneOf"]))
        return (schema if wrapped == "plain" else {wrapped: [schema, {}]}), {name: v for name, (_, v) in parts.items()}

    schema, value = drawn(3)
    told = masked({"top": value}, of(top=schema))
    assert SECRET not in json.dumps(told)
    assert json.dumps(told).count('"o"') == json.dumps(value).count('"o"')
