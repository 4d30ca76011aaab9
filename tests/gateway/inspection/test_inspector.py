"""All rules of an operation together: whatever comes is looked at or refused, and nothing makes the looking fail."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.gateway.inspection.description import Description, describe
from trunkline.gateway.inspection.inspector import Caller, Exchange, Inspector, Outcome
from trunkline.gateway.inspection.json_text import JsonBounds
from trunkline.gateway.inspection.masking import Hiding
from trunkline.gateway.inspection.rules import (
    JsonThreatsRule,
    Rules,
    TransformRule,
    ValidateRule,
    XmlThreatsRule,
    decoded,
    digest,
    encoded,
)
from trunkline.gateway.inspection.transformation import Remove
from trunkline.gateway.inspection.xml_text import XmlBounds

SECRET = "s3cret"
THING = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"x-classification": "personal"}}}
CONTENT = {"content": {"application/json": {"schema": THING}, "text/plain": {}}}
JSON = ["application/json", "application/JSON;charset=utf-8", "a/b+json"]
TYPES = st.sampled_from([*JSON, "application/xml", "text/plain", "text/html", ",", ""])
ENCODINGS = st.sampled_from([[], ["identity"], ["gzip"], ["", "br"]])
ODD = [b'{"a":1}', b'{"a":"x"}', b'{"a":1,"a":2}', b"<a/>", b"[[[]]]", b"{", b"1", b"null"]
BODIES = st.binary(max_size=12) | st.sampled_from(ODD)
ANSWERS = BODIES | st.just(json.dumps({"a": 1, "b": SECRET, "c": [{"b": 1}]}).encode())


def description() -> Description:
    said = {
        "requestBody": CONTENT,
        "responses": {"200": {"description": "it", **CONTENT}, "4XX": {"description": "no"}},
    }
    document = {"openapi": "3.1.0", "paths": {"/t": {"post": said}}}
    return describe(document, "/t", ("paths", "/t", "post"))


def rules(json: str, xml: bool, validate: str, transform: bool, mask: bool) -> Rules:
    return Rules(
        json_threats=JsonThreatsRule(most=JsonBounds(depth=2), also=("text/plain",), report=json == "report")
        if json != "skip"
        else None,
        xml_threats=XmlThreatsRule(most=XmlBounds()) if xml else None,
        validate=ValidateRule(request=validate, response=validate) if validate != "skip" else None,  # type: ignore[arg-type]
        transform=TransformRule(request=(Remove(at="/a"),), response=(Remove(at="/a"),)) if transform else None,
        mask=Hiding(classes=frozenset({"personal"}), otherwise="internal", scopes=frozenset({"all"})) if mask else None,
        description=description(),
    )


WAYS = st.sampled_from(["refuse", "report", "skip"])
RULES = st.builds(rules, WAYS, st.booleans(), WAYS, st.booleans(), st.booleans())


def asked(found: Rules, content_type: str, body: bytes, encodings: list[str]) -> tuple[Exchange, Outcome]:
    exchange = Exchange(Inspector(found))
    headers = {":method": ["POST"], ":path": ["/t"], "content-type": [content_type], "content-encoding": encodings}
    outcome = exchange.request_head(headers, Caller(), ended=False)
    return exchange, outcome if outcome.findings else exchange.request_body(body)


@given(RULES, TYPES, BODIES, ENCODINGS)
def test_no_request_is_too_odd_and_what_passes_was_read(
    found: Rules, content_type: str, body: bytes, encodings: list[str]
) -> None:
    _, outcome = asked(found, content_type, body, encodings)
    if outcome.findings or not body:
        return
    threats, refuses = found.json_threats, found.validate and found.validate.request == "refuse"
    if (threats and not threats.report) or refuses or found.transform:
        assert all(each in ("", "identity") for each in encodings)
    if threats and not threats.report and content_type != "text/plain" and not found.xml_threats:
        json.loads(body)
    if refuses and content_type != "text/plain":
        assert json.loads(body) == {} or isinstance(json.loads(body)["a"], int)
    if found.transform:
        assert json.loads(outcome.body or b"") != {"a": 1}


@given(RULES, TYPES, ANSWERS, ENCODINGS, st.sampled_from([200, 204, 302, 404, 500]))
def test_no_response_is_too_odd_and_nothing_hidden_is_told(
    found: Rules, content_type: str, body: bytes, encodings: list[str], status: int
) -> None:
    exchange = Exchange(Inspector(found))
    exchange.request_head({":method": ["POST"], ":path": ["/t"]}, Caller(), ended=True)
    headers = {":status": [str(status)], "content-type": [content_type], "content-encoding": encodings}
    outcome = exchange.response_head(headers, ended=False)
    outcome = outcome if outcome.findings else exchange.response_body(body)
    told = body if outcome.body is None else outcome.body
    if found.mask and not outcome.findings:
        assert SECRET.encode() not in told
        json.loads(told or b"null")


@given(RULES)
def test_rules_are_the_same_after_they_were_written_down(found: Rules) -> None:
    assert decoded(encoded(found)) == found
    assert digest(encoded(found)) == digest(encoded(decoded(encoded(found))))


def test_who_may_see_everything_gets_what_the_upstream_said() -> None:
    for caller, told in ((Caller(), b'{"a":1}'), (Caller(frozenset({"all"})), None)):
        exchange = Exchange(Inspector(rules("skip", False, "skip", False, True)))
        exchange.request_head({":method": ["GET"], ":path": ["/t"]}, caller, ended=True)
        head = exchange.response_head({":status": ["200"], "content-type": ["application/json"]}, ended=False)
        assert ("etag" in head.remove) is (told is not None)
        assert exchange.response_body(b'{"a":1,"b":2}').body == told


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 304)])
def test_a_response_that_can_have_no_body_is_not_asked_for_one(method: str, status: int) -> None:
    said: Any = {"openapi": "3.1.0", "paths": {"/t": {"get": {"responses": {"200": CONTENT, "304": CONTENT}}}}}
    found = Rules(
        validate=ValidateRule(request="skip", response="refuse"),
        description=describe(said, "/t", ("paths", "/t", "get")),
    )
    exchange = Exchange(Inspector(found))
    exchange.request_head({":method": [method], ":path": ["/t"]}, Caller(), ended=True)
    assert exchange.response_head({":status": [str(status)]}, ended=True).findings == []
