"""People, clients, grants, sessions, keys."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "identity_person",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("user_name", sa.Text, nullable=False, unique=True),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
        sa.Column("password", sa.Text),
        sa.Column("totp", sa.LargeBinary),
        sa.Column("totp_step", sa.BigInteger, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "identity_passkey",
        sa.Column("id", sa.LargeBinary, primary_key=True),
        _person(),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("uses", sa.BigInteger, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
    )
    op.create_index("identity_passkey_of", "identity_passkey", ["person"])
    op.create_table(
        "identity_group",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "identity_member",
        sa.Column("group", sa.Text, sa.ForeignKey("identity_group.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("person", sa.Text, sa.ForeignKey("identity_person.id", ondelete="CASCADE"), primary_key=True),
    )
    op.create_index("identity_member_of", "identity_member", ["person"])
    op.create_table("identity_declared", sa.Column("user_name", sa.Text, primary_key=True))
    op.create_table(
        "identity_client",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("document", sa.JSON, nullable=False),
        sa.Column("secret", sa.LargeBinary),
        sa.Column("registration", sa.LargeBinary),
        sa.Column("created", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "identity_grant",
        sa.Column("id", sa.Text, primary_key=True),
        _client(),
        _person(nullable=True),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("signed_in", sa.JSON, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("revoked", sa.BigInteger),
    )
    op.create_index("identity_grant_of", "identity_grant", ["person"])
    op.create_index("identity_grant_to", "identity_grant", ["client"])
    op.create_index("identity_grant_until", "identity_grant", ["expires"])
    op.create_table(
        "identity_code",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        _client(),
        _person(),
        sa.Column("document", sa.JSON, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("grant", sa.Text),
    )
    op.create_index("identity_code_until", "identity_code", ["expires"])
    op.create_table(
        "identity_refresh",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("grant", sa.Text, sa.ForeignKey("identity_grant.id", ondelete="CASCADE"), nullable=False),
        sa.Column("used", sa.BigInteger),
    )
    op.create_index("identity_refresh_of", "identity_refresh", ["grant"])
    op.create_table(
        "identity_device",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("user_code", sa.LargeBinary, nullable=False, unique=True),
        _client(),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        _person(nullable=True),
        sa.Column("signed_in", sa.JSON, nullable=False),
        sa.Column("asked", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    op.create_index("identity_device_until", "identity_device", ["expires"])
    op.create_table(
        "identity_session",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        _person(),
        sa.Column("amr", sa.JSON, nullable=False),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("challenge", sa.LargeBinary),
        sa.Column("pending_totp", sa.LargeBinary),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    op.create_index("identity_session_until", "identity_session", ["expires"])
    op.create_table(
        "identity_key",
        sa.Column("kid", sa.Text, primary_key=True),
        sa.Column("public", sa.JSON, nullable=False),
        sa.Column("private", sa.LargeBinary, nullable=False),
        sa.Column("signs_from", sa.BigInteger, nullable=False),
        sa.Column("signs_until", sa.BigInteger, nullable=False),
        sa.Column("gone", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "identity_seen",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    op.create_index("identity_seen_until", "identity_seen", ["expires"])
    op.create_table(
        "identity_failure",
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("failures", sa.BigInteger, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("locked", sa.BigInteger, nullable=False),
    )
    op.create_index("identity_failure_last", "identity_failure", ["last"])


def _person(nullable: bool = False) -> sa.Column[str]:
    return sa.Column("person", sa.Text, sa.ForeignKey("identity_person.id", ondelete="CASCADE"), nullable=nullable)


def _client() -> sa.Column[str]:
    return sa.Column("client", sa.Text, sa.ForeignKey("identity_client.id", ondelete="CASCADE"), nullable=False)
