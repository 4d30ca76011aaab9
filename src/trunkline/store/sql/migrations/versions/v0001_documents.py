"""Documents, what indexes hold of them, the outbox, and the positions of readers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    ordered = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "record",
        sa.Column("seq", number, primary_key=True, autoincrement=True),
        sa.Column("kind", ordered, nullable=False),
        sa.Column("id", ordered, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("indexed", sa.JSON().with_variant(JSONB(), "postgresql"), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.UniqueConstraint("kind", "id", name="record_by_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("record_by_kind", "record", ["kind", "seq"])
    for name, type in (("text_entry", ordered), ("number_entry", sa.Numeric())):
        op.create_table(
            name,
            sa.Column("attribute", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("value", type, primary_key=True, autoincrement=False),
            sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("leads", sa.Boolean, nullable=False),
            sqlite_with_rowid=False,
        )
        where = sa.text("NOT leads")
        op.create_index(f"{name}_further", name, ["attribute"], postgresql_where=where, sqlite_where=where)
    op.create_table(
        "attribute",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("parts", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.UniqueConstraint("kind", "path", "parts", "type", name="attribute_once"),
        sqlite_autoincrement=True,
    )
    catalogue = op.create_table("catalogue", sa.Column("version", sa.Integer, primary_key=True, autoincrement=False))
    op.bulk_insert(catalogue, [{"version": 0}])
    op.create_table(
        "tally",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("slot", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("documents", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("id", number, primary_key=True, autoincrement=True),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("event", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "reader_position",
        sa.Column("reader", sa.Text, primary_key=True),
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("next", sa.BigInteger, nullable=False),
    )
