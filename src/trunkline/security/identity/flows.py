"""The ways to tokens, as Authlib has them, each made as strict as RFC 9700 asks, on our state."""

from __future__ import annotations

from typing import Any, Final

from authlib.oauth2.rfc6749 import (
    AccessDeniedError,
    AuthorizationCodeGrant,
    ClientCredentialsGrant,
    InvalidClientError,
    InvalidGrantError,
    InvalidRequestError,
    OAuth2Request,
    RefreshTokenGrant,
    UnauthorizedClientError,
)
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant
from authlib.oauth2.rfc8628.errors import AuthorizationPendingError, ExpiredTokenError, SlowDownError
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import Claims

from trunkline.security.identity.clients import CONFIDENTIAL, METHODS, SIGNING, Client
from trunkline.security.identity.devices import Device
from trunkline.security.identity.exchange import Exchange
from trunkline.security.identity.grants import Code, Grant
from trunkline.security.identity.inspection import Introspection, Revocation
from trunkline.security.identity.people import Person
from trunkline.security.identity.sealing import new_secret
from trunkline.security.identity.terms import DEVICE, POLL

LONGEST_ASSERTION: Final = 3_600  # seconds that a client's assertion may hold


class PkceS256(CodeChallenge):
    """PKCE (RFC 7636) for every client, by S256 alone: Authlib would let it be left out, or be `plain`."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]  # noqa: RUF012  # as Authlib declares it

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        given = grant.request.payload.data
        if not given.get("code_challenge") or given.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE is required: send `code_challenge` with `code_challenge_method` S256")
        super().validate_code_challenge(grant, redirect_uri)


class CodeFlow(AuthorizationCodeGrant):
    """Authorization code (RFC 6749, clause 4.1)."""

    server: Exchange
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def generate_authorization_code(self) -> str:
        return new_secret()

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        given, person, client = request.payload.data, request.user, request.client
        scope = self.server.allowed_scope(client, person, request.scope or "")
        signed_in = self.server.signed_in
        self.server.unit.grants.add_code(
            Code(
                code, client.id, person.id, given["redirect_uri"], scope, given["code_challenge"], signed_in,
                given.get("dpop_jkt", ""),
            )
        )  # fmt: skip

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        found = self.server.unit.grants.code(code, client.id)
        if found is not None and found.key and found.key != self.server.proof_key:
            raise InvalidGrantError("the code is bound to a DPoP key that this request does not prove to have")
        return found

    def delete_authorization_code(self, authorization_code: Code) -> None:
        if self.server.grant is not None:
            self.server.unit.grants.redeemed(authorization_code.value, self.server.grant.id)

    def authenticate_user(self, authorization_code: Code) -> Person | None:
        return _active(self.server, authorization_code.person)


class ClientFlow(ClientCredentialsGrant):
    """Client credentials (RFC 6749, clause 4.4)."""

    TOKEN_ENDPOINT_AUTH_METHODS = CONFIDENTIAL


class RefreshFlow(RefreshTokenGrant):
    """Refresh tokens, each good once. One that comes again was stolen, now or before: its whole family ends
    (RFC 9700, clause 4.14.2)."""

    server: Exchange
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Grant | None:
        grant, used = self.server.unit.grants.of_refresh(refresh_token)
        if grant is None or grant.ended:
            return None
        if used:
            self.server.unit.grants.revoke(grant.id)
            self.server.person = self.server.unit.people.get(grant.person)
            self.server.refused = "refresh token used again"
            return None
        if grant.key and grant.key != self.server.proof_key:
            raise InvalidGrantError("the refresh token is bound to a DPoP key that this request does not prove to have")
        return grant

    def authenticate_user(self, refresh_token: Grant) -> Person | None:
        return _active(self.server, refresh_token.person)

    def revoke_old_credential(self, refresh_token: Grant) -> None:
        self.server.unit.grants.use_refresh(self.request.form["refresh_token"])


class DeviceFlow(DeviceCodeGrant):
    """Device authorization (RFC 8628)."""

    server: Exchange
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def query_device_credential(self, device_code: str) -> Device | None:
        return self.server.unit.devices.poll(device_code)

    def validate_device_credential(self, credential: Device) -> Person:
        if credential.expired:
            raise ExpiredTokenError()
        if credential.state == "denied":
            raise AccessDeniedError()
        if credential.state == "pending":
            raise SlowDownError() if credential.hasty else AuthorizationPendingError()
        person = _active(self.server, credential.person)
        if credential.state != "approved" or person is None:
            raise InvalidGrantError("the device code gives no tokens any more")
        self.server.unit.devices.redeemed(credential)
        return person


class DeviceStart(DeviceAuthorizationEndpoint):
    """Where a device asks for its codes (RFC 8628, clause 3.1)."""

    server: Exchange
    CLIENT_AUTH_METHODS = METHODS
    EXPIRES_IN = DEVICE
    INTERVAL = POLL

    def authenticate_client(self, request: OAuth2Request) -> Client:
        client: Client = super().authenticate_client(request)
        if not client.check_grant_type(DeviceFlow.GRANT_TYPE):
            raise UnauthorizedClientError("the client is not registered for the device flow")
        return client

    def get_verification_uri(self) -> str:
        return self.server.terms.url("/oauth2/device")

    def save_device_credential(self, client_id: str, scope: str, data: dict[str, Any]) -> None:
        self.server.unit.devices.add(client_id, scope or "", data["device_code"], data["user_code"])


class PrivateKeyJwt(JWTBearerClientAssertion):
    """Clients that sign who they are (OpenID Connect Core, clause 9; RFC 7523)."""

    CLIENT_AUTH_METHOD = "private_key_jwt"

    def __init__(self, server: Exchange) -> None:
        super().__init__()
        self._server = server

    def get_audiences(self) -> list[str]:
        terms = self._server.terms
        return [terms.issuer, terms.url("/oauth2/token")]

    def process_assertion_claims(self, assertion: str, resolve_key: KeySet) -> Claims:
        """Signed in one of our ways alone: Authlib would take an HMAC as well, and Ed25519 not."""
        try:
            claims = jwt.decode(assertion, resolve_key, list(SIGNING)).claims
        except (JoseError, ValueError):
            raise InvalidClientError(description="the assertion is not signed by a key of the client") from None
        self.verify_claims(claims)
        return claims

    def verify_claims(self, claims: Claims) -> None:
        now = self._server.unit.now
        if not isinstance(claims.get("exp"), int) or claims["exp"] > now + LONGEST_ASSERTION:
            raise InvalidRequestError(f"a client's assertion holds at most {LONGEST_ASSERTION} seconds")
        super().verify_claims(claims)

    def validate_jti(self, claims: Any, jti: Any) -> bool:
        return self._server.unit.first_time(f"assertion {claims['iss']} {jti}", claims["exp"] + self.leeway)

    def resolve_client_public_key(self, client: Client) -> KeySet:
        return client.keys()


def _active(server: Exchange, person: str) -> Person | None:
    found = server.unit.people.get(person)
    return found if found is not None and found.active else None


def exchange_with_flows(server: Exchange) -> Exchange:
    """The authorization server with all that it offers."""
    server.register_client_auth_method(PrivateKeyJwt.CLIENT_AUTH_METHOD, PrivateKeyJwt(server))
    server.register_grant(CodeFlow, [PkceS256()])
    for flow in (ClientFlow, RefreshFlow, DeviceFlow):
        server.register_grant(flow)
    for endpoint in (DeviceStart, Revocation, Introspection):
        server.register_endpoint(endpoint)
    return server
