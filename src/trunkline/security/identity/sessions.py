"""Browsers in which somebody is signed in, or half so: a password was right, and a second factor is still asked for."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from trunkline.security.identity.grants import SignedIn
from trunkline.security.identity.sealing import digest, new_secret
from trunkline.security.identity.tables import person, session

HALF: int = 600  # seconds that a second factor is waited for


@dataclass(frozen=True, slots=True)
class Session:
    """A browser's session. `challenge` is of a passkey's ceremony, `pending_totp` a sealed secret not confirmed yet."""

    digest: bytes
    person: str
    amr: tuple[str, ...]
    complete: bool
    challenge: bytes | None
    pending_totp: bytes | None
    created: int

    def signed_in(self, nonce: str = "") -> SignedIn:
        return SignedIn(self.created, self.amr, nonce)


class Sessions:
    """Sessions as one transaction sees them."""

    def __init__(self, connection: Connection, now: int, lasts: int) -> None:
        self._connection, self._now, self._lasts = connection, now, lasts

    def begin(self, person: str, amr: tuple[str, ...], complete: bool) -> str:
        """The secret of a new session, for the browser's cookie. A half one lasts until the second factor is due."""
        secret = new_secret()
        lasts = self._lasts if complete else HALF
        values = {
            "digest": digest(secret), "person": person, "amr": list(amr), "complete": complete, "created": self._now,
            "expires": self._now + lasts,
        }  # fmt: skip
        self._connection.execute(insert(session).values(values))
        return secret

    def get(self, secret: str) -> Session | None:
        """The session of a cookie; None where it is over, or its person is not active any more."""
        of = session.join(person, session.c.person == person.c.id)
        found = select(session).select_from(of).where(
            session.c.digest == digest(secret), session.c.expires > self._now, person.c.active
        )  # fmt: skip
        row = self._connection.execute(found).one_or_none()
        if row is None:
            return None
        return Session(
            row.digest, row.person, tuple(row.amr), row.complete, row.challenge, row.pending_totp, row.created
        )

    def challenge(self, its: Session, challenge: bytes | None) -> None:
        self._connection.execute(update(session).where(session.c.digest == its.digest).values(challenge=challenge))

    def pending_totp(self, its: Session, sealed: bytes | None) -> None:
        self._connection.execute(update(session).where(session.c.digest == its.digest).values(pending_totp=sealed))

    def end(self, its: Session) -> None:
        self._connection.execute(delete(session).where(session.c.digest == its.digest))
