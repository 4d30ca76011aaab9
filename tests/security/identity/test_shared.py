"""Several processes on one database; restarts; keys that follow each other; what lies in the tables."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from joserfc import jws

from tests.security.identity.world import ISSUER, PASSWORD, World, claims, redeem
from tests.store.stores import NAMES, url
from trunkline.security.identity.caller import Refused
from trunkline.security.identity.sealing import key_file
from trunkline.store import StoreError

DAY = 86_400


@pytest.fixture(params=NAMES)
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[World, World]]:
    """Two processes' providers on one new database."""
    with url(request.param, tmp_path) as at:
        one, two = World(at), World(at)
        yield one, two
        for each in (one, two):
            each.identity.close()


def test_what_one_process_hands_out_every_other_takes(pair: tuple[World, World]) -> None:
    one, two = pair
    client = one.client()
    browser = one.browser()
    browser.sign_in("noc@acme.example")
    there = two.browser()
    there.http.cookies.update(browser.http.cookies)
    assert "You are signed in" in there.get("/oauth2/account").text
    code, verifier = one.code(client, browser)
    tokens = two.token(redeem(client, code, verifier)).json()
    assert one.verifier.verify(f"Bearer {tokens['access_token']}", "GET", ISSUER).subject == one.noc
    second = one.refresh(client, tokens["refresh_token"]).json()
    assert two.refresh(client, tokens["refresh_token"]).json()["error"] == "invalid_grant"
    for each in pair:
        with pytest.raises(Refused):
            each.verifier.verify(f"Bearer {second['access_token']}", "GET", ISSUER)
    token = one.admin_token()
    found = two.http.get(
        "/scim/v2/Users", params={"filter": 'userName eq "NOC@acme.example"'},
        headers={"authorization": f"Bearer {token}"},
    )  # fmt: skip
    assert found.json()["Resources"][0]["groups"] == [{"display": "noc"}]
    two.http.delete(f"/scim/v2/Users/{one.noc}", headers={"authorization": f"Bearer {token}"})
    assert "password is wrong" in one.browser().sign_in("noc@acme.example").text


def test_of_many_that_redeem_one_refresh_token_at_once_none_keeps_the_family(pair: tuple[World, World]) -> None:
    client = pair[0].client()
    token = pair[0].tokens(client)["refresh_token"]
    with ThreadPoolExecutor(4) as pool:
        answers = [each.json() for each in pool.map(lambda n: pair[n % 2].refresh(client, token), range(4))]
    given = [each for each in answers if "refresh_token" in each]
    assert len(given) == 1
    assert pair[0].refresh(client, given[0]["refresh_token"]).json()["error"] == "invalid_grant"


def test_both_show_the_same_keys_and_sign_with_the_same(pair: tuple[World, World]) -> None:
    keys = [each.http.get("/oauth2/keys").json() for each in pair]
    assert keys[0] == keys[1]
    assert len(keys[0]["keys"]) == 1


def test_tokens_and_sessions_outlive_a_restart(world: World) -> None:
    client = world.client()
    browser = world.browser()
    browser.sign_in("noc@acme.example")
    tokens = world.tokens(client, browser)
    world.identity.close()
    again = World(world.url)
    try:
        assert again.verifier.verify(f"Bearer {tokens['access_token']}", "GET", ISSUER).subject == world.noc
        assert again.refresh(client, tokens["refresh_token"]).status_code == 200
        there = again.browser()
        there.http.cookies.update(browser.http.cookies)
        assert "You are signed in" in there.get("/oauth2/account").text
    finally:
        again.identity.close()


def test_a_key_is_shown_before_it_signs_and_after(world: World) -> None:
    service = {**world.service(), "grant_type": "client_credentials"}

    def shown() -> list[str]:
        return [key["kid"] for key in world.http.get("/oauth2/keys").json()["keys"]]

    def signer() -> str:
        token = world.token(service).json()["access_token"]
        world.verifier.verify(f"Bearer {token}", "GET", ISSUER)
        return str(jws.extract_compact(token.encode()).headers()["kid"])

    first = shown()
    assert signer() == first[0]
    world.clock.ahead += 29 * DAY + 60
    both = shown()
    assert (both[0], len(both), signer()) == (first[0], 2, first[0])
    world.clock.ahead += DAY
    assert (shown(), signer()) == (both, both[1])
    world.clock.ahead += DAY
    assert signer() == both[1]
    world.clock.ahead += 28 * DAY
    assert (first[0] in shown(), len(shown())) == (False, 2)


def test_a_provider_that_has_slept_makes_a_key_when_it_wakes(world: World) -> None:
    world.clock.ahead += 400 * DAY
    service = {**world.service(), "grant_type": "client_credentials"}
    token = world.token(service).json()["access_token"]
    assert world.verifier.verify(f"Bearer {token}", "GET", ISSUER).client == "service"
    assert len(world.http.get("/oauth2/keys").json()["keys"]) == 1


def test_no_secret_lies_in_the_tables(world: World, tmp_path: Path) -> None:
    client = world.client(secret="the-clients-own-secret")
    browser = world.browser()
    browser.sign_in("noc@acme.example")
    tokens = world.tokens(client, browser)
    cookie = next(value for name, value in browser.http.cookies.items() if name.endswith("session"))
    world.identity.close()
    raw = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for secret in (PASSWORD, client["client_secret"], tokens["access_token"], tokens["refresh_token"], cookie):
        assert secret.encode() not in raw
    assert b"PRIVATE KEY" not in raw


def test_another_key_opens_nothing(world: World) -> None:
    other = World(world.url, b"o" * 32)
    try:
        answer = other.token({**other.service("s"), "grant_type": "client_credentials"})
        assert (answer.status_code, "access_token" in answer.text) == (500, False)
    finally:
        other.identity.close()


def test_what_has_lapsed_is_forgotten(world: World) -> None:
    client = world.client()
    tokens = world.tokens(client)
    world.clock.ahead += 31 * DAY
    world.http.get("/oauth2/keys")
    with world.identity.unit():
        pass
    with world.identity.looking() as unit:
        assert unit.grants.get(claims(tokens["access_token"])["grant"]) is None


def test_the_key_file_is_the_users_alone_and_one_for_all(tmp_path: Path) -> None:
    file = tmp_path / "identity.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: key_file(file), range(16)))
    assert (len(keys), file.stat().st_mode & 0o777, [each.name for each in tmp_path.iterdir()]) == (
        1, 0o600, ["identity.key"],
    )  # fmt: skip


def test_the_migrations_make_the_tables_that_the_code_uses(world: World) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import create_engine

    from trunkline.security.identity.migrating import STEPS
    from trunkline.security.identity.tables import metadata

    engine = create_engine(world.url.replace("sqlite:///", "sqlite:////"))
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert [each for each in differences if "identity_version" not in str(each)] == []
    assert max((STEPS.folder / "versions").glob("v*.py")).name.startswith(f"v{STEPS.newest}")


def test_tables_of_a_newer_release_are_left_alone(world: World) -> None:
    from sqlalchemy import create_engine, text

    engine = create_engine(world.url.replace("sqlite:///", "sqlite:////"))
    with engine.begin() as connection:
        connection.execute(text("UPDATE identity_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StoreError, match="does not know"):
        World(world.url)
