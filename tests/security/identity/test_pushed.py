"""Authorization requests that are pushed before the browser comes (RFC 9126)."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
import pytest

from tests.security.identity.world import BACK, ProofKey, World, ask, back, claims, pkce, redeem
from trunkline.security.identity.pushed import URN

PAR = "/oauth2/par"


def pushing(world: World, client: Mapping[str, str], **more: str) -> httpx.Response:
    asked = {
        "response_type": "code", "redirect_uri": BACK, "scope": "openid network.read", "state": "st",
        "code_challenge_method": "S256", "code_challenge": pkce()[1], **client, **more,
    }  # fmt: skip
    return world.post(PAR, {name: value for name, value in asked.items() if value})


def leads(client: Mapping[str, str], uri: str) -> str:
    return ask(client["client_id"], request_uri=uri, redirect_uri="", scope="", state="", response_type="",
               code_challenge_method="")  # fmt: skip


def test_what_was_pushed_is_asked_for_and_nothing_else(world: World) -> None:
    client, (verifier, challenge) = world.client(), pkce()
    told = pushing(world, client, code_challenge=challenge).json()
    assert (told["expires_in"], told["request_uri"].startswith(URN)) == (600, True)
    browser = world.browser()
    at = leads(client, told["request_uri"]) + "&scope=openid+network.write&state=other"
    page = browser.send(browser.get(at), user_name="noc@acme.example", password="correct horse battery")
    assert "network.write" not in page.text
    answer = back(browser.send(page, decision="allow"))
    assert answer["state"] == "st"
    tokens = world.token(redeem(client, answer["code"], verifier)).json()
    assert claims(tokens["access_token"])["scope"] == "openid network.read"


def test_it_goes_on_after_signing_in_anew(world: World) -> None:
    client = world.client()
    told = pushing(world, client, prompt="login").json()
    browser = world.browser()
    browser.sign_in("noc@acme.example")
    page = browser.get(leads(client, told["request_uri"]))
    assert "Password" in page.text
    page = browser.send(page, user_name="noc@acme.example", password="correct horse battery")
    assert back(browser.send(page, decision="allow"))["state"] == "st"


def test_it_is_good_once_for_its_client_and_for_ten_minutes(world: World) -> None:
    client, other = world.client(), world.client("other")
    told = pushing(world, client).json()
    browser = world.browser()
    browser.sign_in("noc@acme.example")
    assert "pushed by another client" in browser.get(leads(other, told["request_uri"])).text
    back(browser.send(browser.get(leads(client, told["request_uri"])), decision="allow"))
    again = browser.send(browser.get(leads(client, told["request_uri"])), decision="allow")
    assert (again.status_code, "answered before" in again.text) == (400, True)
    late = pushing(world, client).json()
    world.clock.ahead += 601
    assert "too long ago" in browser.get(leads(client, late["request_uri"])).text


@pytest.mark.parametrize("uri", [URN, f"{URN}nonsense", f"{URN}{'A' * 200}", f"{URN}é"])
def test_no_other_request_uri_leads_anywhere(world: World, uri: str) -> None:
    answer = world.browser().get(leads(world.client(), uri))
    assert (answer.status_code, "none of this provider" in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"redirect_uri": "https://evil.example"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"request_uri": f"{URN}x"}, "invalid_request"),
        ({"state": "s" * 3_000}, "invalid_request"),
    ],
)
def test_what_would_be_refused_in_the_browser_is_refused_here(
    world: World, changed: dict[str, str], error: str
) -> None:
    answer = pushing(world, world.client(), **changed)
    assert (answer.status_code in (400, 401), answer.json()["error"]) == (True, error)


def test_a_client_may_be_held_to_it(world: World) -> None:
    client = world.client(require_pushed_authorization_requests=True)
    browser = world.browser()
    browser.sign_in("noc@acme.example")
    answer = back(browser.get(ask(client["client_id"], code_challenge=pkce()[1])))
    assert (answer["error"], "pushes" in answer["error_description"]) == ("invalid_request", True)
    page = browser.get(leads(client, pushing(world, client).json()["request_uri"]))
    assert "code" in back(browser.send(page, decision="allow"))


def test_a_proof_beside_it_binds_the_code(world: World) -> None:
    client, key, (verifier, challenge) = world.client(), ProofKey(), pkce()
    nonce = world.identity.nonces.current(int(world.clock()))
    at = f"http://localhost{PAR}"
    asked = {
        **client, "response_type": "code", "redirect_uri": BACK, "scope": "openid", "code_challenge": challenge,
        "code_challenge_method": "S256",
    }  # fmt: skip
    told = world.post(PAR, asked, dpop=key.proof("POST", at, nonce=nonce)).json()
    browser = world.browser()
    browser.sign_in("noc@acme.example")
    page = browser.get(leads(client, told["request_uri"]))
    code = back(browser.send(page, decision="allow"))["code"]
    assert "bound to a DPoP key" in world.token(redeem(client, code, verifier)).json()["error_description"]
