"""Tokens that are given back, and what a resource server is told of a token."""

from __future__ import annotations

import pytest

from tests.security.identity.world import ISSUER, World
from trunkline.security.identity.caller import Refused


def active(world: World, asker: dict[str, str], token: str) -> bool:
    return bool(world.post("/oauth2/introspect", {**asker, "token": token}).json()["active"])


def test_a_resource_server_is_told_of_a_good_token(world: World) -> None:
    client = world.client()
    watcher = world.service("watcher", scope="identity.introspect")
    tokens = world.tokens(client)
    told = world.post("/oauth2/introspect", {**watcher, "token": tokens["access_token"]}).json()
    assert (told["active"], told["sub"], told["client_id"], told["username"], told["scope"]) == (
        True, world.noc, "app", "noc@acme.example", "openid network.read",
    )  # fmt: skip
    assert (told["token_type"], told["roles"], told["iss"]) == ("Bearer", ["noc"], ISSUER)
    assert active(world, watcher, tokens["refresh_token"])


def test_it_is_told_nothing_of_others_without_the_scope_for_it(world: World) -> None:
    client, stranger = world.client(), world.service("stranger")
    token = world.tokens(client)["access_token"]
    assert world.post("/oauth2/introspect", {**stranger, "token": token}).json() == {"active": False}
    assert active(world, client, token)


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "x" * 9_000])
def test_what_is_no_token_is_not_active(world: World, token: str) -> None:
    assert not active(world, world.client(), token)


def test_an_id_token_is_no_access_token(world: World) -> None:
    client = world.client()
    tokens = world.tokens(client)
    assert not active(world, client, tokens["id_token"])
    with pytest.raises(Refused, match="no access token"):
        world.verifier.verify(f"Bearer {tokens['id_token']}", "GET", ISSUER)


def test_nobody_asks_without_saying_who_they_are(world: World) -> None:
    native = world.client("native", secret=None)
    answer = world.post("/oauth2/introspect", {**native, "token": "x"})
    assert answer.json()["error"] == "invalid_client"


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
def test_with_one_token_the_whole_grant_is_given_back(world: World, which: str) -> None:
    client = world.client()
    tokens = world.tokens(client)
    assert world.post("/oauth2/revoke", {**client, "token": tokens[which]}).status_code == 200
    assert world.refresh(client, tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert not active(world, client, tokens["access_token"])
    with pytest.raises(Refused, match="revoked"):
        world.verifier.verify(f"Bearer {tokens['access_token']}", "GET", ISSUER)


def test_a_client_gives_back_its_own_alone(world: World) -> None:
    client, other = world.client(), world.client("other")
    tokens = world.tokens(client)
    assert world.post("/oauth2/revoke", {**other, "token": tokens["refresh_token"]}).json()["error"] == "invalid_grant"
    assert active(world, client, tokens["access_token"])


def test_what_is_no_token_is_given_back_in_peace(world: World) -> None:
    assert world.post("/oauth2/revoke", {**world.client(), "token": "nonsense"}).status_code == 200
