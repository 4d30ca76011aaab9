"""The provider and the verifier of a project, from its settings."""

from __future__ import annotations

from pathlib import Path

from trunkline.credentials import reveal
from trunkline.security.identity.declared import Declared
from trunkline.security.identity.identity import Identity, open_identity
from trunkline.security.identity.issuers import foreign, own
from trunkline.security.identity.keys import DAY, KeyTerms
from trunkline.security.identity.passwords import Passwords, argon2id
from trunkline.security.identity.terms import Terms
from trunkline.security.identity.verifier import Verifier
from trunkline.settings import Settings, Trust
from trunkline.store import StoreError


def issuer_of(settings: Settings) -> str:
    """The URL of a project's provider."""
    trust = settings.trust or Trust()
    scheme = "https" if settings.tls is not None else "http"
    return trust.issuer or f"{scheme}://localhost:{settings.http.port}"


def open_provider(settings: Settings, declared: Declared, store_url: str, folder: Path, data: Path) -> Identity:
    """The provider's state of a project. Raises `StoreError`."""
    trust = settings.trust or Trust()
    issuer = issuer_of(settings)
    terms = Terms(
        issuer,
        trust.audience or issuer,
        declared.scopes(),
        trust.access,
        trust.refresh,
        trust.session,
        KeyTerms(signs=trust.key_days * DAY),
        trust.rate,
    )
    try:
        key = reveal(trust.key, folder, data) if trust.key else ""
    except ValueError as error:
        raise StoreError(f"`key` under [trust]: {error}") from None
    return open_identity(store_url, data, terms, key, Passwords(argon2id(trust.password_memory)))


def verifier(identity: Identity, settings: Settings) -> Verifier:
    """What a project's APIs ask whether a request's token is good: the provider and the issuers that are trusted."""
    trust = settings.trust or Trust()
    return Verifier([own(identity), *map(foreign, trust.issuers)], identity.unused, holds=trust.looks_again)
