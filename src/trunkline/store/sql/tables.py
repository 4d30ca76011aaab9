"""The tables, as the migrations leave them; a test holds the two against each other.

A document is a row of `record`. What its kind declares is in the entries: a row for each value, in the order in which
an index is walked, so that one table of texts and one of numbers serve scalars, arrays and elements of every kind.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

number_type = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only what is called INTEGER
ordered_text = Text().with_variant(Text(collation="C"), "postgresql")  # by code point, whatever the server speaks

record = Table(
    "record",
    metadata,
    Column("seq", number_type, primary_key=True, autoincrement=True),
    Column("kind", ordered_text, nullable=False),
    Column("id", ordered_text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("indexed", JSON().with_variant(JSONB(), "postgresql"), nullable=False),  # see `entries`
    Column("document", Text, nullable=False),
    UniqueConstraint("kind", "id", name="record_by_id"),
    Index("record_by_kind", "kind", "seq"),
    sqlite_autoincrement=True,
)


class _Number(Numeric[Any]):
    """Bound as it is: SQLAlchemy would make a float of it for SQLite, so that 2**53 + 1 were 2**53 there."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> None:
        return None


def _entries(name: str, value: Column[object]) -> Table:
    leads = Column("leads", Boolean, nullable=False)  # whether it is the first value, by which is sorted
    return Table(
        name,
        metadata,
        Column("attribute", Integer, primary_key=True, autoincrement=False),
        value,
        Column("seq", BigInteger, primary_key=True, autoincrement=False),
        leads,
        Index(f"{name}_further", "attribute", postgresql_where=text("NOT leads"), sqlite_where=text("NOT leads")),
        sqlite_with_rowid=False,
    )


text_entry = _entries("text_entry", Column("value", ordered_text, primary_key=True))
number_entry = _entries("number_entry", Column("value", _Number, primary_key=True, autoincrement=False))

attribute = Table(
    "attribute",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),  # never given twice
    Column("kind", Text, nullable=False),
    Column("path", Text, nullable=False),  # a JSON array
    Column("parts", Text, nullable=False),  # of elements, a JSON array of paths; of others []
    Column("type", Text, nullable=False),
    UniqueConstraint("kind", "path", "parts", "type", name="attribute_once"),
    sqlite_autoincrement=True,
)

catalogue = Table("catalogue", metadata, Column("version", Integer, primary_key=True, autoincrement=False))
"""One row, whose version grows when attributes change."""

tally = Table(
    "tally",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("slot", Integer, primary_key=True, autoincrement=False),  # so that commits seldom wait for each other
    Column("documents", BigInteger, nullable=False),
)
"""How many documents there are of a kind: the sum over its slots."""

outbox = Table(
    "outbox",
    metadata,
    Column("id", number_type, primary_key=True, autoincrement=True),
    Column("topic", Text, nullable=False),
    Column("event", LargeBinary, nullable=False),  # as MessagePack
    sqlite_autoincrement=True,
)

reader_position = Table(
    "reader_position",
    metadata,
    Column("reader", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("next", BigInteger, nullable=False),
)
