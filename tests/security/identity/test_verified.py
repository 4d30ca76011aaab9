"""An API need not look at the same token each time: what is revoked is refused within the time that is set."""

from __future__ import annotations

from dataclasses import replace

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from tests.security.identity.world import ISSUER, ProofKey, World
from trunkline.security.identity import verified
from trunkline.security.identity.authenticated import Authenticated
from trunkline.security.identity.caller import Refused
from trunkline.security.identity.issuers import own
from trunkline.security.identity.verifier import Verifier

URL = f"{ISSUER}/x"


class Asked:
    """A verifier that looks again after a minute, and how often it has looked."""

    def __init__(self, world: World) -> None:
        self.times = 0
        issuer = own(world.identity)

        def standing(claims: object) -> str:
            self.times += 1
            return issuer.standing(claims)  # type: ignore[arg-type]

        counted = replace(issuer, standing=standing)
        self.verifier = Verifier([counted], world.identity.unused, world.clock, holds=60.0)

    def verify(self, token: str) -> str:
        return self.verifier.verify(f"Bearer {token}", "GET", URL).subject


def token_of(world: World, id: str = "service") -> str:
    answer = world.token({**world.service(id), "grant_type": "client_credentials"})
    return str(answer.json()["access_token"])


def test_a_token_is_looked_at_once_in_that_time(world: World) -> None:
    asked, token = Asked(world), token_of(world)
    assert {asked.verify(token) for _ in range(5)} == {"service"}
    assert asked.times == 1
    world.clock.ahead += 61
    asked.verify(token)
    assert asked.times == 2


def test_what_is_revoked_is_refused_within_that_time_and_stays_so(world: World) -> None:
    asked, token = Asked(world), token_of(world)
    asked.verify(token)
    with world.identity.unit() as unit:
        unit.clients.remove("service")
    world.clock.ahead += 61
    for _ in range(2):
        with pytest.raises(Refused, match="revoked"):
            asked.verify(token)


def test_a_token_lapses_on_time_although_it_is_remembered(world: World) -> None:
    asked, token = Asked(world), world.tokens(world.client())["access_token"]
    world.clock.ahead += 280
    asked.verify(token)
    world.clock.ahead += 45
    with pytest.raises(Refused, match="lapsed"):
        asked.verify(token)
    assert asked.times == 1


def test_a_bound_token_needs_its_proof_each_time(world: World) -> None:
    key, service = ProofKey(), world.service()
    at = f"{ISSUER}/oauth2/token"
    nonce = world.token({**service, "grant_type": "client_credentials"}, DPoP=key.proof("POST", at)).headers[
        "dpop-nonce"
    ]
    proof = key.proof("POST", at, nonce=nonce)
    token = world.token({**service, "grant_type": "client_credentials"}, DPoP=proof).json()["access_token"]
    verifier = Asked(world).verifier
    proofs = [key.proof("GET", URL, token)]
    assert verifier.verify(f"DPoP {token}", "GET", URL, proofs).subject == "service"
    with pytest.raises(Refused, match="used before"):
        verifier.verify(f"DPoP {token}", "GET", URL, proofs)
    with pytest.raises(Refused, match="bound to a key"):
        verifier.verify(f"Bearer {token}", "GET", URL)


def test_an_application_behind_it_answers_as_before(world: World) -> None:
    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(scope["state"]["caller"].subject)(scope, receive, send)

    asked, token = Asked(world), token_of(world)
    http = TestClient(Authenticated(inner, asked.verifier), base_url=ISSUER)
    headers = {"authorization": f"Bearer {token}"}
    assert [http.get("/x", headers=headers).text for _ in range(3)] == ["service"] * 3
    assert asked.times == 1
    with world.identity.unit() as unit:
        unit.clients.remove("service")
    world.clock.ahead += 61
    assert http.get("/x", headers=headers).status_code == 401


def test_only_so_many_are_remembered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verified, "MOST", 2)
    asked, tokens = Asked(world), [token_of(world, id) for id in "abc"]
    for token in (*tokens, tokens[0]):
        asked.verify(token)
    assert asked.times == 4
