"""Tokens that are bound to a key, at the provider and at an API."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.security.identity.world import ISSUER, ProofKey, World, claims, compact, redeem
from trunkline.security.identity.caller import Refused

TOKEN = f"{ISSUER}/oauth2/token"
API = "https://api.example/alarms"


@pytest.fixture
def key() -> ProofKey:
    return ProofKey()


def bound(world: World, key: ProofKey) -> str:
    """An access token that is bound to a key."""
    nonce = world.identity.nonces.current(world.clock())
    asked = {**world.service(), "grant_type": "client_credentials"}
    told = world.token(asked, dpop=key.proof("POST", TOKEN, nonce=nonce)).json()
    assert told["token_type"] == "DPoP"
    return str(told["access_token"])


def test_a_proof_needs_the_providers_nonce(world: World, key: ProofKey) -> None:
    asked = {**world.service(), "grant_type": "client_credentials"}
    refused = world.token(asked, dpop=key.proof("POST", TOKEN))
    assert (refused.status_code, refused.json()["error"]) == (400, "use_dpop_nonce")
    told = world.token(asked, dpop=key.proof("POST", TOKEN, nonce=refused.headers["dpop-nonce"])).json()
    assert claims(told["access_token"])["cnf"] == {"jkt": key.key.thumbprint()}


def test_a_nonce_lapses(world: World, key: ProofKey) -> None:
    nonce = world.identity.nonces.current(world.clock() - 1_000)
    asked = {**world.service(), "grant_type": "client_credentials"}
    assert world.token(asked, dpop=key.proof("POST", TOKEN, nonce=nonce)).json()["error"] == "use_dpop_nonce"


def test_a_proof_is_good_once(world: World, key: ProofKey) -> None:
    proof = key.proof("POST", TOKEN, nonce=world.identity.nonces.current(world.clock()))
    asked = {**world.service(), "grant_type": "client_credentials"}
    assert world.token(asked, dpop=proof).status_code == 200
    assert world.token(asked, dpop=proof).json()["error"] == "invalid_dpop_proof"


@pytest.mark.parametrize(
    "changed",
    [
        {"htm": "GET"},
        {"htu": "https://evil.example/oauth2/token"},
        {"htu": 5},
        {"htu": "http://localhost:99999/oauth2/token"},
        {"iat": 1},
        {"iat": True},
        {"iat": float(2**62)},
        {"jti": ""},
        {"jti": "x" * 500},
        {"nonce": "other"},
    ],
)
def test_a_proof_that_does_not_fit_is_refused(world: World, key: ProofKey, changed: dict[str, Any]) -> None:
    said = {"nonce": world.identity.nonces.current(world.clock()), **changed}
    method, url = said.pop("htm", "POST"), said.pop("htu", TOKEN)
    answer = world.token({**world.service(), "grant_type": "client_credentials"}, dpop=key.proof(method, url, **said))
    assert (answer.status_code, answer.json()["error"]) in (
        (400, "invalid_dpop_proof"), (400, "use_dpop_nonce" if "nonce" in changed else ""),
    )  # fmt: skip


@pytest.mark.parametrize("header", [{"alg": "HS256"}, {"alg": "none"}, {"alg": "ES256", "typ": "JWT"}])
def test_a_proof_is_signed_by_the_key_in_it(world: World, key: ProofKey, header: dict[str, Any]) -> None:
    nonce = world.identity.nonces.current(world.clock())
    said = {"jti": "1", "htm": "POST", "htu": TOKEN, "iat": int(time.time()), "nonce": nonce}
    full = {"typ": "dpop+jwt", "jwk": {"kty": "oct", "k": "c2VjcmV0"}, **header}
    asked = {**world.service(), "grant_type": "client_credentials"}
    for proof in (compact(full, said, b"secret"), compact(full, said), "x", "a.b.c", "e30.e30."):
        assert world.token(asked, dpop=proof).json()["error"] == "invalid_dpop_proof"


def test_a_private_key_in_a_proof_is_refused(world: World, key: ProofKey) -> None:
    nonce = world.identity.nonces.current(world.clock())
    key.key.as_dict = lambda private=True: {  # type: ignore[method-assign,assignment,misc]
        **type(key.key).as_dict(key.key, private=True)
    }
    asked = {**world.service(), "grant_type": "client_credentials"}
    answer = world.token(asked, dpop=key.proof("POST", TOKEN, nonce=nonce))
    assert answer.json()["error"] == "invalid_dpop_proof"


def test_two_proofs_are_one_too_many(world: World, key: ProofKey) -> None:
    nonce = world.identity.nonces.current(world.clock())
    proofs = [("dpop", key.proof("POST", TOKEN, nonce=nonce)) for _ in range(2)]
    asked = {**world.service(), "grant_type": "client_credentials"}
    assert world.http.post("/oauth2/token", data=asked, headers=proofs).json()["error"] == "invalid_dpop_proof"


def test_a_refresh_token_of_a_public_client_is_bound_to_its_key(world: World, key: ProofKey) -> None:
    client = world.client("native", secret=None)
    code, verifier = world.code(client)
    nonce = world.identity.nonces.current(world.clock())
    told = world.token(redeem(client, code, verifier), dpop=key.proof("POST", TOKEN, nonce=nonce)).json()
    assert world.refresh(client, told["refresh_token"]).json()["error"] == "invalid_grant"
    other = {**client, "grant_type": "refresh_token", "refresh_token": told["refresh_token"]}
    assert world.token(other, dpop=ProofKey().proof("POST", TOKEN, nonce=nonce)).json()["error"] == "invalid_grant"
    assert world.token(other, dpop=key.proof("POST", TOKEN, nonce=nonce)).json()["token_type"] == "DPoP"


def test_a_code_may_be_bound_to_a_key_beforehand(world: World, key: ProofKey) -> None:
    client = world.client()
    code, verifier = world.code(client, dpop_jkt=key.key.thumbprint())
    assert world.token(redeem(client, code, verifier)).json()["error"] == "invalid_grant"
    proof = key.proof("POST", TOKEN, nonce=world.identity.nonces.current(world.clock()))
    assert world.token(redeem(client, code, verifier), dpop=proof).status_code == 200


def test_a_client_may_be_held_to_it(world: World) -> None:
    client = world.client(
        redirect_uris=[], grant_types=["client_credentials"], scope="network.read", dpop_bound_access_tokens=True
    )
    assert world.token({**client, "grant_type": "client_credentials"}).json()["error"] == "invalid_dpop_proof"


def test_an_api_takes_a_bound_token_with_a_proof_of_this_request(world: World, key: ProofKey) -> None:
    token = bound(world, key)
    proof = key.proof("GET", API, token)
    assert world.verifier.verify(f"DPoP {token}", "GET", f"{API}?limit=5", [proof]).subject == "service"


def refused(world: World, authorization: str, proofs: list[str]) -> str:
    with pytest.raises(Refused) as found:
        world.verifier.verify(authorization, "GET", API, proofs)
    return found.value.reason


def test_an_api_refuses_a_bound_token_in_any_other_way(world: World, key: ProofKey) -> None:
    token = bound(world, key)
    assert "with a proof" in refused(world, f"Bearer {token}", [])
    assert "one DPoP proof" in refused(world, f"DPoP {token}", [])
    assert "one DPoP proof" in refused(world, f"DPoP {token}", [key.proof("GET", API, token)] * 2)
    assert "another key" in refused(world, f"DPoP {token}", [ProofKey().proof("GET", API, token)])
    assert "another method" in refused(world, f"DPoP {token}", [key.proof("POST", API, token)])
    assert "another address" in refused(world, f"DPoP {token}", [key.proof("GET", f"{API}/1", token)])
    assert "another access token" in refused(world, f"DPoP {token}", [key.proof("GET", API, "other")])
    assert "another access token" in refused(world, f"DPoP {token}", [key.proof("GET", API)])
    assert "too old" in refused(world, f"DPoP {token}", [key.proof("GET", API, token, iat=int(time.time()) - 90)])


def test_a_proof_that_is_replayed_is_refused_by_every_process(world: World, key: ProofKey) -> None:
    token = bound(world, key)
    proof = key.proof("GET", API, token)
    world.verifier.verify(f"DPoP {token}", "GET", API, [proof])
    assert "used before" in refused(world, f"DPoP {token}", [proof])
    other = World(world.url)
    try:
        assert "used before" in refused(other, f"DPoP {token}", [proof])
    finally:
        other.identity.close()


def test_a_token_that_is_not_bound_is_no_dpop_token(world: World, key: ProofKey) -> None:
    token = world.token({**world.service(), "grant_type": "client_credentials"}).json()["access_token"]
    assert "not bound" in refused(world, f"DPoP {token}", [key.proof("GET", API, token)])
