"""Clients: the applications that ask for tokens, as RFC 7591 describes them."""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import msgspec
from authlib.oauth2.rfc6749 import ClientMixin
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey
from sqlalchemy import Connection, delete, insert, select, update

from trunkline.loopback import is_loopback
from trunkline.security.identity.grants import end
from trunkline.security.identity.sealing import digest
from trunkline.security.identity.tables import client, grant

PUBLIC: Final = "none"
"""The method of clients that cannot keep a secret: they do not authenticate."""
CONFIDENTIAL: Final = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
"""The methods of clients that authenticate."""
METHODS: Final = [*CONFIDENTIAL, PUBLIC]
DEVICE: Final = "urn:ietf:params:oauth:grant-type:device_code"
AuthMethod = Literal["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]
GrantType = Literal[
    "authorization_code", "refresh_token", "client_credentials", "urn:ietf:params:oauth:grant-type:device_code"
]
SIGNING: Final = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
"""What clients may sign their assertions and their DPoP proofs with: asymmetric all."""
_Text = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
_Uri = Annotated[str, msgspec.Meta(max_length=2_000)]
_Scope = Annotated[str, msgspec.Meta(max_length=2_000, pattern=r"^([!#-\[\]-~]+( [!#-\[\]-~]+)*)?$")]


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What a client is registered with (RFC 7591, clause 2). What is not here is not taken from a registration."""

    client_name: _Text = ""
    redirect_uris: Annotated[tuple[_Uri, ...], msgspec.Meta(max_length=20)] = ()
    grant_types: Annotated[tuple[GrantType, ...], msgspec.Meta(min_length=1, max_length=10)] = ("authorization_code",)
    response_types: Annotated[tuple[Literal["code"], ...], msgspec.Meta(max_length=1)] = ("code",)
    token_endpoint_auth_method: AuthMethod = "client_secret_basic"  # noqa: S105  # a method
    scope: _Scope = ""
    jwks: dict[str, Any] | None = None
    """Public keys for private_key_jwt. They are given, not fetched: a `jwks_uri` would let clients have the provider
    call addresses of their choice."""
    dpop_bound_access_tokens: bool = False
    post_logout_redirect_uris: Annotated[tuple[_Uri, ...], msgspec.Meta(max_length=20)] = ()
    """Where it may have a browser led after signing out (RP-Initiated Logout 1.0, clause 3.1)."""
    require_pushed_authorization_requests: bool = False
    """Whether it asks for codes by what it has pushed alone (RFC 9126, clause 6)."""

    @property
    def secret(self) -> bool:
        """Whether it authenticates by a secret."""
        return self.token_endpoint_auth_method.startswith("client_secret")

    def fault(self) -> str:
        """What is wrong with it; "" where nothing."""
        redirects = "authorization_code" in self.grant_types
        if redirects and not self.redirect_uris:
            return "a client with the grant type authorization_code has a redirect URI"
        for uri in (*self.redirect_uris, *self.post_logout_redirect_uris):
            if reason := fault_of_redirect(uri):
                return f"the redirect URI {uri[:200]!r} {reason}"
        method = self.token_endpoint_auth_method
        if "client_credentials" in self.grant_types and method == PUBLIC:
            return "a client with the grant type client_credentials authenticates: it has no method `none`"
        if (method == "private_key_jwt") != (self.jwks is not None):
            return "`jwks` is given with the method private_key_jwt, and only with it"
        return _fault_of_keys(self.jwks) if self.jwks is not None else ""


def fault_of_redirect(uri: str) -> str:
    """What speaks against redirecting to a URI (RFC 9700, clause 2.1; RFC 8252, clause 7); "" where nothing."""
    if not re.fullmatch(r"[!#-;=?-\[\]_a-z~]+", uri):
        return "has characters that no URI has"
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return "is no URI"
    if parts.fragment or "#" in uri:
        return "has a fragment"
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        return "has a user's name in it"
    if parts.scheme == "https":
        return "" if host else "has no host"
    if parts.scheme == "http":
        return "" if is_loopback(host) else "is of plain http, which only loopback may be"
    if "." not in parts.scheme:
        return "is neither https nor of a scheme of the client's own, in the form com.example.app"
    return ""


def _fault_of_keys(jwks: dict[str, Any]) -> str:
    try:
        keys = KeySet.import_key_set(jwks).keys  # type: ignore[arg-type]  # what is wrong with it is an error
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        return "`jwks` is no set of keys"
    if not 0 < len(keys) <= 10:
        return "`jwks` has 1 to 10 keys"
    if any(isinstance(key, OctKey) or key.is_private for key in keys):
        return "`jwks` has public keys only: keep the private ones to yourself, and make new ones now"
    return ""


class Client(ClientMixin):
    """A registered client, as Authlib asks it."""

    def __init__(
        self,
        id: str,
        metadata: Metadata,
        secret: bytes | None = None,
        registration: bytes | None = None,
        created: int = 0,
    ) -> None:
        self.id, self.metadata, self.created = id, metadata, created
        self._secret, self._registration = secret, registration

    @property
    def name(self) -> str:
        return self.metadata.client_name or self.id

    @property
    def public(self) -> bool:
        return self.metadata.token_endpoint_auth_method == PUBLIC

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(self.metadata.scope.split())

    def keys(self) -> KeySet:
        return KeySet.import_key_set(self.metadata.jwks or {"keys": []})  # type: ignore[arg-type]

    def get_client_id(self) -> str:
        return self.id

    def get_default_redirect_uri(self) -> str:
        """None is taken for granted: every request names its redirect URI."""
        return ""

    def get_allowed_scope(self, scope: Collection[str] | str) -> str:
        """The part of a scope that this client may have."""
        asked = scope.split() if isinstance(scope, str) else scope or ()
        return " ".join(each for each in dict.fromkeys(asked) if each in self.scopes)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """By exact comparison; of a loopback one the port is free (RFC 8252, clause 7.3)."""
        if redirect_uri in self.metadata.redirect_uris:
            return True
        return not fault_of_redirect(redirect_uri) and any(
            _without_port(redirect_uri) == _without_port(registered)
            for registered in self.metadata.redirect_uris
            if self.public and registered.startswith("http:")
        )

    def check_client_secret(self, client_secret: str) -> bool:
        return self._secret is not None and hmac.compare_digest(self._secret, digest(client_secret))

    def check_registration(self, token: str) -> bool:
        """Whether it is the registration access token (RFC 7592)."""
        return self._registration is not None and hmac.compare_digest(self._registration, digest(token))

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Only the method that it is registered with."""
        return method == self.metadata.token_endpoint_auth_method

    def check_response_type(self, response_type: str) -> bool:
        return response_type in self.metadata.response_types

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.metadata.grant_types


def _without_port(uri: str) -> tuple[str, str | None, str, str]:
    parts = urlsplit(uri)
    return parts.scheme, parts.hostname, parts.path, parts.query


class Clients:
    """Clients as one transaction sees them."""

    def __init__(self, connection: Connection, now: int) -> None:
        self._connection, self._now = connection, now

    def get(self, id: str) -> Client | None:
        row = self._connection.execute(select(client).where(client.c.id == id)).one_or_none()
        if row is None:
            return None
        return Client(row.id, msgspec.convert(row.document, Metadata), row.secret, row.registration, row.created)

    def add(self, id: str, metadata: Metadata, secret: str | None = None, registration: str | None = None) -> Client:
        added = Client(id, metadata, _kept(secret), _kept(registration), self._now)
        document = msgspec.to_builtins(metadata)
        values = {"id": id, "document": document, "created": self._now}
        self._connection.execute(
            insert(client).values(**values, secret=_kept(secret), registration=_kept(registration))
        )
        return added

    def replace(self, id: str, metadata: Metadata, secret: str | None = None) -> None:
        """Keep other metadata; without a new `secret` the one that it has, if its method needs one."""
        values: dict[str, Any] = {"document": msgspec.to_builtins(metadata)}
        if secret is not None or not metadata.secret:
            values["secret"] = _kept(secret)
        self._connection.execute(update(client).where(client.c.id == id).values(values))

    def remove(self, id: str) -> None:
        """Forget a client with all that was granted to it."""
        end(self._connection, grant.c.client == id, self._now)
        self._connection.execute(delete(client).where(client.c.id == id))


def _kept(secret: str | None) -> bytes | None:
    return digest(secret) if secret is not None else None
