"""Authorization code with PKCE, through the pages that a person sees."""

from __future__ import annotations

import pytest

from tests.security.identity.world import BACK, ISSUER, World, ask, back, claims, pkce, redeem


def test_a_person_lets_an_application_act_for_them(world: World) -> None:
    tokens = world.tokens(world.client(), nonce="n-1")
    access, id_token = claims(tokens["access_token"]), claims(tokens["id_token"])
    assert (access["sub"], access["roles"], access["region"]) == (world.noc, ["noc"], "flanders")
    assert (access["aud"], access["client_id"], access["scope"]) == (
        "https://api.example",
        "app",
        "openid network.read",
    )
    assert (id_token["aud"], id_token["nonce"], id_token["sub"], id_token["amr"]) == ("app", "n-1", world.noc, ["pwd"])


def test_the_answer_says_whose_it_is_and_brings_the_state_back(world: World) -> None:
    client, browser = world.client(), world.browser()
    browser.sign_in("noc@acme.example")
    answer = browser.send(browser.get(ask("app", code_challenge=pkce()[1])), decision="allow")
    assert answer.headers["location"].startswith(f"{BACK}?")
    assert {name: value for name, value in back(answer).items() if name != "code"} == {"state": "st", "iss": ISSUER}
    assert client


def test_who_is_not_signed_in_signs_in_first_and_is_led_on(world: World) -> None:
    world.client()
    browser = world.browser()
    page = browser.get(ask("app", code_challenge=pkce()[1]))
    assert "<h1>Sign in</h1>" in page.text
    asked = browser.send(page, user_name="noc@acme.example", password="correct horse battery")
    assert "Allow access?" in asked.text
    assert "network.read" in asked.text


def test_a_person_may_say_no(world: World) -> None:
    world.client()
    browser = world.browser()
    browser.sign_in("noc@acme.example")
    answer = back(browser.send(browser.get(ask("app", code_challenge=pkce()[1])), decision="deny"))
    assert (answer["error"], answer["iss"], "code" in answer) == ("access_denied", ISSUER, False)


def test_nobody_gets_a_scope_that_their_roles_do_not_give(world: World) -> None:
    client = world.client(scope="openid network.read identity.people")
    tokens = world.tokens(client, scope="openid network.read identity.people")
    assert tokens["scope"] == "openid network.read"


def test_user_information_is_what_the_scopes_tell(world: World) -> None:
    client = world.client()
    browser = world.browser()
    browser.sign_in("noc@acme.example")
    access = world.tokens(client, browser, scope="openid profile email")["access_token"]
    told = world.http.get("/oauth2/userinfo", headers={"authorization": f"Bearer {access}"}).json()
    assert (told["sub"], told["preferred_username"], told["email"]) == (
        world.noc, "noc@acme.example", "noc@acme.example",
    )  # fmt: skip
    without = world.tokens(client, browser, scope="network.read")
    assert "id_token" not in without
    refused = world.http.get("/oauth2/userinfo", headers={"authorization": f"Bearer {without['access_token']}"})
    assert (refused.status_code, "insufficient_scope" in refused.headers["www-authenticate"]) == (403, True)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": ""}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"scope": "network.read everything"}, "invalid_scope"),
        ({"prompt": "none"}, "login_required"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"request": "eyJ.eyJ."}, "request_not_supported"),
        ({"request_uri": "http://127.0.0.1:1/"}, "request_uri_not_supported"),
    ],
)
@pytest.mark.parametrize("public", [True, False])
def test_an_application_is_told_what_is_wrong_with_its_request(
    world: World, changed: dict[str, str], error: str, public: bool
) -> None:
    world.client(secret=None if public else "s3cret")
    answer = back(world.browser().get(ask("app", **{"code_challenge": pkce()[1], **changed})))
    assert (answer["error"], answer["state"], answer["iss"]) == (error, "st", ISSUER)


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "https://evil.example/back"},
        {"redirect_uri": f"{BACK}/../../evil"},
        {"redirect_uri": f"{BACK}?more=1"},
        {"redirect_uri": "https://app.example@evil.example/back"},
        {"redirect_uri": "https://app.example.evil.example/back"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "//evil.example"},
        {"redirect_uri": 'https://app.example/back"><script>'},
        {"redirect_uri": ""},
        {"client_id": "nobody"},
        {"client_id": "app\x00"},
        {"client_id": '"><script>alert(1)</script>'},
        {"response_type": '"><script>'},
        {"redirect_uri": "https://evil.example/", "response_type": "token"},
    ],
)
def test_who_cannot_be_sure_of_the_application_is_led_nowhere(world: World, changed: dict[str, str]) -> None:
    world.client()
    browser = world.browser()
    browser.sign_in("noc@acme.example")
    answer = browser.http.get(ask("app", **{"code_challenge": pkce()[1], **changed}))
    assert (answer.status_code, "location" in answer.headers, "<script>" in answer.text) == (400, False, False)


