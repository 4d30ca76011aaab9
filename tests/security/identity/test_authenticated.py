"""An application behind the verifier."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from urllib.parse import unquote

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from tests.security.identity.world import ISSUER, ProofKey, World
from trunkline.security.identity.authenticated import Authenticated

OPEN = ("/healthz", "/oauth2")


async def who(request: Request) -> JSONResponse:
    caller = getattr(request.state, "caller", None)
    return JSONResponse({"who": caller.subject if caller else None, "roles": sorted(caller.roles) if caller else []})


@pytest.fixture
def http(world: World) -> TestClient:
    inner = Starlette(routes=[Route("/{path:path}", who, methods=["GET", "POST", "OPTIONS"])])
    return TestClient(Authenticated(inner, world.verifier, OPEN), base_url=ISSUER)


def test_who_has_a_good_token_is_known_to_the_application(world: World, http: TestClient) -> None:
    token = world.tokens(world.client())["access_token"]
    assert http.get("/alarms", headers={"authorization": f"Bearer {token}"}).json() == {
        "who": world.noc, "roles": ["noc"],
    }  # fmt: skip


def test_who_has_none_is_told_what_to_do(http: TestClient) -> None:
    answer = http.get("/alarms")
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert "Authorization" in answer.json()["detail"]
    assert answer.headers["www-authenticate"].startswith('Bearer realm="trunkline", DPoP algs="ES256')


def test_why_a_token_is_not_good_is_said(http: TestClient) -> None:
    answer = http.post("/alarms", headers={"authorization": "Bearer a.b.c"})
    assert (answer.status_code, 'error="invalid_token"' in answer.headers["www-authenticate"]) == (401, True)


@pytest.mark.parametrize("path", ["/healthz", "/oauth2/token", "/oauth2"])
def test_open_paths_are_open(http: TestClient, path: str) -> None:
    assert http.get(path).json()["who"] is None


@pytest.mark.parametrize(
    "path",
    ["/", "/healthzz", "/oauth2x", "/oauth2/../alarms", "/oauth2/%2e%2e/alarms", "/oauth2//alarms", "//oauth2",
     "/oauth2/..%2falarms", "/oauth2%5c..%5calarms", "/oauth2/.", "/OAUTH2/token", "/alarms/oauth2"],
)  # fmt: skip
def test_no_trick_with_a_path_opens_another(world: World, path: str) -> None:
    async def ask() -> int:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        scope = {
            "type": "http", "method": "GET", "scheme": "http", "path": unquote(path), "raw_path": path.encode(),
            "query_string": b"", "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1), "state": {},
        }  # fmt: skip
        inner = Starlette(routes=[Route("/{path:path}", who)])
        await Authenticated(inner, world.verifier, OPEN)(scope, receive, send)
        return int(sent[0]["status"])

    assert asyncio.run(ask()) == 401


def test_two_tokens_are_one_too_many(world: World, http: TestClient) -> None:
    token = world.tokens(world.client())["access_token"]
    twice = [("authorization", f"Bearer {token}"), ("authorization", "Bearer x")]
    assert http.get("/alarms", headers=twice).status_code == 401


def test_a_preflight_is_no_way_around(http: TestClient) -> None:
    assert http.options("/alarms", headers={"origin": "https://evil.example"}).status_code == 401


def test_a_caller_cannot_be_claimed_by_a_header(http: TestClient) -> None:
    assert http.get("/alarms", headers={"x-caller": "admin", "caller": "admin"}).status_code == 401


def test_a_bound_token_needs_its_proof_and_the_proof_its_address(world: World, http: TestClient) -> None:
    key = ProofKey()
    nonce = world.identity.nonces.current(time.time())
    asked = {**world.service(), "grant_type": "client_credentials"}
    proof = key.proof("POST", f"{ISSUER}/oauth2/token", nonce=nonce)
    token = world.token(asked, dpop=proof).json()["access_token"]
    its = {"authorization": f"DPoP {token}"}
    good = key.proof("GET", f"{ISSUER}/alarms/a%20b", token)
    assert http.get("/alarms/a%20b?x=1", headers=its | {"dpop": good}).json()["who"] == "service"
    for headers in (its | {"dpop": good}, its, {"authorization": f"Bearer {token}"}):
        assert http.get("/alarms/a%20b", headers=headers).status_code == 401
    behind = Authenticated(
        Starlette(routes=[Route("/{path:path}", who)]), world.verifier, root="https://api.belgicom.example/"
    )
    outside = key.proof("GET", "https://api.belgicom.example/alarms", token)
    assert TestClient(behind, base_url=ISSUER).get("/alarms", headers=its | {"dpop": outside}).status_code == 200


def test_a_leaver_is_refused_with_the_next_request(world: World, http: TestClient) -> None:
    its = {"authorization": f"Bearer {world.tokens(world.client())['access_token']}"}
    assert http.get("/alarms", headers=its).status_code == 200
    with world.identity.unit() as unit:
        noc = unit.people.get(world.noc)
        assert noc is not None
        unit.people.replace(noc.id, noc.user_name, noc.document, active=False)
    assert http.get("/alarms", headers=its).status_code == 401


def test_websockets_are_not_served(http: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), http.websocket_connect("/alarms"):
        pass
