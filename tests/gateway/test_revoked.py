"""Tokens that were revoked before they lapsed: by the real provider, at the real Envoy."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.gateway.running import Running, eventually, gateway, openapi
from tests.gateway.upstream import serving
from tests.security.identity.test_scim import Directory
from tests.security.identity.world import ISSUER, World, claims, store_url
from trunkline.runtime.gateway import KEYS, keep_refusing, show

THING = "/things/v1/thing"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(store_url(tmp_path_factory.mktemp("identity")))
    yield made
    made.identity.close()


@pytest.fixture(scope="module")
def client(world: World) -> dict[str, str]:
    return world.client()


@pytest.fixture(scope="module")
def running(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    project = tmp_path_factory.mktemp("gw")
    (project / "data").mkdir()
    show(world.identity, project / "data" / KEYS)
    with serving() as upstream:
        issuer = {"issuer": ISSUER, "keys": f"${{data:{KEYS}}}", "audiences": ["https://api.example"]}
        files = {
            "gateway.yaml": {
                "upstreams": {"things": {"addresses": [f"127.0.0.1:{upstream.port}"]}},
                "issuers": {"ours": issuer},
            },
            "things/openapi.yaml": openapi("/things/v1", {"list": "GET /thing"}),
            "things/policies.yaml": {"upstream": "things", "policies": [{"kind": "jwt", "issuer": "ours"}]},
        }
        stop = threading.Event()
        with gateway(project, files) as running:
            refusing = threading.Thread(target=keep_refusing, args=(world.identity, running.places, stop))
            refusing.start()
            yield running
            stop.set()
            refusing.join()


def status(running: Running, token: str) -> int:
    return running.call(THING, headers={"authorization": f"Bearer {token}"}).status_code


def gives_back(world: World, client: dict[str, str], tokens: dict[str, str]) -> None:
    world.post("/oauth2/revoke", {**client, "token": tokens["refresh_token"]})


def is_deactivated(world: World, client: dict[str, str], tokens: dict[str, str]) -> None:
    leaver = {"op": "replace", "path": "active", "value": False}
    assert Directory(world).patch(f"/Users/{claims(tokens['access_token'])['sub']}", leaver).json()["active"] is False


def is_deleted(world: World, client: dict[str, str], tokens: dict[str, str]) -> None:
    assert Directory(world)("DELETE", f"/Users/{claims(tokens['access_token'])['sub']}").status_code == 204


def is_robbed(world: World, client: dict[str, str], tokens: dict[str, str]) -> None:
    """A refresh token comes a second time."""
    assert world.refresh(client, tokens["refresh_token"]).status_code == 200
    assert world.refresh(client, tokens["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("how", [gives_back, is_robbed, is_deactivated, is_deleted])
def test_who_had_a_good_token_is_refused_before_it_lapses(
    world: World, client: dict[str, str], running: Running, how: Callable[..., None]
) -> None:
    world.person("leaver@acme.example", ["noc"])
    with world.identity.unit() as unit:
        leaver = unit.people.named("leaver@acme.example")
        assert leaver is not None
        unit.people.replace(leaver.id, leaver.user_name, leaver.document, True)
    browser = world.browser()
    browser.sign_in("leaver@acme.example")
    tokens, others = world.tokens(client, browser), world.tokens(client)
    assert status(running, tokens["access_token"]) == 200
    how(world, client, tokens)
    eventually(lambda: status(running, tokens["access_token"]) == 401)
    assert status(running, others["access_token"]) == 200


def test_an_application_that_is_removed_is_refused(world: World, running: Running) -> None:
    service = world.service("short-lived")
    token = world.token({**service, "grant_type": "client_credentials"}).json()["access_token"]
    assert status(running, token) == 200
    with world.identity.unit() as unit:
        unit.clients.remove("short-lived")
    eventually(lambda: status(running, token) == 401)


def test_the_refusal_says_that_the_token_is_worth_nothing_and_why_says_the_reason(
    world: World, client: dict[str, str], running: Running
) -> None:
    tokens = world.tokens(client)
    gives_back(world, client, tokens)
    eventually(lambda: status(running, tokens["access_token"]) == 401)
    answer = running.call(THING, headers={"authorization": f"Bearer {tokens['access_token']}"})
    assert (answer.json()["code"], answer.json()["status"]) == ("unauthenticated", "401")
    assert answer.json()["message"] == f"request {answer.headers['x-request-id']}"
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    decision = running.why(answer)
    assert "was revoked" in decision.because
    assert decision.rule is not None
    assert (decision.rule.kind, decision.rule.file) == ("jwt", "apis/things/policies.yaml")


def test_the_upstream_does_not_see_by_what_a_token_is_looked_up(
    world: World, client: dict[str, str], running: Running
) -> None:
    token = world.tokens(client)["access_token"]
    seen = running.call(THING, headers={"authorization": f"Bearer {token}"}).json()["headers"]
    assert "x-trunkline-grant" not in seen
    assert seen["x-trunkline-subject"] == world.noc


def test_what_was_revoked_is_forgotten_when_its_tokens_have_lapsed(tmp_path: Path) -> None:
    world = World(store_url(tmp_path))
    client = world.client()
    tokens = world.tokens(client)
    gives_back(world, client, tokens)
    assert world.identity.ended() == {claims(tokens["access_token"])["grant"]}
    world.clock.ahead = world.identity.terms.access
    assert len(world.identity.ended()) == 1  # the gateway's clock may be behind
    world.clock.ahead += 120
    assert world.identity.ended() == set()
    world.identity.close()
