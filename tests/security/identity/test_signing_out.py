"""Applications have people signed out (OpenID Connect RP-Initiated Logout 1.0)."""

from __future__ import annotations

from urllib.parse import urlencode

import httpx
import pytest

from tests.security.identity.world import BACK, Browser, World

OUT = "https://app.example/signed-out"


@pytest.fixture
def app(world: World) -> dict[str, str]:
    return world.client(post_logout_redirect_uris=[OUT])


def logout(browser: Browser, **asked: str) -> httpx.Response:
    return browser.get(f"/oauth2/logout?{urlencode(asked)}")


def signed_in(browser: Browser) -> bool:
    return "You are signed in as" in browser.get("/oauth2/account").text


def session(world: World, app: dict[str, str]) -> tuple[Browser, str]:
    """A browser in which somebody is signed in, and the ID token that the application has of it."""
    browser = world.browser()
    browser.sign_in("noc@acme.example")
    return browser, str(world.tokens(app, browser)["id_token"])


def test_with_the_persons_id_token_they_are_signed_out_and_led_back(world: World, app: dict[str, str]) -> None:
    browser, token = session(world, app)
    world.clock.ahead += 3_600  # an ID token that has lapsed still says who it was
    answer = logout(browser, id_token_hint=token, post_logout_redirect_uri=OUT, state="a b&c")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{OUT}?state=a+b%26c")
    assert not signed_in(browser)


def test_without_it_the_person_is_asked_first(world: World, app: dict[str, str]) -> None:
    browser, _ = session(world, app)
    page = logout(browser, client_id="app", post_logout_redirect_uri=OUT)
    assert ("asks to sign you out" in page.text, signed_in(browser)) == (True, True)
    assert f"form-action 'self' {OUT.rpartition('/')[0]}" in page.headers["content-security-policy"]
    assert browser.send(page).headers["location"] == OUT
    assert not signed_in(browser)


def test_the_id_token_of_another_person_signs_nobody_out_unasked(world: World, app: dict[str, str]) -> None:
    _, token = session(world, app)
    browser = world.browser()
    browser.sign_in("boss@acme.example")
    assert "asks to sign you out" in logout(browser, id_token_hint=token, post_logout_redirect_uri=OUT).text
    assert signed_in(browser)


def test_nobody_is_led_anywhere_else(world: World, app: dict[str, str]) -> None:
    browser, token = session(world, app)
    other = world.client("other", post_logout_redirect_uris=["https://other.example/"])
    access = world.token({**world.service(), "grant_type": "client_credentials"}).json()["access_token"]
    for asked, reason in (
        ({"id_token_hint": token, "post_logout_redirect_uri": f"{OUT}/"}, "registered"),
        ({"id_token_hint": token, "post_logout_redirect_uri": BACK}, "registered"),
        ({"client_id": "nobody", "post_logout_redirect_uri": OUT}, "registered"),
        ({"post_logout_redirect_uri": OUT}, "registered"),
        ({"id_token_hint": token, "client_id": other["client_id"]}, "another client"),
        ({"id_token_hint": token[:-4] + "AAAA"}, "no ID token"),
        ({"id_token_hint": access}, "no ID token"),
    ):
        answer = logout(browser, **asked)
        assert (answer.status_code, reason in answer.text) == (400, True), asked
    assert signed_in(browser)


def test_a_form_of_another_page_signs_nobody_out(world: World, app: dict[str, str]) -> None:
    browser, token = session(world, app)
    forged = browser.http.post("/oauth2/logout", data={"form": "x", "client_id": "app"})
    assert forged.status_code == 403
    assert signed_in(browser)
    on = browser.http.post("/oauth2/logout", data={"id_token_hint": token}, headers={"origin": "https://app.example"})
    assert on.headers["location"].startswith("/oauth2/logout?id_token_hint=")


def test_who_is_not_signed_in_is_led_back_too(world: World, app: dict[str, str]) -> None:
    assert logout(world.browser(), client_id="app", post_logout_redirect_uri=OUT).headers["location"] == OUT
    assert "You are signed out" in logout(world.browser()).text


def test_an_address_for_it_is_as_strict_as_any(world: World) -> None:
    headers = {"authorization": f"Bearer {world.admin_token()}"}
    body = {"redirect_uris": [BACK], "post_logout_redirect_uris": ["http://app.example/out"]}
    answer = world.http.post("/oauth2/register", json=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_redirect_uri")
