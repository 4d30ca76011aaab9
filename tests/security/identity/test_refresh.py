"""Refresh tokens: each good once, and a family that ends with the first sign of theft."""

from __future__ import annotations

import pytest

from tests.security.identity.world import ISSUER, World, claims
from trunkline.security.identity.caller import Refused


def test_each_refresh_gives_another_refresh_token(world: World) -> None:
    client = world.client()
    first = world.tokens(client)
    second = world.refresh(client, first["refresh_token"]).json()
    third = world.refresh(client, second["refresh_token"]).json()
    assert len({each["refresh_token"] for each in (first, second, third)}) == 3
    assert claims(third["access_token"])["grant"] == claims(first["access_token"])["grant"]
    assert claims(third["id_token"])["auth_time"] == claims(first["id_token"])["auth_time"]


def test_one_that_is_used_again_ends_the_whole_family_at_once(world: World) -> None:
    client = world.client()
    first = world.tokens(client)
    second = world.refresh(client, first["refresh_token"]).json()
    world.verifier.verify(f"Bearer {second['access_token']}", "GET", ISSUER)
    assert world.refresh(client, first["refresh_token"]).json()["error"] == "invalid_grant"
    assert world.refresh(client, second["refresh_token"]).json()["error"] == "invalid_grant"
    with pytest.raises(Refused, match="revoked"):
        world.verifier.verify(f"Bearer {second['access_token']}", "GET", ISSUER)


def test_one_of_another_client_gives_nothing(world: World) -> None:
    client, thief = world.client(), world.client("thief")
    token = world.tokens(client)["refresh_token"]
    assert world.refresh(thief, token).json()["error"] == "invalid_grant"
    assert world.refresh(client, token).status_code == 200


def test_the_scope_may_shrink_and_never_grow(world: World) -> None:
    client = world.client()
    token = world.tokens(client)["refresh_token"]
    assert world.refresh(client, token, scope="network.read network.write").json()["error"] == "invalid_scope"
    less = world.refresh(client, token, scope="network.read").json()
    assert less["scope"] == "network.read"
    assert world.refresh(client, less["refresh_token"]).json()["scope"] == "openid network.read"


def test_who_loses_a_role_loses_its_scopes_with_the_next_refresh(world: World) -> None:
    client = world.client()
    token = world.tokens(client)["refresh_token"]
    with world.identity.unit() as unit:
        [noc] = unit.people.groups("noc")[0]
        unit.people.replace_group(noc, "noc", [])
    told = world.refresh(client, token).json()
    assert (told["scope"], claims(told["access_token"])["roles"]) == ("openid", [])


def test_a_grant_ends_however_often_it_is_refreshed(world: World) -> None:
    client = world.client()
    token = world.tokens(client)["refresh_token"]
    world.clock.ahead += 29 * 86_400
    told = world.refresh(client, token).json()
    world.clock.ahead += 2 * 86_400
    assert world.refresh(client, told["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_client_that_is_not_registered_for_it_gets_none(world: World) -> None:
    client = world.client(grant_types=["authorization_code"])
    assert "refresh_token" not in world.tokens(client)


@pytest.mark.parametrize("token", ["", "nonsense", "x" * 5_000])
def test_what_is_no_refresh_token_gives_nothing(world: World, token: str) -> None:
    assert world.refresh(world.client(), token).status_code == 400
