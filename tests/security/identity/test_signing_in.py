"""People sign in: passwords, second factors, and what is done against guessing and against pages of others."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest

from tests.security.identity.authenticator import Authenticator
from tests.security.identity.world import ISSUER, PASSWORD, Browser, World, ask, claims, pkce
from trunkline.security.identity import totp

WRONG = "The user name or the password is wrong."
NOC = "noc@acme.example"


def signed_in(answer: Any) -> bool:
    return "You are signed in as" in answer.text


def set_up_totp(world: World, browser: Browser) -> bytes:
    page = browser.send(browser.get("/oauth2/account"), to="/totp")
    found = re.search(r"<code>([A-Z2-7]+)</code>", page.text)
    assert found is not None
    secret = base64.b32decode(found[1] + "=" * (-len(found[1]) % 8))
    assert "an authenticator app" in browser.send(page, code=code_at(world, secret)).text
    return secret


def code_at(world: World, secret: bytes) -> str:
    return totp.code(secret, int(world.clock()) // totp.STEP)


def ceremony(browser: Browser, path: str, answer: Any, page: str) -> Any:
    """What the page's script does: ask for the options, let the authenticator answer, send that."""
    mark = re.search(r'data-mark="([^"]+)"', browser.get(page).text)
    assert mark is not None
    headers = {"x-form": mark[1], "origin": ISSUER}
    options = browser.http.post(f"{path}/options", json={}, headers=headers).json()
    return browser.http.post(path, json=answer(options), headers=headers)


def test_who_has_the_password_is_signed_in_until_they_sign_out(world: World) -> None:
    browser = world.browser()
    assert signed_in(browser.sign_in(NOC.upper()))
    assert signed_in(browser.get("/oauth2/account"))
    browser.send(browser.get("/oauth2/account"), to="/sign-out")
    assert not signed_in(browser.get("/oauth2/account"))


def test_a_session_ends_by_itself(world: World) -> None:
    browser = world.browser()
    browser.sign_in(NOC)
    world.clock.ahead += 8 * 3_600
    assert not signed_in(browser.get("/oauth2/account"))


def test_the_cookies_are_for_the_provider_alone(world: World) -> None:
    browser = world.browser()
    page = browser.get("/oauth2/sign-in", next="/oauth2/account")
    mark = re.search(r'name="form" value="([^"]+)"', page.text)
    assert mark is not None
    answer = browser.http.post(
        "/oauth2/sign-in", headers={"origin": ISSUER},
        data={"form": mark[1], "next": "/oauth2/account", "user_name": NOC, "password": PASSWORD},
    )  # fmt: skip
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


@pytest.mark.parametrize(
    ("user_name", "password"),
    [(NOC, "wrong"), (NOC, ""), ("nobody@acme.example", PASSWORD), (NOC, "x" * 300), ("' OR 1=1 --", PASSWORD)],
)
def test_what_is_wrong_is_not_said(world: World, user_name: str, password: str) -> None:
    answer = world.browser().sign_in(user_name, password)
    assert (answer.status_code, WRONG in answer.text) == (401, True)


def test_who_has_no_password_yet_cannot_sign_in(world: World) -> None:
    with world.identity.unit() as unit:
        unit.people.add("new@acme.example", {})
    assert WRONG in world.browser().sign_in("new@acme.example", "").text


@pytest.mark.parametrize(
    "next",
    ["https://evil.example", "//evil.example", "/\\evil.example", "/oauth2/authorize\\@evil", "/oauth2/authorize/../x",
     "/other", "", "javascript:alert(1)", "/oauth2/account#x", "/oauth2/device\nx", "/oauth2/accountx"],
)  # fmt: skip
def test_signing_in_leads_to_our_pages_alone(world: World, next: str) -> None:
    browser = world.browser()
    assert browser.http.get("/oauth2/sign-in", params={"next": next}).status_code == 400
    page = browser.get("/oauth2/sign-in", next="/oauth2/account")
    answer = browser.send(page, user_name=NOC, password=PASSWORD, next=next)
    assert answer.status_code == 400
    assert not signed_in(browser.get("/oauth2/account"))


def test_an_account_is_locked_after_five_wrong_passwords(world: World) -> None:
    for _ in range(5):
        assert WRONG in world.browser().sign_in(NOC, "wrong").text
    locked = world.browser("10.0.0.9").sign_in(NOC)
    assert (locked.status_code, "Wait 1 minute" in locked.text) == (429, True)
    assert signed_in(world.browser().sign_in("boss@acme.example"))
    world.clock.ahead += 61
    assert signed_in(world.browser().sign_in(NOC))