def test_a_parameter_that_is_given_twice_is_refused(world: World) -> None:
    world.client()
    twice = f"{ask('app', code_challenge=pkce()[1])}&redirect_uri=https://evil.example"
    assert world.http.get(twice).status_code == 400


def test_the_port_of_a_loopback_address_is_free_but_for_public_clients_alone(world: World) -> None:
    world.client("native", secret=None, redirect_uris=["http://127.0.0.1/back"])
    world.client("web", redirect_uris=["http://127.0.0.1/back"])
    elsewhere = {"redirect_uri": "http://127.0.0.1:51234/back", "code_challenge": pkce()[1]}
    assert "Sign in" in world.browser().get(ask("native", **elsewhere)).text
    assert world.http.get(ask("web", **elsewhere)).status_code == 400
    other_path = {**elsewhere, "redirect_uri": "http://127.0.0.1:51234/other"}
    assert world.http.get(ask("native", **other_path)).status_code == 400


@pytest.mark.parametrize("verifier", ["", "x" * 50, "short"])
def test_a_code_without_its_verifier_gives_nothing(world: World, verifier: str) -> None:
    client = world.client()
    code, _ = world.code(client)
    answer = world.token(redeem(client, code, verifier))
    assert (answer.status_code, answer.json()["error"]) == (
        400, "invalid_grant" if len(verifier) > 43 else "invalid_request",
    )  # fmt: skip


def test_a_code_of_one_client_gives_another_nothing(world: World) -> None:
    client, thief = world.client(), world.client("thief")
    code, verifier = world.code(client)
    assert world.token(redeem(thief, code, verifier)).json()["error"] == "invalid_grant"
    assert world.token(redeem(client, code, verifier)).status_code == 200


def test_a_code_is_bound_to_its_redirect_uri(world: World) -> None:
    other = "https://app.example/other"
    client = world.client(redirect_uris=[BACK, other])
    code, verifier = world.code(client)
    assert world.token(redeem(client, code, verifier, other)).json()["error"] == "invalid_grant"


def test_a_code_that_comes_twice_ends_what_the_first_was_redeemed_for(world: World) -> None:
    client = world.client()
    code, verifier = world.code(client)
    first = world.token(redeem(client, code, verifier)).json()
    world.verifier.verify(f"Bearer {first['access_token']}", "GET", ISSUER)
    assert world.token(redeem(client, code, verifier)).json()["error"] == "invalid_grant"
    assert world.refresh(client, first["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_code_lapses_soon(world: World) -> None:
    client = world.client()
    code, verifier = world.code(client)
    world.clock.ahead += 61
    assert world.token(redeem(client, code, verifier)).json()["error"] == "invalid_grant"


def test_consent_is_remembered_for_clients_that_prove_who_they_are(world: World) -> None:
    web, native = world.client(), world.client("native", secret=None)
    browser = world.browser()
    browser.sign_in("noc@acme.example")
    for client in (web, native):
        world.tokens(client, browser)
    again = {"code_challenge": pkce()[1], "prompt": "none"}
    assert "code" in back(browser.get(ask("app", **again)))
    assert back(browser.get(ask("native", **again)))["error"] == "consent_required"
    more = {**again, "scope": "openid network.read network.write"}
    assert back(browser.get(ask("app", **more)))["error"] == "consent_required"
    assert "Allow access?" in browser.get(ask("app", **{**again, "prompt": "consent"})).text


def test_signing_in_anew_can_be_asked_for(world: World) -> None:
    world.client()
    browser = world.browser()
    browser.sign_in("noc@acme.example")
    challenge = pkce()[1]
    page = browser.get(ask("app", code_challenge=challenge, prompt="login"))
    assert "<h1>Sign in</h1>" in page.text
    assert "Allow access?" in browser.send(page, user_name="noc@acme.example", password="correct horse battery").text
    world.clock.ahead += 100
    assert "<h1>Sign in</h1>" in browser.get(ask("app", code_challenge=challenge, max_age="60")).text
    assert "Allow access?" in browser.get(ask("app", code_challenge=challenge, max_age="1000")).text


def test_a_request_may_come_as_a_form(world: World) -> None:
    world.client()
    path, _, query = ask("app", code_challenge=pkce()[1]).partition("?")
    answer = world.http.post(
        path, content=query, headers={"content-type": "application/x-www-form-urlencoded", "origin": BACK}
    )
    assert (answer.status_code, answer.headers["location"].startswith("/oauth2/authorize?")) == (303, True)


def test_the_discovery_document_names_what_there_is(world: World) -> None:
    told = world.http.get("/.well-known/openid-configuration").json()
    assert told == world.http.get("/.well-known/oauth-authorization-server").json()
    assert (told["issuer"], told["code_challenge_methods_supported"]) == (ISSUER, ["S256"])
    for name, url in told.items():
        if name.endswith(("_endpoint", "_uri")):
            assert world.http.options(url.removeprefix(ISSUER)).status_code == 405, name
