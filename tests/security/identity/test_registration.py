"""Clients that register themselves."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey

from tests.security.identity.world import BACK, World

NEW = {"client_name": "Portal", "redirect_uris": [BACK], "scope": "openid network.read"}


@pytest.fixture
def token(world: World) -> str:
    return world.admin_token("identity.clients network.read")


def register(world: World, token: str, body: Any) -> httpx.Response:
    answer: httpx.Response = world.http.post(
        "/oauth2/register", json=body, headers={"authorization": f"Bearer {token}"}
    )
    return answer


def test_a_client_registers_and_works(world: World, token: str) -> None:
    answer = register(world, token, NEW | {"grant_types": ["authorization_code", "refresh_token"]})
    told = answer.json()
    assert (answer.status_code, told["client_name"], told["client_secret_expires_at"]) == (201, "Portal", 0)
    client = {"client_id": told["client_id"], "client_secret": told["client_secret"]}
    assert told["token_endpoint_auth_method"] == "client_secret_basic"
    changed = NEW | {"client_id": told["client_id"], "token_endpoint_auth_method": "client_secret_post"}
    its = {"authorization": f"Bearer {told['registration_access_token']}"}
    url = told["registration_client_uri"]
    assert world.http.put(url, json=changed, headers=its).status_code == 200
    assert "access_token" in world.tokens(client)


def test_it_reads_replaces_and_removes_its_registration(world: World, token: str) -> None:
    told = register(world, token, NEW).json()
    url, its = told["registration_client_uri"], {"authorization": f"Bearer {told['registration_access_token']}"}
    read = world.http.get(url, headers=its).json()
    assert (read["client_name"], "client_secret" in read) == ("Portal", False)
    replaced = world.http.put(url, json=NEW | {"client_id": told["client_id"], "client_name": "New"}, headers=its)
    assert replaced.json()["client_name"] == "New"
    assert world.http.delete(url, headers=its).status_code == 204
    assert world.http.get(url, headers=its).status_code == 401


def test_nobody_registers_without_being_let(world: World) -> None:
    assert world.http.post("/oauth2/register", json=NEW).status_code == 401
    noc = world.tokens(world.client())["access_token"]
    answer = register(world, noc, NEW)
    assert (answer.status_code, "identity.clients" in answer.text) == (403, True)


def test_nobody_gives_a_scope_that_they_have_not(world: World, token: str) -> None:
    for scope in ("network.write", "identity.people", "identity.introspect"):
        answer = register(world, token, NEW | {"scope": f"network.read {scope}"})
        assert (answer.status_code, scope in answer.json()["error_description"]) == (400, True)


def test_what_is_no_metadata_is_not_taken(world: World, token: str) -> None:
    more = {
        "client_id": "trunkline", "client_secret": "mine", "roles": ["administrator"], "created": 0,
        "registration_access_token": "mine", "trusted": True, "jwks_uri": "http://169.254.169.254/",
    }  # fmt: skip
    told = register(world, token, NEW | more).json()
    assert told["client_id"] != "trunkline"
    assert "mine" not in (told["client_secret"], told["registration_access_token"])
    assert not {"roles", "trusted", "jwks_uri"} & set(told)
    its = {"authorization": f"Bearer {told['registration_access_token']}"}
    for name in ("registration_access_token", "client_id_issued_at", "client_secret_expires_at"):
        body = NEW | {"client_id": told["client_id"], name: told.get(name)}
        assert world.http.put(told["registration_client_uri"], json=body, headers=its).status_code == 400
    wider = NEW | {"client_id": told["client_id"], "scope": "openid network.read network.write"}
    assert world.http.put(told["registration_client_uri"], json=wider, headers=its).status_code == 400
    secret = NEW | {"client_id": told["client_id"], "client_secret": "mine"}
    assert world.http.put(told["registration_client_uri"], json=secret, headers=its).status_code == 400


def test_one_client_does_not_touch_another(world: World, token: str) -> None:
    mine, other = register(world, token, NEW).json(), register(world, token, NEW).json()
    its = {"authorization": f"Bearer {mine['registration_access_token']}"}
    for url in (other["registration_client_uri"], "/oauth2/register/trunkline", "/oauth2/register/%00"):
        assert world.http.get(url, headers=its).status_code == 401
        assert world.http.delete(url, headers=its).status_code == 401


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uris": ["http://app.example/back"]},
        {"redirect_uris": ["javascript:alert(1)"]},
        {"redirect_uris": ["https://app.example/back#part"]},
        {"redirect_uris": ["https://user@app.example/"]},
        {"redirect_uris": ["https://app.example/ back"]},
        {"redirect_uris": ["https:///back"]},
        {"redirect_uris": ["custom:/back"]},
        {"redirect_uris": []},
        {"redirect_uris": "https://app.example/back"},
        {"redirect_uris": [BACK] * 50},
        {"grant_types": ["password"]},
        {"grant_types": []},
        {"response_types": ["token"]},
        {"token_endpoint_auth_method": "client_secret_jwt"},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"token_endpoint_auth_method": "none", "grant_types": ["client_credentials"]},
        {"jwks": {"keys": []}},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [{"kty": "RSA"}]}},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [5]}},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": {}},
        {
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": {"keys": [ECKey.generate_key("P-256", private=True).as_dict(private=True)]},
        },
        {"client_name": "x" * 1_000},
        {"client_name": "a\nb"},
        {"scope": 'network.read"'},
    ],
)
def test_metadata_that_would_be_unsafe_is_refused(world: World, token: str, changed: dict[str, Any]) -> None:
    answer = register(world, token, NEW | changed)
    assert (answer.status_code, answer.json()["error"].startswith("invalid_")) == (400, True)


@pytest.mark.parametrize("body", [[], "x", 5])
def test_a_body_that_is_no_object_is_refused(world: World, token: str, body: Any) -> None:
    assert register(world, token, body).status_code == 400


def test_a_deep_body_is_refused(world: World, token: str) -> None:
    deep = '{"jwks":' * 5_000 + "1" + "}" * 5_000
    answer = world.http.post(
        "/oauth2/register", content=deep,
        headers={"authorization": f"Bearer {token}", "content-type": "application/json"},
    )  # fmt: skip
    assert answer.status_code == 400


def test_apps_on_a_phone_may_have_a_scheme_of_their_own(world: World, token: str) -> None:
    native = NEW | {"redirect_uris": ["com.example.app:/back"], "token_endpoint_auth_method": "none"}
    told = register(world, token, native).json()
    assert (told["redirect_uris"], "client_secret" in told) == (["com.example.app:/back"], False)
