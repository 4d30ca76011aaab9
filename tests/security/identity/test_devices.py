"""The device flow: a code on one screen, the person at another."""

from __future__ import annotations

from typing import Any

import pytest

from tests.security.identity.world import Browser, World, claims
from trunkline.security.identity.clients import DEVICE


@pytest.fixture
def begun(world: World) -> dict[str, Any]:
    told: dict[str, Any] = world.post(
        "/oauth2/device_authorization", {"client_id": "trunkline", "scope": "openid network.read"}
    ).json()
    return told


def poll(world: World, begun: dict[str, Any], client: str = "trunkline") -> dict[str, Any]:
    asked = {"client_id": client, "grant_type": DEVICE, "device_code": begun["device_code"]}
    told: dict[str, Any] = world.token(asked).json()
    return told


def enter(browser: Browser, user_code: str) -> str:
    return browser.send(browser.get("/oauth2/device"), user_code=user_code).text


def test_a_device_waits_until_its_user_has_let_it_in(world: World, begun: dict[str, Any]) -> None:
    assert poll(world, begun)["error"] == "authorization_pending"
    browser = world.browser()
    browser.sign_in("noc@acme.example")
    page = browser.send(browser.get("/oauth2/device"), user_code=begun["user_code"].lower().replace("-", " "))
    assert "The trunkline command" in page.text
    assert "network.read" in page.text
    assert "Your device is connected" in browser.send(page, decision="allow").text
    told = poll(world, begun)
    assert (claims(told["access_token"])["sub"], claims(told["id_token"])["sub"]) == (world.noc, world.noc)
    assert world.refresh({"client_id": "trunkline"}, told["refresh_token"]).status_code == 200


def test_who_is_not_signed_in_is_asked_to_first(world: World, begun: dict[str, Any]) -> None:
    page = world.browser().get("/oauth2/device", user_code=begun["user_code"])
    assert "<h1>Sign in</h1>" in page.text


def test_its_user_may_keep_it_out(world: World, begun: dict[str, Any]) -> None:
    browser = world.browser()
    browser.sign_in("noc@acme.example")
    page = browser.send(browser.get("/oauth2/device"), user_code=begun["user_code"])
    assert "not connected" in browser.send(page, decision="deny").text
    assert poll(world, begun)["error"] == "access_denied"


def test_one_that_asks_too_often_is_told_to_slow_down(world: World, begun: dict[str, Any]) -> None:
    assert [poll(world, begun)["error"] for _ in range(2)] == ["authorization_pending", "slow_down"]
    world.clock.ahead += 6
    assert poll(world, begun)["error"] == "authorization_pending"


def test_its_code_gives_tokens_once_and_to_its_client_alone(world: World, begun: dict[str, Any]) -> None:
    world.client("thief", secret=None, grant_types=[DEVICE, "authorization_code"])
    browser = world.browser()
    browser.sign_in("noc@acme.example")
    browser.send(browser.send(browser.get("/oauth2/device"), user_code=begun["user_code"]), decision="allow")
    assert poll(world, begun, "thief")["error"] == "unauthorized_client"
    assert "access_token" in poll(world, begun)
    assert poll(world, begun)["error"] == "invalid_grant"


def test_it_lapses(world: World, begun: dict[str, Any]) -> None:
    browser = world.browser()
    browser.sign_in("noc@acme.example")
    world.clock.ahead += 601
    assert "No device waits" in enter(browser, begun["user_code"])
    assert poll(world, begun)["error"] in ("expired_token", "invalid_request")


def test_user_codes_are_not_guessed(world: World, begun: dict[str, Any]) -> None:
    browser = world.browser()
    browser.sign_in("noc@acme.example")
    for number in range(5):
        assert "No device waits" in enter(browser, f"BBBB-BBB{number}")
    assert "No device waits" in enter(browser, begun["user_code"])


def test_a_client_without_the_grant_type_begins_none(world: World) -> None:
    client = world.client()
    assert world.post("/oauth2/device_authorization", client).json()["error"] == "unauthorized_client"
