"""Whose tokens are trusted: this provider's, and those of others that the operator names."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

from trunkline.loopback import is_loopback
from trunkline.security.identity.identity import Identity
from trunkline.security.identity.keys import ALGORITHM
from trunkline.security.identity.tokens import ACCESS_TYPE
from trunkline.settings import ForeignIssuer

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
"""Asymmetric all: with `none` or an HMAC, who can verify could also sign."""
LARGEST: Final = 1 << 20  # bytes of an issuer's documents
TIMEOUT: Final = 5  # seconds
MAX_AGE: Final = 3_600  # seconds that keys are trusted without being asked for again
PAUSE: Final = 30  # seconds between two requests for an unknown key
RSA_BITS: Final = 2_048  # fewer are not trusted

Key = RSAKey | ECKey | OKPKey


class KeysUnavailable(Exception):
    """An issuer's keys cannot be had; the text says why."""


class Keys:
    """An issuer's public keys by their ids, asked for when they are first needed, when an unknown id comes (at most
    every `pause` seconds) and when they are `max_age` old."""

    def __init__(
        self,
        load: Callable[[], Sequence[Mapping[str, Any]]],
        *,
        max_age: float = MAX_AGE,
        pause: float = PAUSE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`load` raises `KeysUnavailable`."""
        self._load, self._max_age, self._pause, self._clock = load, max_age, pause, clock
        self._keys: dict[str, Key] = {}
        self._asked = self._loaded = float("-inf")
        self._turn = threading.Lock()

    def key(self, id: str) -> Key | None:
        """The key of an id. Raises `KeysUnavailable` where there are none that are young enough."""
        if id in self._keys and self._clock() - self._loaded < self._max_age:
            return self._keys[id]
        with self._turn:
            now = self._clock()
            old = now - self._loaded >= self._max_age
            if (old or id not in self._keys) and now - self._asked >= self._pause:
                self._asked = now
                try:
                    self._keys = _usable(self._load())
                    self._loaded = now
                except KeysUnavailable:
                    if old:
                        raise
            elif old:
                raise KeysUnavailable("its keys could not be had a moment ago")
            return self._keys.get(id)


def _usable(found: Sequence[Mapping[str, Any]]) -> dict[str, Key]:
    """The keys that verify signatures; what is none of these is passed over, as RFC 7517, clause 5, says."""
    usable: dict[str, Key] = {}
    for jwk in found:
        id = jwk.get("kid")
        if not isinstance(id, str) or jwk.get("use", "sig") != "sig" or jwk.get("kty") not in ("RSA", "EC", "OKP"):
            continue
        try:
            key = import_key(dict(jwk))
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if isinstance(key, RSAKey) and key.raw_value.key_size < RSA_BITS:
            continue
        if isinstance(key, RSAKey | ECKey | OKPKey):
            usable[id] = key
    return usable


@dataclass(frozen=True, slots=True)
class Issuer:
    """An issuer that is trusted, and how to read its tokens."""

    url: str
    audience: str
    keys: Keys
    algorithms: tuple[str, ...] = ALGORITHMS
    types: tuple[str, ...] = ("at+jwt", "jwt")
    """The media types that its access tokens say they are (`typ`), in small letters."""
    roles_claim: tuple[str, ...] = ("roles",)
    roles: Mapping[str, str] | None = None
    """Our roles by the words of its claim; None where it says ours."""
    region_claim: tuple[str, ...] = ("region",)
    standing: Callable[[Mapping[str, Any]], str] = field(default=lambda claims: "")
    """Why a token is not good any more although it has not lapsed; "" where it is."""


def own(identity: Identity) -> Issuer:
    """This provider. What it revokes is refused as soon as a verifier looks again (`Verifier`'s `holds`)."""
    return Issuer(
        identity.terms.issuer,
        identity.terms.audience,
        Keys(identity.public_keys, max_age=60, pause=1, clock=identity.clock),
        algorithms=(ALGORITHM,),
        types=(ACCESS_TYPE,),
        standing=identity.standing,
    )


def foreign(settings: ForeignIssuer) -> Issuer:
    """An issuer of others, such as Keycloak or Entra ID, by configuration alone."""
    return Issuer(
        settings.issuer,
        settings.audience,
        Keys(lambda: _published(settings.issuer, settings.jwks_uri)),
        roles_claim=tuple(settings.roles_claim.split(".")),
        roles=settings.roles,
        region_claim=tuple(settings.region_claim.split(".")),
    )


def _published(issuer: str, jwks_uri: str) -> Sequence[Mapping[str, Any]]:
    """The keys that an issuer publishes (OpenID Connect Discovery, clause 4)."""
    if not jwks_uri:
        document = _get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if document.get("issuer") != issuer:
            raise KeysUnavailable(f"{issuer} says in its configuration that it is another issuer")
        jwks_uri = str(document.get("jwks_uri", ""))
    keys = _get(jwks_uri).get("keys")
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise KeysUnavailable(f"{jwks_uri} is no set of keys")
    return keys


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """An issuer that sends us elsewhere is not followed: keys come from where the operator said."""

    def redirect_request(self, *args: Any) -> None:
        return None


_open = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler()).open


def _get(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise KeysUnavailable(f"{url!r} is not https")
    try:
        with _open(url, timeout=TIMEOUT) as answer:
            raw = answer.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise KeysUnavailable(f"{url} answers more than {LARGEST} bytes")
        document = json.loads(raw)
    except (OSError, HTTPException, ValueError, RecursionError) as error:
        raise KeysUnavailable(f"{url} cannot be read: {error}") from None
    if not isinstance(document, dict):
        raise KeysUnavailable(f"{url} is no JSON object")
    return document
