"""How clients authenticate, and act for themselves."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from tests.security.identity.world import ISSUER, World, claims, compact

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def basic(id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{id}:{secret}".encode()).decode()


def signed(key: Any, algorithm: str = "ES256", **changed: Any) -> dict[str, str]:
    said = {
        "iss": "signer", "sub": "signer", "aud": ISSUER, "exp": int(time.time()) + 60, "jti": str(time.time_ns()),
        **changed,
    }  # fmt: skip
    assertion = jwt.encode({"alg": algorithm}, said, key, [algorithm])
    return {"grant_type": "client_credentials", "client_assertion_type": ASSERTION, "client_assertion": assertion}


@pytest.fixture
def key(world: World) -> ECKey:
    made = ECKey.generate_key("P-256", private=True)
    world.client(
        "signer", secret=None, redirect_uris=[], grant_types=["client_credentials"], scope="network.read",
        token_endpoint_auth_method="private_key_jwt", jwks={"keys": [made.as_dict(private=False)]},
    )  # fmt: skip
    return made


def test_a_service_acts_for_itself(world: World) -> None:
    told = world.token({**world.service(), "grant_type": "client_credentials"}).json()
    said = claims(told["access_token"])
    assert (said["sub"], said["scope"], "roles" in said, "refresh_token" in told) == (
        "service", "network.read", False, False,
    )  # fmt: skip
    caller = world.verifier.verify(f"Bearer {told['access_token']}", "GET", ISSUER)
    assert (caller.subject, caller.scopes) == ("service", frozenset({"network.read"}))


def test_it_gets_no_scope_that_it_is_not_registered_for(world: World) -> None:
    asked = {**world.service(), "grant_type": "client_credentials", "scope": "network.read identity.people"}
    assert world.token(asked).json()["error"] == "invalid_scope"


@pytest.mark.parametrize("secret", ["wrong", "", "s3cret-of-the-app "])
def test_a_wrong_secret_is_refused(world: World, secret: str) -> None:
    world.service()
    answer = world.token({"client_id": "service", "client_secret": secret, "grant_type": "client_credentials"})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_client_authenticates_in_its_own_way_alone(world: World) -> None:
    world.service()
    asked = {"grant_type": "client_credentials"}
    by_basic = world.token(asked, authorization=basic("service", "s3cret-of-the-app"))
    assert by_basic.json()["error"] == "invalid_client"
    world.client(
        "b", redirect_uris=[], grant_types=["client_credentials"], token_endpoint_auth_method="client_secret_basic"
    )
    assert world.token(asked, authorization=basic("b", "s3cret-of-the-app")).status_code == 200
    assert world.token(asked | {"client_id": "b", "client_secret": "s3cret-of-the-app"}).status_code == 401


def test_a_client_with_a_secret_is_not_let_in_without(world: World) -> None:
    client = world.client()
    refresh = world.tokens(client)["refresh_token"]
    assert world.refresh({"client_id": "app"}, refresh).json()["error"] == "invalid_client"


def test_a_client_may_sign_who_it_is(world: World, key: ECKey) -> None:
    assert world.token(signed(key)).status_code == 200
    assert world.token(signed(key, aud=f"{ISSUER}/oauth2/token")).status_code == 200


def test_an_assertion_is_good_once(world: World, key: ECKey) -> None:
    asked = signed(key)
    assert world.token(asked).status_code == 200
    assert world.token(asked).json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "https://other.example"},
        {"exp": 1},
        {"exp": 99_999_999_999},
        {"exp": "soon"},
        {"iss": "other"},
        {"sub": "nobody", "iss": "nobody"},
        {"sub": ["signer"]},
    ],
)
def test_an_assertion_that_does_not_fit_is_refused(world: World, key: ECKey, changed: dict[str, Any]) -> None:
    answer = world.token(signed(key, **changed))
    assert (answer.status_code, "access_token" in answer.json()) == (400, False)


def test_an_assertion_of_another_key_is_refused(world: World, key: ECKey) -> None:
    assert world.token(signed(ECKey.generate_key("P-256", private=True))).json()["error"] == "invalid_client"
    assert world.token(signed(RSAKey.generate_key(2048), "RS256")).json()["error"] == "invalid_client"


def test_the_public_key_is_no_shared_secret(world: World, key: ECKey) -> None:
    said = claims(signed(key)["client_assertion"])
    public = key.as_pem(private=False)
    for header, secret in (({"alg": "HS256"}, public), ({"alg": "none"}, None)):
        asked = signed(key) | {"client_assertion": compact(header, said, secret)}
        assert world.token(asked).json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"grant_type": "password", "username": "noc@acme.example", "password": "x"}, "unsupported_grant_type"),
        ({"grant_type": 'x"y'}, "invalid_request"),
        ({}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "x"}, "unauthorized_client"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "unauthorized_client"),
        ({"grant_type": "client_credentials", "scope": "a\x00b"}, ""),
    ],
)
def test_what_is_not_offered_is_refused(world: World, asked: dict[str, str], error: str) -> None:
    answer = world.token(world.service() | asked)
    assert (answer.status_code, answer.json().get("error", "")) == (400, error)


@pytest.mark.parametrize("header", ["Basic", "Basic ????", "Basic /w==", "Basic OjpA", "Bearer x", "\xff"])
def test_a_header_that_cannot_be_read_is_refused(world: World, header: str) -> None:
    answer = world.http.post(
        "/oauth2/token", data={"grant_type": "client_credentials"}, headers={"authorization": header.encode("latin-1")}
    )
    assert answer.status_code in (400, 401)


def test_bodies_are_bounded(world: World) -> None:
    assert world.token({"grant_type": "x" * 70_000}).status_code == 413
    assert world.token({f"f{n}": "1" for n in range(200)}).status_code == 400
    as_json = world.http.post("/oauth2/token", json={"grant_type": "client_credentials"})
    assert as_json.status_code == 415
