"""Whatever is sent to the provider, it answers, and never by failing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.security.identity.world import ISSUER, World, ask, pkce, store_url
from trunkline.security.identity.clients import DEVICE

NAMES = [
    "grant_type", "client_id", "client_secret", "code", "redirect_uri", "code_verifier", "refresh_token", "scope",
    "device_code", "token", "token_type_hint", "client_assertion", "client_assertion_type", "user_code", "form", "next",
    "user_name", "password", "decision", "state", "nonce", "max_age", "prompt", "response_type", "code_challenge",
]  # fmt: skip
KNOWN = [
    "app", "trunkline", "authorization_code", "refresh_token", "client_credentials", DEVICE, "s3cret-of-the-app",
    "code",
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "e30.e30.e30", "openid", "/oauth2/authorize?x",
]  # fmt: skip
TEXT = st.sampled_from(KNOWN) | st.text(max_size=40)
FORMS = st.dictionaries(st.sampled_from(NAMES), TEXT, max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
SCIM_NAMES = ["userName", "active", "emails", "name", "members", "displayName", "Operations", "password", "externalId"]
SCIM = JSON | st.dictionaries(st.sampled_from(SCIM_NAMES), JSON, max_size=5)
CLIENT_NAMES = ["redirect_uris", "jwks", "grant_types", "scope", "client_name"]
CLIENT = st.dictionaries(st.sampled_from(CLIENT_NAMES), JSON, max_size=4)
quick = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory, set_up: Path) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("nonsense")
    shutil.copyfile(set_up, folder / "store.db")
    world = World(store_url(folder))
    world.client()
    yield world
    world.identity.close()


@pytest.fixture(scope="module")
def admin(at: World) -> dict[str, str]:
    return {"authorization": f"Bearer {at.admin_token()}"}


@quick
@given(
    path=st.sampled_from(["token", "revoke", "introspect", "device_authorization", "sign-in", "consent", "device"]),
    form=FORMS,
    headers=st.dictionaries(st.sampled_from(["authorization", "dpop", "cookie", "origin"]), st.text(
        st.characters(min_codepoint=32, max_codepoint=255), max_size=40), max_size=2),
)  # fmt: skip
def test_forms(at: World, path: str, form: dict[str, str], headers: dict[str, str]) -> None:
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    assert at.http.post(f"/oauth2/{path}", data=form, headers=raw).status_code < 500


@quick
@given(changed=FORMS)
def test_authorization_requests(at: World, changed: dict[str, str]) -> None:
    asked = {"client_id": "app", "code_challenge": pkce()[1], **changed}
    answer = at.http.get(ask(asked.pop("client_id"), **asked))
    assert answer.status_code < 500
    assert not answer.headers.get("location", "").startswith(("//", "http://"))


@quick
@given(method=st.sampled_from(["POST", "PUT", "PATCH"]), kind=st.sampled_from(["Users", "Groups"]), body=SCIM)
def test_scim(at: World, admin: dict[str, str], method: str, kind: str, body: Any) -> None:
    path = f"/scim/v2/{kind}" + ("" if method == "POST" else f"/{at.noc}")
    assert at.http.request(method, path, json=body, headers=admin).status_code < 500


@quick
@given(
    op=st.sampled_from(["add", "replace", "remove"]),
    path=st.sampled_from(
        ["userName", "name", "name.givenName", "emails", 'emails[type eq "work"]', "active", "x.y", "a[b]"]
    )
    | st.text(max_size=20),
    value=JSON,
)
def test_patches(at: World, admin: dict[str, str], op: str, path: str, value: Any) -> None:
    body = {"Operations": [{"op": op, "path": path, "value": value}]}
    assert at.http.request("PATCH", f"/scim/v2/Users/{at.noc}", json=body, headers=admin).status_code < 500


@quick
@given(body=CLIENT)
def test_registrations(at: World, admin: dict[str, str], body: Any) -> None:
    assert at.http.post("/oauth2/register", json=body, headers=admin).status_code < 500


@quick
@given(text=st.text(max_size=30))
def test_addresses(at: World, text: str) -> None:
    for base in ("/oauth2/", "/scim/v2/Users/", "/oauth2/register/", "/.well-known/"):
        assert at.http.get(f"{ISSUER}{base}{quote(text)}").status_code < 500
