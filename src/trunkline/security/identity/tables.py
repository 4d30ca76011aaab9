"""The provider's tables, in the store's database; a test holds them against the migrations.

Secrets lie in them only as digests (codes, tokens, sessions, client secrets), as Argon2id hashes (passwords), or sealed
(signing keys, TOTP secrets): who reads the tables can sign in as nobody. Times are seconds since 1970, UTC.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, LargeBinary, MetaData, Table, Text

metadata = MetaData()


def _person(name: str = "person", *, key: bool = False, required: bool = True) -> Column[str]:
    leaver = ForeignKey("identity_person.id", ondelete="CASCADE")
    return Column(name, Text, leaver, primary_key=key, nullable=not (required or key))


def _client() -> Column[str]:
    return Column("client", Text, ForeignKey("identity_client.id", ondelete="CASCADE"), nullable=False)


person = Table(
    "identity_person",
    metadata,
    Column("id", Text, primary_key=True),
    Column("user_name", Text, nullable=False, unique=True),  # in small letters
    Column("active", Boolean, nullable=False),
    Column("document", JSON, nullable=False),  # the rest of the SCIM user
    Column("password", Text),  # Argon2id; None as long as none has been set
    Column("totp", LargeBinary),  # sealed
    Column("totp_step", BigInteger, nullable=False),  # the last that was used, so that none is used twice
    Column("created", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
)
passkey = Table(
    "identity_passkey",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    _person(),
    Column("public_key", LargeBinary, nullable=False),
    Column("uses", BigInteger, nullable=False),
    Column("created", BigInteger, nullable=False),
    Index("identity_passkey_of", "person"),
)
group = Table(
    "identity_group",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("created", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
)
member = Table(
    "identity_member",
    metadata,
    Column("group", Text, ForeignKey("identity_group.id", ondelete="CASCADE"), primary_key=True),
    _person(key=True),
    Index("identity_member_of", "person"),
)
declared = Table("identity_declared", metadata, Column("user_name", Text, primary_key=True))
"""Who has been taken from the operator's file: once, so that a leaver does not come back with the next start."""

client = Table(
    "identity_client",
    metadata,
    Column("id", Text, primary_key=True),
    Column("document", JSON, nullable=False),  # RFC 7591's metadata
    Column("secret", LargeBinary),  # digest
    Column("registration", LargeBinary),  # digest of the registration access token
    Column("created", BigInteger, nullable=False),
)
grant = Table(
    "identity_grant",
    metadata,
    Column("id", Text, primary_key=True),
    _client(),
    _person(required=False),
    Column("scope", Text, nullable=False),
    Column("signed_in", JSON, nullable=False),  # when and how the person did: auth_time, amr, nonce
    Column("key", Text, nullable=False),  # thumbprint of the DPoP key that refresh tokens are bound to, or ""
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("revoked", BigInteger),
    Index("identity_grant_of", "person"),
    Index("identity_grant_to", "client"),
    Index("identity_grant_until", "expires"),
)
"""What was granted to a client: the family of all tokens that came of one sign-in."""

ended = Table(
    "identity_ended",
    metadata,
    Column("grant", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Index("identity_ended_at", "at"),
)
"""Grants that ended before their time: revoked, or gone with their person or client. They are remembered for those who
check access tokens without asking, as long as one of theirs may not have lapsed."""

code = Table(
    "identity_code",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    _client(),
    _person(),
    Column("document", JSON, nullable=False),  # of the authorization request
    Column("expires", BigInteger, nullable=False),
    Column("grant", Text),  # what it was redeemed for
    Index("identity_code_until", "expires"),
)
refresh = Table(
    "identity_refresh",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("grant", Text, ForeignKey("identity_grant.id", ondelete="CASCADE"), nullable=False),
    Column("used", BigInteger),
    Index("identity_refresh_of", "grant"),
)
device = Table(
    "identity_device",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("user_code", LargeBinary, nullable=False, unique=True),  # digest
    _client(),
    Column("scope", Text, nullable=False),
    Column("state", Text, nullable=False),  # pending, approved, denied, redeemed
    _person(required=False),
    Column("signed_in", JSON, nullable=False),
    Column("asked", BigInteger, nullable=False),  # when it was polled last
    Column("expires", BigInteger, nullable=False),
    Index("identity_device_until", "expires"),
)
session = Table(
    "identity_session",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    _person(),
    Column("amr", JSON, nullable=False),  # RFC 8176
    Column("complete", Boolean, nullable=False),  # whether nothing more is asked of the person
    Column("challenge", LargeBinary),  # of a passkey's ceremony
    Column("pending_totp", LargeBinary),  # sealed: offered, not yet confirmed
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Index("identity_session_until", "expires"),
)
signing_key = Table(
    "identity_key",
    metadata,
    Column("kid", Text, primary_key=True),
    Column("public", JSON, nullable=False),  # a JWK
    Column("private", LargeBinary, nullable=False),  # sealed PEM
    Column("signs_from", BigInteger, nullable=False),
    Column("signs_until", BigInteger, nullable=False),
    Column("gone", BigInteger, nullable=False),  # when nothing that it signed is valid any more
)
seen = Table(
    "identity_seen",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("expires", BigInteger, nullable=False),
    Index("identity_seen_until", "expires"),
)
"""Ids of DPoP proofs and client assertions, each good once."""

failure = Table(
    "identity_failure",
    metadata,
    Column("subject", Text, primary_key=True),  # `account:` or `source:` and which
    Column("failures", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("locked", BigInteger, nullable=False),  # until when
    Index("identity_failure_last", "last"),
)
