"""The pages in a real browser: policies that it enforces, passkeys by its own authenticator, and what it says of them
to people who do not see."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests import components
from tests.listening import listening
from tests.security.identity.world import PASSWORD, World, ask, pkce, store_url
from tests.servers.process import free_ports


@pytest.fixture
def at(tmp_path: Path, set_up: Path) -> Iterator[World]:
    """A provider that a browser reaches at its issuer's address."""
    shutil.copyfile(set_up, tmp_path / "store.db")
    [port] = free_ports(1)
    world = World(store_url(tmp_path), issuer=f"http://localhost:{port}")
    with listening(world.app, port):
        yield world
    world.identity.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = components.need("Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complains of, such as what a policy forbids."""
    return []


@pytest.fixture
def page(chromium: Browser, complaints: list[str]) -> Iterator[Page]:
    with chromium.new_context() as context:
        made = context.new_page()
        made.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        yield made


def sign_in(page: Page) -> None:
    page.get_by_label("User name").fill("noc@acme.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_person_signs_in_and_is_led_back_to_the_application(at: World, page: Page) -> None:
    [elsewhere] = free_ports(1)
    back = f"http://127.0.0.1:{elsewhere}/back"
    at.client(redirect_uris=[back])
    page.route(f"{back}*", lambda route: route.fulfill(body="here again"))
    page.goto(at.identity.terms.issuer + ask("app", redirect_uri=back, code_challenge=pkce()[1]))
    sign_in(page)
    assert page.get_by_role("heading").inner_text() == "Allow access?"
    page.get_by_role("button", name="Allow", exact=True).click()
    page.wait_for_url(f"{back}*")
    brought = parse_qs(urlsplit(page.url).query)
    assert (brought["state"], brought["iss"]) == (["st"], [at.identity.terms.issuer])


def test_a_passkey_is_added_and_used(at: World, page: Page, complaints: list[str]) -> None:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasUserVerification": True, "isUserVerified": True,
               "automaticPresenceSimulation": True}  # fmt: skip
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    account = f"{at.identity.terms.issuer}/oauth2/account"
    page.goto(account)
    sign_in(page)
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_text("a passkey.").wait_for()
    page.get_by_role("button", name="Sign out").click()
    sign_in(page)
    assert page.get_by_role("heading").inner_text() == "One more step"
    page.get_by_role("button", name="Use your passkey").click()
    page.get_by_text("You are signed in as").wait_for()
    assert complaints == []


def test_what_went_wrong_is_said_where_a_screen_reader_hears_it(at: World, page: Page) -> None:
    page.goto(f"{at.identity.terms.issuer}/oauth2/account")
    page.get_by_label("User name").fill("noc@acme.example")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.keyboard.press("Enter")
    assert "password is wrong" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("User name").input_value() == "noc@acme.example"
    assert page.locator("html").get_attribute("lang") == "en"
