"""The OpenAPI document: valid, and true of what the API answers."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from tests.telco.network_health.conftest import CELL, Network, eventually, minutes, reason
from trunkline.telco.model import Source

BASE = "/network-health/v1"


@pytest.fixture
def document(url: str) -> Any:
    return httpx.get(f"{url}/openapi.json").json()


def test_the_document_is_valid_openapi_3_1(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_every_operation_is_described_and_has_an_id_of_its_own(document: Any) -> None:
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len({operation["operationId"] for operation in operations}) == len(operations) > 20
    for operation in operations:
        assert operation["summary"]
        assert operation["tags"]
        assert "400" in operation["responses"]
        for parameter in operation.get("parameters", []):
            assert parameter["description"], parameter["name"]


def test_every_example_fits_its_schema(document: Any) -> None:
    examples = 0
    for path in document["paths"].values():
        for operation in path.values():
            for response in operation["responses"].values():
                for media in response.get("content", {}).values():
                    if "example" in media:
                        check(document, media["schema"], media["example"])
                        examples += 1
    assert examples > 10


def check(document: Any, schema: Any, answer: Any) -> None:
    whole = {**schema, "components": document["components"]}
    errors = [error.message for error in Draft202012Validator(whole).iter_errors(answer)]
    assert errors == []


def schema_of(document: Any, path: str, method: str, status: int, media: str) -> Any:
    return document["paths"][BASE + path][method]["responses"][str(status)]["content"][media]["schema"]


@pytest.fixture
def filled(api: httpx.Client, network: Network) -> str:
    """One of everything; the id of the KPI value."""
    why = (reason(value=81.5, threshold=90.0, unit="%"), reason(kind="alarm", alarm="a", severity="major"))
    for scope, id in (("network", "network"), ("region", "R"), ("vendor", "V"), ("site", "S"), ("cell", CELL)):
        network.health(scope, id, 42.5, site="S", reasons=why, kpis={"Accessibility": None, "Retainability": 99.5})
    network.resource("ManagedElement=ANT_01", site="S", region="R")
    network.alarm("a", cleared_time=minutes(3), comments=(), repeats=3, paths={"netact": "1"}, children=("b",))
    id = network.kpi(source=Source(uri="ves://x"), pmA=1)
    eventually(lambda: api.get("/kpis", params={"dn": CELL}).json())
    return id


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/network", "/network"),
        ("/network/history", "/network/history"),
        *((f"/{plural}", f"/{plural}") for plural in ("regions", "vendors", "sites", "cells")),
        ("/regions/R", "/regions/{id}"),
        ("/vendors/V", "/vendors/{id}"),
        ("/sites/S", "/sites/{id}"),
        (f"/cells/{CELL}", "/cells/{id}"),
        ("/regions/R/history", "/regions/{id}/history"),
        ("/vendors/V/history", "/vendors/{id}/history"),
        ("/sites/S/history", "/sites/{id}/history"),
        (f"/cells/{CELL}/history", "/cells/{id}/history"),
        ("/overview", "/overview"),
        ("/alarms", "/alarms"),
        ("/alarms/a", "/alarms/{id}"),
        ("/kpis?site=S", "/kpis"),
        ("/kpis/ID", "/kpis/{id}"),
        ("/kpis/ID/explain", "/kpis/{id}/explain"),
    ],
)
def test_every_answer_is_as_the_document_says(
    api: httpx.Client, document: Any, filled: str, path: str, template: str
) -> None:
    answer = api.get(path.replace("ID", filled))
    assert answer.status_code == 200
    assert answer.json()
    check(document, schema_of(document, template, "get", 200, "application/json"), answer.json())


def test_every_refusal_is_as_the_document_says(api: httpx.Client, document: Any) -> None:
    for path, template in (("/sites?x=1", "/sites"), ("/sites/none", "/sites/{id}"), ("/kpis/0-9", "/kpis/{id}")):
        answer = api.get(path)
        schema = schema_of(document, template, "get", answer.status_code, "application/problem+json")
        check(document, schema, answer.json())


def test_a_task_answers_as_the_document_says(
    api: httpx.Client, document: Any, filled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trunkline.telco.network.api import alarms as api_alarms

    monkeypatch.setattr(api_alarms, "EFFECT_WITHIN", 0.05)
    for body, status in (({"user": "an"}, 202), ({"users": "an"}, 400)):
        answer = api.post("/alarms/a/acknowledge", json=body)
        assert answer.status_code == status
        media = answer.headers["content-type"]
        check(document, schema_of(document, "/alarms/{id}/acknowledge", "post", status, media), answer.json())
    done = api.post("/alarms/a/unacknowledge", json={"user": "an"})
    check(document, schema_of(document, "/alarms/{id}/unacknowledge", "post", 200, "application/json"), done.json())