def test_a_lock_lasts_longer_each_time(world: World) -> None:
    for _ in range(5):
        world.browser().sign_in(NOC, "wrong")
    world.clock.ahead += 61
    world.browser().sign_in(NOC, "wrong")
    world.clock.ahead += 61
    assert "Wait 1 minute" in world.browser().sign_in(NOC).text
    world.clock.ahead += 60
    assert signed_in(world.browser().sign_in(NOC))


def test_a_source_that_guesses_is_locked_out_whatever_account_it_tries(world: World) -> None:
    for number in range(25):
        world.browser("10.0.0.9").sign_in(f"guess{number}@acme.example", "wrong")
    assert world.browser("10.0.0.9").sign_in(NOC).status_code == 429
    assert signed_in(world.browser("10.0.0.10").sign_in(NOC))


def test_a_source_is_not_washed_clean_by_an_account_of_its_own(world: World) -> None:
    for number in range(30):
        source = world.browser("10.0.0.9")
        source.sign_in(f"guess{number}@acme.example", "wrong")
        source.sign_in("boss@acme.example")
    assert source.sign_in("boss@acme.example").status_code == 429


def test_an_address_that_a_header_claims_is_not_believed(world: World) -> None:
    for number in range(25):
        browser = world.browser("10.0.0.9")
        browser.http.headers["x-forwarded-for"] = f"192.0.2.{number}"
        browser.sign_in(f"guess{number}@acme.example", "wrong")
    assert world.browser("10.0.0.9").sign_in(NOC).status_code == 429


def test_a_page_of_others_cannot_send_our_forms(world: World) -> None:
    browser = world.browser()
    browser.sign_in(NOC)
    page = browser.get("/oauth2/account")
    mark = re.search(r'name="form" value="([^"]+)"', page.text)
    assert mark is not None
    for data, headers in (
        ({"form": mark[1]}, {"origin": "https://evil.example"}),
        ({"form": mark[1]}, {"origin": "null"}),
        ({"form": "0" * 64}, {"origin": ISSUER}),
        ({"next": "x"}, {"origin": ISSUER}),
    ):
        assert browser.http.post("/oauth2/sign-out", data=data, headers=headers).status_code == 403
    assert world.browser().http.post("/oauth2/sign-out", data={"form": mark[1]}).status_code == 403
    assert signed_in(browser.get("/oauth2/account"))


def test_consent_cannot_be_given_by_a_page_of_others(world: World) -> None:
    world.client()
    browser = world.browser()
    browser.sign_in(NOC)
    asked = ask("app", code_challenge=pkce()[1]).replace("authorize", "consent")
    answer = browser.http.post(asked, data={"decision": "allow"}, headers={"origin": "https://evil.example"})
    assert (answer.status_code, "location" in answer.headers) == (403, False)


def test_the_pages_load_nothing_from_elsewhere_and_are_not_framed(world: World) -> None:
    page = world.browser().get("/oauth2/sign-in", next="/oauth2/account")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "<script" not in page.text
    assert not re.findall(r'(?:src|href|action)="(?!/oauth2/)', page.text)
    assert re.search(r'<label for="password">', page.text)


def test_a_consent_page_may_lead_on_to_the_application_that_asks(world: World) -> None:
    world.client()
    browser = world.browser()
    asked = ask("app", code_challenge=pkce()[1])
    page = browser.get(asked)
    assert "form-action 'self' https://app.example" in page.headers["content-security-policy"]
    elsewhere = "/oauth2/authorize?client_id=app&redirect_uri=https://evil.example/"
    assert "evil" not in browser.get("/oauth2/sign-in", next=elsewhere).headers["content-security-policy"]
    consent = browser.send(page, user_name=NOC, password=PASSWORD)
    assert "form-action 'self' https://app.example" in consent.headers["content-security-policy"]


def test_names_are_shown_as_text(world: World) -> None:
    world.client(client_name="<img src=x onerror=alert(1)>")
    browser = world.browser()
    browser.sign_in(NOC)
    page = browser.get(ask("app", code_challenge=pkce()[1]))
    assert "<img" not in page.text
    assert "&lt;img" in page.text
    assert "<b>" not in browser.get("/oauth2/device", user_code='"><b>x').text


