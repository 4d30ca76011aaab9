"""What was granted to clients: codes, and families of tokens that stand or fall together."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, TokenMixin
from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from trunkline.security.identity.sealing import digest, new_secret
from trunkline.security.identity.tables import code, device, ended, grant, person, refresh, seen, session
from trunkline.security.identity.terms import CODE, LONGEST_ACCESS, SKEW


@dataclass(frozen=True, slots=True)
class SignedIn:
    """When and how a person signed in (RFC 8176), and the nonce of the client's request."""

    auth_time: int = 0
    amr: tuple[str, ...] = ()
    nonce: str = ""

    @classmethod
    def read(cls, kept: dict[str, Any]) -> SignedIn:
        return cls(kept.get("auth_time", 0), tuple(kept.get("amr", ())), kept.get("nonce", ""))

    def kept(self) -> dict[str, Any]:
        return {"auth_time": self.auth_time, "amr": list(self.amr), "nonce": self.nonce}


@dataclass(frozen=True, slots=True)
class Grant(TokenMixin):
    """A family of tokens, as Authlib asks it. `person` is "" where a client acts for itself; `key` is the thumbprint
    of the DPoP key that its refresh tokens are bound to."""

    id: str
    client: str
    person: str
    scope: str
    signed_in: SignedIn
    key: str
    expires: int
    ended: bool

    def check_client(self, client: ClientMixin) -> bool:
        return bool(self.client == client.get_client_id())

    def get_scope(self) -> str:
        return self.scope

    def is_expired(self) -> bool:
        return self.ended

    def is_revoked(self) -> bool:
        return self.ended


@dataclass(frozen=True, slots=True)
class Code(AuthorizationCodeMixin):
    """An authorization code's request, as Authlib asks it."""

    value: str
    client: str
    person: str
    redirect_uri: str
    scope: str
    code_challenge: str
    signed_in: SignedIn
    key: str
    """The thumbprint of the DPoP key that it is bound to (RFC 9449, clause 10), or ""."""
    code_challenge_method: str = "S256"

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope


class Grants:
    """Grants as one transaction sees them."""

    def __init__(self, connection: Connection, now: int) -> None:
        self._connection, self._now = connection, now

    def begin(self, client: str, person: str, scope: str, signed_in: SignedIn, *, key: str = "", lasts: int) -> Grant:
        id, expires = str(uuid.uuid4()), self._now + lasts
        values = {
            "id": id, "client": client, "person": person or None, "scope": scope, "signed_in": signed_in.kept(),
            "key": key, "created": self._now, "expires": expires,
        }  # fmt: skip
        self._connection.execute(insert(grant).values(values))
        return Grant(id, client, person, scope, signed_in, key, expires, False)

    def get(self, id: str) -> Grant | None:
        """A grant; it has ended too where its person is not active any more."""
        of = grant.outerjoin(person, grant.c.person == person.c.id)
        row = self._connection.execute(
            select(grant, person.c.active).select_from(of).where(grant.c.id == id)
        ).one_or_none()
        if row is None:
            return None
        ended = row.revoked is not None or row.expires <= self._now or row.active is False
        signed_in = SignedIn.read(row.signed_in)
        return Grant(row.id, row.client, row.person or "", row.scope, signed_in, row.key, row.expires, ended)

    def given(self, client: str, person: str, scope: str) -> bool:
        """Whether the person has granted the client all of a scope already."""
        still = (grant.c.client == client) & (grant.c.person == person) & grant.c.revoked.is_(None)
        scopes = self._connection.execute(select(grant.c.scope).where(still & (grant.c.expires > self._now))).scalars()
        return any(set(scope.split()) <= set(each.split()) for each in scopes)

    def revoke(self, id: str) -> None:
        """End a grant: no token of it works any more."""
        end(self._connection, grant.c.id == id, self._now)

    def ended(self, since: int) -> set[str]:
        """The grants that ended before their time since then, at most `LONGEST_ACCESS` ago."""
        return set(self._connection.execute(select(ended.c.grant).where(ended.c.at >= since)).scalars())

    def endings(self, since: int) -> tuple[int, int]:
        """Changes whenever `ended` does, and costs less: how many there are, and the sum of their times."""
        counted = select(func.count(), func.coalesce(func.sum(ended.c.at), 0)).where(ended.c.at >= since)
        count, times = self._connection.execute(counted).one()
        return count, int(times)

    def add_refresh(self, id: str) -> str:
        """A new refresh token of a grant."""
        token = new_secret()
        self._connection.execute(insert(refresh).values(digest=digest(token), grant=id))
        return token

    def of_refresh(self, token: str) -> tuple[Grant | None, bool]:
        """The grant of a refresh token, locked until the transaction ends, and whether the token was used before."""
        found = select(refresh).where(refresh.c.digest == digest(token)).with_for_update()
        row = self._connection.execute(found).one_or_none()
        return (None, False) if row is None else (self.get(row.grant), row.used is not None)

    def use_refresh(self, token: str) -> None:
        self._connection.execute(update(refresh).where(refresh.c.digest == digest(token)).values(used=self._now))

    def add_code(self, new: Code) -> None:
        """Keep a code, to be redeemed once, soon, by its client."""
        document = {
            "redirect_uri": new.redirect_uri, "scope": new.scope, "challenge": new.code_challenge,
            "signed_in": new.signed_in.kept(), "key": new.key,
        }  # fmt: skip
        values = {"digest": digest(new.value), "client": new.client, "person": new.person, "document": document}
        self._connection.execute(insert(code).values(**values, expires=self._now + CODE))

    def code(self, value: str, client: str) -> Code | None:
        """What a client may redeem a code for; None where nothing. A code that comes a second time was stolen, once or
        now: what it was redeemed for is revoked (RFC 9700, clause 2.1.1)."""
        found = select(code).where(code.c.digest == digest(value)).with_for_update()
        row = self._connection.execute(found).one_or_none()
        if row is None or row.client != client:
            return None
        if row.grant is not None:
            self.revoke(row.grant)
            return None
        if row.expires <= self._now:
            return None
        its = row.document
        return Code(
            value, row.client, row.person, its["redirect_uri"], its["scope"], its["challenge"],
            SignedIn.read(its["signed_in"]), its["key"],
        )  # fmt: skip

    def redeemed(self, value: str, id: str) -> None:
        """A code was redeemed for a grant."""
        self._connection.execute(update(code).where(code.c.digest == digest(value)).values(grant=id))

    def sweep(self) -> None:
        """Forget what has lapsed. A used code is kept as long as its grant may last, to know it again."""
        for table in (device, seen, session):
            self._connection.execute(delete(table).where(table.c.expires <= self._now))
        living = select(grant.c.id).where(grant.c.expires > self._now)
        gone = (code.c.expires <= self._now) & (code.c.grant.is_(None) | code.c.grant.not_in(living))
        self._connection.execute(delete(code).where(gone))
        self._connection.execute(delete(grant).where(grant.c.expires <= self._now))
        self._connection.execute(delete(ended).where(ended.c.at < self._now - LONGEST_ACCESS - SKEW))


def end(connection: Connection, which: ColumnElement[bool], now: int) -> None:
    """End some grants, and remember that they did."""
    still = which & grant.c.revoked.is_(None)
    those = connection.execute(update(grant).where(still).values(revoked=now).returning(grant.c.id)).scalars().all()
    if those:
        connection.execute(insert(ended), [{"grant": id, "at": now} for id in those])
