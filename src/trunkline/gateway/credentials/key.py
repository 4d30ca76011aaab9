"""A key of an application. What it is worth is known to its owner and to Envoy; here stands its SHA-256.

A key is `tk_ID_SECRET` with 256 random bits in its secret, so its plain hash cannot be guessed from. The prefix lets
scanners find keys that were published by mistake.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import NamedTuple

import msgspec


class Key(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of an issued key. Times are UTC; `expires` None is never."""

    id: str
    application: str
    tier: str
    digest: str
    issued: datetime
    expires: datetime | None = None
    revoked: datetime | None = None

    @property
    def client(self) -> str:
        """As the gateway and upstreams know its owner: `TIER.APPLICATION`."""
        return f"{self.tier}.{self.application}"

    def is_live(self, now: datetime) -> bool:
        return self.revoked is None and (self.expires is None or now < self.expires)


class Issued(NamedTuple):
    """A new key, with its text, which is shown once and kept nowhere but in Envoy's file."""

    key: Key
    text: str


def issue(application: str, tier: str, now: datetime, expires: datetime | None = None) -> Issued:
    id = secrets.token_hex(6)
    text = f"tk_{id}_{secrets.token_urlsafe(32)}"
    return Issued(
        Key(id=id, application=application, tier=tier, digest=digest(text), issued=now, expires=expires), text
    )


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def id_of(text: str) -> str:
    """The id in a key's text."""
    return text.split("_", 2)[1]
