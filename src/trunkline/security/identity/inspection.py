"""Where clients give tokens back, and where resource servers ask whether a token is good."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from trunkline.security.identity.clients import CONFIDENTIAL, METHODS, Client
from trunkline.security.identity.exchange import Exchange
from trunkline.security.identity.grants import Grant
from trunkline.security.identity.terms import INTROSPECT
from trunkline.security.identity.tokens import own_claims


class Revocation(RevocationEndpoint):
    """Where a client gives tokens back (RFC 7009): with one token its whole grant ends."""

    server: Exchange
    CLIENT_AUTH_METHODS = METHODS

    def query_token(self, token_string: str, token_type_hint: str | None) -> Grant | None:
        found = _found(self.server, token_string)
        self.server.grant = found[0] if found is not None else None
        return self.server.grant

    def revoke_token(self, token: Grant, request: OAuth2Request) -> None:
        self.server.unit.grants.revoke(token.id)


class Introspection(IntrospectionEndpoint):
    """Where resource servers ask whether a token is good (RFC 7662): of their own, or with the scope for it."""

    server: Exchange
    CLIENT_AUTH_METHODS = CONFIDENTIAL

    def query_token(self, token_string: str, token_type_hint: str | None) -> Grant | None:
        found = _found(self.server, token_string)
        self._told = found[1] if found is not None else {}
        self.server.grant = found[0] if found is not None else None
        return self.server.grant

    def check_permission(self, token: Grant, client: Client, request: OAuth2Request) -> bool:
        return token.check_client(client) or INTROSPECT in client.scopes

    def introspect_token(self, token: Grant) -> dict[str, Any]:
        person = self.server.unit.people.get(token.person) if token.person else None
        told = {name: value for name, value in self._told.items() if name != "grant"}
        return told | ({"username": person.user_name} if person is not None else {})


def _found(server: Exchange, token: str) -> tuple[Grant, dict[str, Any]] | None:
    """The grant of a refresh or an access token that may be good, and what is told of it."""
    grant, used = server.unit.grants.of_refresh(token)
    if grant is not None:
        told = {"client_id": grant.client, "scope": grant.scope, "exp": grant.expires, "iss": server.terms.issuer}
        return None if used else (grant, told | {"sub": grant.person or grant.client})
    claims = own_claims(token, server.unit.keys.public(), server.terms, server.unit.now)
    grant = server.unit.grants.get(claims["grant"]) if claims is not None else None
    if claims is None or grant is None:
        return None
    return grant, claims | {"token_type": "DPoP" if "cnf" in claims else "Bearer"}