def test_codes_of_an_app_are_those_of_the_rfc() -> None:
    for at, expected in ((59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")):
        assert totp.code(b"12345678901234567890", at // totp.STEP) == expected


def test_an_authenticator_app_is_asked_for_once_it_is_set_up(world: World) -> None:
    browser = world.browser()
    browser.sign_in(NOC)
    secret = set_up_totp(world, browser)
    fresh = world.browser()
    page = fresh.sign_in(NOC)
    assert "Code of your authenticator app" in page.text
    assert not signed_in(fresh.get("/oauth2/account"))
    world.clock.ahead += 31
    code = code_at(world, secret)
    assert "The code is wrong" in fresh.send(page, code=f"{(int(code) + 1) % 10**6:06}").text
    assert signed_in(fresh.send(page, code=f"{code[:3]} {code[3:]}"))
    again = world.browser()
    assert "The code is wrong" in again.send(again.sign_in(NOC), code=code).text
    client = world.client()
    assert claims(world.tokens(client, fresh)["access_token"])["amr"] == ["pwd", "otp", "mfa"]


def test_codes_are_not_guessed_by_who_has_the_password(world: World) -> None:
    browser = world.browser()
    browser.sign_in(NOC)
    secret = set_up_totp(world, browser)
    world.clock.ahead += 31
    page = world.browser().sign_in(NOC)
    for attempt in range(6):
        guesser = world.browser()
        page = guesser.sign_in(NOC)
        if page.status_code == 429:
            break
        page = guesser.send(page, code=f"{attempt:06}")
    assert page.status_code == 429
    assert not signed_in(world.browser().sign_in(NOC))
    assert secret


def test_a_half_session_is_good_for_nothing_else(world: World) -> None:
    browser = world.browser()
    browser.sign_in(NOC)
    set_up_totp(world, browser)
    world.client()
    half = world.browser()
    half.sign_in(NOC)
    assert "<h1>Sign in</h1>" in half.get(ask("app", code_challenge=pkce()[1])).text
    assert "<h1>Sign in</h1>" in half.get("/oauth2/device").text


def test_a_passkey_is_a_second_factor(world: World) -> None:
    browser, key = world.browser(), Authenticator(ISSUER, "localhost")
    browser.sign_in(NOC)
    assert ceremony(browser, "/oauth2/account/passkey", key.create, "/oauth2/account").status_code == 200
    fresh = world.browser()
    assert "Use your passkey" in fresh.sign_in(NOC).text
    assert not signed_in(fresh.get("/oauth2/account"))
    step = "/oauth2/second-factor?next=/oauth2/account"
    assert ceremony(fresh, "/oauth2/passkey", key.get, step).status_code == 200
    assert signed_in(fresh.get("/oauth2/account"))
    client = world.client()
    assert claims(world.tokens(client, fresh)["access_token"])["amr"] == ["pwd", "hwk", "mfa"]


def test_a_passkey_of_others_or_a_copy_is_refused(world: World) -> None:
    key, page = Authenticator(ISSUER, "localhost"), "/oauth2/second-factor?next=/oauth2/account"
    for who, its in ((NOC, key), ("boss@acme.example", Authenticator(ISSUER, "localhost"))):
        browser = world.browser()
        browser.sign_in(who)
        ceremony(browser, "/oauth2/account/passkey", its.create, "/oauth2/account")
    fresh = world.browser()
    fresh.sign_in(NOC)
    fake = Authenticator("https://evil.example", "evil.example")
    fake.id = key.id
    assert ceremony(fresh, "/oauth2/passkey", fake.get, page).status_code == 403
    assert ceremony(fresh, "/oauth2/passkey", its.get, page).status_code == 403
    assert ceremony(fresh, "/oauth2/passkey", lambda options: {"id": 5}, page).status_code == 403
    assert (
        ceremony(fresh, "/oauth2/passkey", lambda options: key.get(options | {"challenge": "x"}), page).status_code
        == 403
    )
    key.uses = 5
    assert ceremony(fresh, "/oauth2/passkey", key.get, page).status_code == 200
    again = world.browser()
    again.sign_in(NOC)
    key.uses = 2
    assert ceremony(again, "/oauth2/passkey", key.get, page).status_code == 403


def test_factors_are_changed_soon_after_signing_in_alone(world: World) -> None:
    browser = world.browser()
    browser.sign_in(NOC)
    world.clock.ahead += 700
    assert "<h1>Sign in</h1>" in browser.send(browser.get("/oauth2/account"), to="/totp").text
    key = Authenticator(ISSUER, "localhost")
    assert ceremony(browser, "/oauth2/account/passkey", lambda _: {}, "/oauth2/account").status_code in (400, 403)
    assert key.uses == 0


def test_with_a_new_password_everything_of_before_ends(world: World) -> None:
    client = world.client()
    browser, other = world.browser(), world.browser()
    for each in (browser, other):
        each.sign_in(NOC)
    tokens = world.tokens(client, other)
    page = browser.get("/oauth2/account")
    assert "present password is wrong" in browser.send(page, to="/password", old="wrong", new="another long one").text
    assert "12 to 256" in browser.send(page, to="/password", old=PASSWORD, new="short").text
    assert "too easy" in browser.send(page, to="/password", old=PASSWORD, new="noc-noc-noc-noc").text
    assert "<h1>Sign in</h1>" in browser.send(page, to="/password", old=PASSWORD, new="another long one").text
    assert not signed_in(other.get("/oauth2/account"))
    assert world.refresh(client, tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert signed_in(world.browser().sign_in(NOC, "another long one"))
