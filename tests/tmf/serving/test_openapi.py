"""The OpenAPI document of each version."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import validate

from tests.tmf.serving.lamps import V4_PATH, V5_PATH, Client


@pytest.fixture(params=["v4", "v5"])
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    client: Client = request.getfixturevalue(request.param)
    answer = client.get("/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_it_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    validate(document)


def test_it_has_the_operations_that_are_offered_and_no_others(v4: Client, v5: Client) -> None:
    of_v4, of_v5 = (client.get("/openapi.json").json() for client in (v4, v5))
    offered = {
        path: {method for method in operations if method != "parameters"} for path, operations in of_v5["paths"].items()
    }
    assert offered == {
        "/lamp": {"get", "post"},
        "/lamp/{id}": {"get", "patch", "delete"},
        "/lamp/{lampId}/bulb": {"get", "post"},
        "/lamp/{lampId}/bulb/{id}": {"get", "patch", "delete"},
        "/lightLamp": {"get", "post"},
        "/lightLamp/{id}": {"get"},
    }
    assert "/lightLamps" in of_v4["paths"]
    assert of_v5["servers"] == [{"url": V5_PATH}]
    assert of_v4["servers"] == [{"url": V4_PATH}]


def test_it_is_in_the_words_of_the_version(v4: Client, v5: Client) -> None:
    of_v4, of_v5 = (client.get("/openapi.json").json() for client in (v4, v5))
    assert "litLast" in of_v4["components"]["schemas"]["Lamp"]["properties"]
    assert "smart" not in of_v4["components"]["schemas"]["Lamp"]["properties"]
    assert "lastLit" in of_v5["components"]["schemas"]["Lamp"]["properties"]
    parameters = {document: str(of["paths"]["/lamp"]["get"]["parameters"]) for document, of in ((4, of_v4), (5, of_v5))}
    assert "`relatedParty.id`" in parameters[4]
    assert "`relatedParty.partyOrPartyRole.id`" in parameters[5]
    assert "'after'" in parameters[5]
    assert "'after'" not in parameters[4]


def test_its_examples_are_the_operators_and_of_their_schemas(document: dict[str, Any]) -> None:
    body = document["paths"]["/lamp"]["post"]["requestBody"]["content"]["application/json"]
    assert body["example"]["name"] == "Hall"
    jsonschema.Draft202012Validator({**body["schema"], "components": document["components"]}).validate(body["example"])


def test_what_is_required_of_a_new_document_is_said(document: dict[str, Any]) -> None:
    body = document["paths"]["/lamp"]["post"]["requestBody"]["content"]["application/json"]
    whole = jsonschema.Draft202012Validator({**body["schema"], "components": document["components"]})
    assert not whole.is_valid({"@type": "Lamp"})


def test_the_platforms_own_document_says_where_it_is(v5: Client) -> None:
    platform = v5.get("http://localhost/openapi.json").json()
    assert f"{V5_PATH}/openapi.json" in platform["info"]["description"]
    assert not any(path.startswith("/tmf-api") for path in platform["paths"])
