"""The real Keycloak is trusted as an issuer, by configuration alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.servers.keycloak import Keycloak
from trunkline.security.identity.caller import Caller, Refused
from trunkline.security.identity.issuers import foreign
from trunkline.security.identity.verifier import Verifier
from trunkline.settings import ForeignIssuer

REALM: dict[str, Any] = {
    "realm": "acme",
    "enabled": True,
    "sslRequired": "none",
    "roles": {"realm": [{"name": "noc-staff"}]},
    "clients": [
        {
            "clientId": "portal",
            "publicClient": True,
            "directAccessGrantsEnabled": True,
            "protocolMappers": [
                {
                    "name": "for trunkline",
                    "protocol": "openid-connect",
                    "protocolMapper": "oidc-audience-mapper",
                    "config": {"included.custom.audience": "trunkline", "access.token.claim": "true"},
                }
            ],
        },
        {"clientId": "other", "publicClient": True, "directAccessGrantsEnabled": True},
    ],
    "users": [
        {
            "username": "wout",
            "enabled": True,
            "email": "wout@acme.example",
            "emailVerified": True,
            "firstName": "Wout",
            "lastName": "Peeters",
            "realmRoles": ["noc-staff"],
            "credentials": [{"type": "password", "value": "a password"}],
        }
    ],
}


@pytest.fixture(scope="module")
def keycloak(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keycloak]:
    server = Keycloak(tmp_path_factory.mktemp("keycloak"))
    try:
        server.make(REALM)
        yield server
    finally:
        server.stop()


def tokens(keycloak: Keycloak, client: str) -> dict[str, Any]:
    asked = {"grant_type": "password", "username": "wout", "password": "a password", "scope": "openid"}
    return keycloak.token("acme", {**asked, "client_id": client})


def test_its_people_are_callers_with_our_roles(keycloak: Keycloak) -> None:
    issuer = f"{keycloak.url}/realms/acme"
    settings = ForeignIssuer(
        issuer=issuer, audience="trunkline", roles_claim="realm_access.roles", roles={"noc-staff": "noc-engineer"}
    )
    verifier = Verifier([foreign(settings)])
    told = tokens(keycloak, "portal")
    caller = verifier.verify(f"Bearer {told['access_token']}", "GET", "http://localhost/")
    assert isinstance(caller, Caller)
    assert (caller.client, caller.roles, caller.issuer) == ("portal", frozenset({"noc-engineer"}), issuer)
    assert "openid" in caller.scopes
    for token, reason in (
        (told["id_token"], "for somebody else"),
        (told["refresh_token"], "not signed by"),
        (tokens(keycloak, "other")["access_token"], "for somebody else"),
    ):
        with pytest.raises(Refused, match=reason):
            verifier.verify(f"Bearer {token}", "GET", "http://localhost/")
    with pytest.raises(Refused, match="not trusted"):
        Verifier([]).verify(f"Bearer {told['access_token']}", "GET", "http://localhost/")
