"""The keys that tokens are signed with: each is shown before it signs and after, so that no verifier is surprised.

A new key is in the JWKS (RFC 7517) for `ahead` seconds before the first token is signed with it, and stays until the
last of them has lapsed. Processes that share the tables rotate once between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from joserfc.jwk import RSAKey
from sqlalchemy import Connection, delete, insert, select

from trunkline.security.identity.sealing import Seal
from trunkline.security.identity.tables import signing_key
from trunkline.store.sql.database import Database

ALGORITHM: Final = "RS256"
"""Every verifier has it (OpenID Connect Core, clause 15.1), and verifying is what happens often."""
BITS: Final = 2048
DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class KeyTerms:
    """Seconds: how long a key signs, how long before that it is shown, how long its tokens live after that."""

    signs: int = 30 * DAY
    ahead: int = DAY
    behind: int = DAY


class SigningKeys:
    """The keys as one transaction sees them."""

    def __init__(
        self, connection: Connection, seal: Seal, terms: KeyTerms, now: int, opened: dict[str, RSAKey]
    ) -> None:
        """`opened` are keys that this process has opened already, by their ids; the one that signs is added."""
        self._connection, self._seal, self._terms, self._now, self._opened = connection, seal, terms, now, opened

    def current(self) -> RSAKey:
        """The key that signs now, with its `kid`."""
        signs = (signing_key.c.signs_from <= self._now) & (signing_key.c.signs_until > self._now)
        row = self._connection.execute(
            select(signing_key).where(signs).order_by(signing_key.c.signs_from.desc()).limit(1)
        ).one()
        if row.kid not in self._opened:
            pem = self._seal.open(row.private, f"key:{row.kid}")
            self._opened[row.kid] = RSAKey.import_key(pem, {"kid": row.kid, "alg": ALGORITHM, "use": "sig"})
        return self._opened[row.kid]

    def public(self) -> list[dict[str, Any]]:
        """The public keys to show, as JWKs: those to come, the one that signs, those that have signed."""
        shown = select(signing_key.c.public).where(signing_key.c.gone > self._now).order_by(signing_key.c.signs_from)
        return list(self._connection.execute(shown).scalars())

    def due(self) -> bool:
        """Whether a key must be made now: none signs, or the next is not shown yet."""
        last = self._last()
        return last is None or last - self._terms.ahead <= self._now

    def rotate(self, database: Database) -> None:
        """Make the keys that are due, and forget those that nothing valid was signed with. Others wait meanwhile."""
        database.lock_out(self._connection)
        last = self._last()
        if last is None or last <= self._now:
            last = self._now + self._terms.signs
            self._make(self._now, last)
        if last - self._terms.ahead <= self._now:
            self._make(last, last + self._terms.signs)
        self._connection.execute(delete(signing_key).where(signing_key.c.gone <= self._now))

    def _last(self) -> int | None:
        """Until when there are keys that sign."""
        last = select(signing_key.c.signs_until).order_by(signing_key.c.signs_until.desc()).limit(1)
        found: int | None = self._connection.execute(last).scalar()
        return found

    def _make(self, signs_from: int, signs_until: int) -> None:
        key = RSAKey.generate_key(BITS, private=True)
        kid = key.thumbprint()
        public = {**key.as_dict(private=False), "kid": kid, "alg": ALGORITHM, "use": "sig"}
        values = {
            "kid": kid,
            "public": public,
            "private": self._seal.seal(key.as_pem(private=True), f"key:{kid}"),
            "signs_from": signs_from,
            "signs_until": signs_until,
            "gone": signs_until + self._terms.behind,
        }
        self._connection.execute(insert(signing_key).values(values))
