"""People and applications that are led astray while they sign in."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.gateway.belgicom import Behind
from tests.security.attackers.tokens import NOC, trap
from tests.security.identity.world import BACK, ask, pkce, redeem


def registered(house: Behind, **more: Any) -> dict[str, str]:
    """What a newly registered application authenticates with."""
    said = {
        "client_name": "Portal", "redirect_uris": [BACK], "grant_types": ["authorization_code", "refresh_token"],
        "scope": "openid network.read", "token_endpoint_auth_method": "client_secret_post", **more,
    }  # fmt: skip
    answer = house.client.post(
        f"{house.direct}/oauth2/register", json=said, headers={"authorization": f"Bearer {house.token()}"}
    )
    assert answer.status_code == 201, answer.text
    return {name: answer.json()[name] for name in ("client_id", "client_secret")}


@pytest.fixture(scope="module")
def portal(house: Behind) -> dict[str, str]:
    return registered(house)


def token(house: Behind, data: dict[str, str]) -> Any:
    return house.client.post(f"{house.direct}/oauth2/token", data=data)


def code(house: Behind, client: dict[str, str], **query: str) -> tuple[str, str]:
    """A code that the NOC engineer lets an application have, and its verifier."""
    verifier, challenge = pkce()
    browser = house.browser(NOC)
    page = browser.get(ask(client["client_id"], code_challenge=challenge, **query))
    answer = browser.send(page, decision="allow") if "Allow access" in page.text else page
    return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0], verifier


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/", "https://evil.example/back", "https://app.example.evil.example/back",
        "https://app.example@evil.example/back", "https://app.example:443@evil.example/back", "//evil.example/back",
        "https://app.example/back/../../evil", "https://app.example/back?next=https://evil.example",
        "https://app.example/back#@evil.example", "https://app.example\\@evil.example/back", "https:evil.example",
        "https://APP.example/back", "https://app.example/Back", "https://app.example/back/",
        "https://app.example:8443/back", "http://app.example/back", "https://app.example/back%00",
        "https://app.example/back\r\nlocation: x", "javascript:alert(1)", "data:text/html,x", "",
    ],
)  # fmt: skip
def test_open_redirect_only_a_registered_address_gets_an_answer(
    house: Behind, portal: dict[str, str], uri: str
) -> None:
    _, challenge = pkce()
    answer = house.browser().http.get(ask(portal["client_id"], code_challenge=challenge, redirect_uri=uri))
    if uri == "" and answer.status_code == 303:  # the only one that it has
        assert urlsplit(answer.headers["location"]).path == "/oauth2/sign-in"
        return
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "next",
    [
        "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example",
        "/oauth2/account/../..//evil.example", "/oauth2/account\r\nlocation: https://evil.example",
        "/oauth2/account#x", "javascript:alert(1)", "/%2f/evil.example", "/oauth2/authorize@evil.example",
        "///evil.example", "/oauth2/account\t", "/oauth2/nowhere",
    ],
)  # fmt: skip
def test_open_redirect_signing_in_leads_to_our_own_pages_alone(house: Behind, next: str) -> None:
    answer = house.browser().http.get("/oauth2/sign-in", params={"next": next})
    assert answer.status_code == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "uri", ["https://evil.example#x", "http://evil.example/", "javascript:alert(1)", "data:x", "//evil"]
)
def test_open_redirect_an_address_of_no_use_cannot_be_registered(house: Behind, uri: str) -> None:
    said = {"client_name": "x", "redirect_uris": [uri], "scope": "openid"}
    headers = {"authorization": f"Bearer {house.token()}"}
    assert house.client.post(f"{house.direct}/oauth2/register", json=said, headers=headers).status_code == 400


@pytest.mark.parametrize(
    "more", [{"code_challenge": ""}, {"code_challenge_method": "plain"}, {"code_challenge_method": ""}]
)
def test_pkce_downgrade_no_code_is_given_without_s256(
    house: Behind, portal: dict[str, str], more: dict[str, str]
) -> None:
    said = {"code_challenge": pkce()[1], **more}
    answer = house.browser(NOC).get(ask(portal["client_id"], **said))
    assert "code" not in parse_qs(urlsplit(answer.headers.get("location", "")).query)
    assert "Allow access" not in answer.text


def test_pkce_downgrade_a_code_is_worth_nothing_without_its_verifier(house: Behind, portal: dict[str, str]) -> None:
    given, verifier = code(house, portal)
    asked = redeem(portal, given, verifier)
    wrong = [pkce()[0], "", verifier[:-1], hashlib.sha256(verifier.encode()).hexdigest()]
    assert [token(house, {**asked, "code_verifier": other}).status_code for other in wrong] == [400] * 4
    asked.pop("code_verifier")
    assert token(house, asked).status_code == 400


def test_a_code_is_worth_nothing_to_another_application_or_for_another_address(
    house: Behind, portal: dict[str, str]
) -> None:
    given, verifier = code(house, portal)
    thief = registered(house, redirect_uris=[BACK])
    assert token(house, redeem(thief, given, verifier)).status_code == 400
    given, verifier = code(house, portal)
    assert token(house, redeem(portal, given, verifier, "https://app.example/other")).status_code == 400


def test_a_code_and_a_refresh_token_are_good_once_and_a_second_time_ends_all(
    house: Behind, portal: dict[str, str]
) -> None:
    given, verifier = code(house, portal, scope="openid network.read offline_access")
    told = token(house, redeem(portal, given, verifier)).json()
    assert token(house, redeem(portal, given, verifier)).status_code == 400
    path = "/tmf-api/alarmManagement/v4/alarm"
    assert house.past(path, token=told["access_token"]).status_code == 401


def test_ssrf_nothing_that_a_registration_names_is_fetched(house: Behind) -> None:
    headers = {"authorization": f"Bearer {house.token()}"}
    with trap() as (url, came):
        for name in (
            "jwks_uri",
            "sector_identifier_uri",
            "logo_uri",
            "client_uri",
            "policy_uri",
            "tos_uri",
            "request_uris",
        ):
            value: Any = [url] if name == "request_uris" else url
            said = {"client_name": "x", "redirect_uris": [BACK], "scope": "openid", name: value}
            told = house.client.post(f"{house.direct}/oauth2/register", json=said, headers=headers)
            assert name not in told.json()
            asked = ask(told.json().get("client_id", "x"), code_challenge=pkce()[1], request_uri=url)
            assert house.browser().http.get(asked).status_code in (303, 400)
        assert came == []


def test_what_the_provider_says_of_itself_does_not_follow_the_host_header(house: Behind) -> None:
    for name in ("evil.example", "localhost:1", "localhost@evil.example", ""):
        answer = house.past("/.well-known/openid-configuration", headers={"host": name})
        assert "evil" not in answer.text or answer.status_code == 421
        if answer.status_code == 200:
            assert answer.json()["issuer"] == house.direct


def test_a_page_of_another_origin_cannot_send_our_forms(house: Behind) -> None:
    browser = house.browser(NOC)
    for path in (
        "/oauth2/account/password",
        "/oauth2/sign-out",
        "/oauth2/consent",
        "/oauth2/device",
        "/oauth2/sign-in",
    ):
        answer = browser.http.post(path, data={"form": "x"}, headers={"origin": "https://evil.example"})
        assert answer.status_code in (400, 403, 404), path
    assert browser.http.get("/oauth2/account").status_code == 200


def test_guessing_a_password_locks(house: Behind) -> None:
    browser, seen = house.browser(), []
    for _ in range(7):
        seen.append(browser.sign_in("auditor@belgicom.example", "guessed").status_code)
    assert 429 in seen
    addresses = [{"x-forwarded-for": f"10.1.1.{n}", "x-trunkline-address": f"10.1.1.{n}"} for n in range(3)]
    page = browser.get("/oauth2/sign-in", next="/oauth2/account")
    for headers in addresses:
        browser.http.headers.update(headers)
        assert browser.send(page, user_name="auditor@belgicom.example", password="guessed").status_code == 429
