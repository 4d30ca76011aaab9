"""The gateway's own API: what `trunkline why` and `trunkline gateway status` say, for those who may ask, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from starlette.testclient import TestClient

from tests.gateway.running import Running, gateway, openapi
from tests.gateway.upstream import serving
from tests.security.access.house import BELGICOM, ISSUER, Calling, caller
from trunkline import contracts
from trunkline.gateway.api import gateway_api
from trunkline.gateway.places import Places
from trunkline.http import create_app
from trunkline.log import open_log
from trunkline.security.access.log import DecisionLog
from trunkline.security.access.opening import open_access
from trunkline.security.access.requests import DecidedRequests
from trunkline.security.audit import Recorder


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving() as upstream:
        files = {
            "gateway.yaml": {
                "upstreams": {"things": {"addresses": [f"127.0.0.1:{upstream.port}"]}},
                "policies": [{"kind": "api-key"}, {"kind": "ip", "deny": ["127.0.0.0/8"], "shadow": True}],
            },
            "things/openapi.yaml": openapi("/things/v1", {"list": "GET /thing"}),
            "things/policies.yaml": {"upstream": "things"},
        }
        with gateway(tmp_path_factory.mktemp("gw"), files) as running:
            yield running


@pytest.fixture(scope="module")
def refused(running: Running) -> str:
    """The id of a request that was refused, and that the access log has."""
    answer = running.call("/things/v1/thing")
    running.why(answer)
    return answer.headers["x-request-id"]


@pytest.fixture(scope="module")
def api(running: Running) -> TestClient:
    return TestClient(create_app([gateway_api(running.places)]), base_url="http://localhost")


def test_a_refusal_is_told_with_the_rule_that_decided(api: TestClient, refused: str) -> None:
    told = api.get(f"/gateway/v1/decisions/{refused}").json()
    assert (told["id"], told["status"], told["refused"], told["route"]) == (refused, 401, True, "things.list")
    assert (told["rule"]["kind"], told["rule"]["file"], told["rule"]["level"]) == (
        "api-key",
        "apis/gateway.yaml",
        "all",
    )
    assert told["because"].startswith("the request has no key")
    assert [rule["kind"] for rule in told["shadows"]] == ["ip"]


@pytest.mark.parametrize("id", ["00000000-0000-0000-0000-000000000000", "..%2f..%2fetc", "x"])
def test_what_never_was_is_not_found(api: TestClient, id: str) -> None:
    answer = api.get(f"/gateway/v1/decisions/{id}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_the_status_names_the_plan_and_what_envoy_has_taken(api: TestClient, running: Running) -> None:
    told = api.get("/gateway/v1/status").json()
    assert (told["revision"], told["problems"], told["runs"]) == (running.revision(), [], True)
    files = {file["file"]: file for file in told["files"]}
    assert files["routes"]["taken"] >= 1
    assert files["revoked tokens"]["rejected"] == 0


def test_the_status_of_a_gateway_that_does_not_run_says_so(running: Running, tmp_path: Path) -> None:
    places = Places(tmp_path, tmp_path)
    places.make()
    here = TestClient(create_app([gateway_api(places)]), base_url="http://localhost")
    assert here.get("/gateway/v1/status").status_code == 404
    places.status.write_bytes(running.places.status.read_bytes())
    assert here.get("/gateway/v1/status").json()["runs"] is False


def test_what_it_answers_is_as_its_openapi_says(api: TestClient, refused: str) -> None:
    document: dict[str, Any] = api.get("/openapi.json").json()
    validate(document)
    for path, asked in (("/gateway/v1/decisions/{id}", refused), ("/gateway/v1/status", "")):
        content = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
        schema = {**content["schema"], "components": document["components"]}
        answers = [api.get(path.format(id=asked)).json(), *([content["example"]] if "example" in content else [])]
        assert [error for one in answers for error in Draft202012Validator(schema).iter_errors(one)] == []


def test_who_may_ask_is_told_and_who_may_not_is_refused(running: Running, refused: str, tmp_path: Path) -> None:
    """By BelgiCom's rules."""
    own = contracts.load(BELGICOM / "contracts")
    decisions, kinds = open_access(BELGICOM, own)
    path = f"/gateway/v1/decisions/{refused}"
    with (
        closing(open_log(f"sqlite://{tmp_path}/log.db", own.validators())) as log,
        closing(Recorder(log)) as recorder,
        closing(DecisionLog(recorder)) as decided,
    ):
        contracts.accept(log, own)
        app = create_app([gateway_api(running.places)])
        app.add_middleware(DecidedRequests, decisions=decisions, kinds=kinds, log=decided, issuer=ISSUER)
        calling = Calling(app)
        asking = TestClient(calling, base_url="http://localhost")
        for role, purpose, status in (
            ("noc-engineer", "operations", 200),
            ("integration-architect", "integration", 200),
            ("noc-engineer", "none", 403),
            ("billing-steward", "billing", 403),
        ):
            calling.caller = caller(role)
            answer = asking.get(path, headers={"x-purpose": purpose})
            assert answer.status_code == status, role
            if status == 200:
                assert answer.json()["request"] == "GET /things/v1/thing"
                assert asking.get("/gateway/v1/status", headers={"x-purpose": purpose}).status_code == 200
