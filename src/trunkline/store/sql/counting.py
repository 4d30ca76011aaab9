"""How many: of entries, counted up to a bound, and of documents; and whether some document has several values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select, text

from trunkline.store.sql.conditions import Range
from trunkline.store.sql.database import Database
from trunkline.store.sql.statement import Statement
from trunkline.store.sql.tables import tally

_DOCUMENTS = select(func.sum(tally.c.documents)).where(tally.c.kind == bindparam("kind"))  # made once, as in `unit`


class Size(NamedTuple):
    """How many entries were counted, and where there are more, about how many of all documents they may be of."""

    entries: int
    density: float


class Counting:
    """Counts on one connection."""

    def __init__(self, connection: Connection, database: Database) -> None:
        self._connection, self._database = connection, database

    def size(self, ranges: Sequence[Range], most: int) -> Size:
        """How many entries there are in the ranges, counted up to `most`."""
        entries, density = 0, 0.0
        for counted, range in enumerate(ranges, 1):
            sql = Statement(self._database.number)
            some = f"SELECT seq FROM {range.table} e WHERE {range.where(sql, 'e')} LIMIT {sql.add(most - entries)}"
            [(count, first, last)] = sql.run(self._connection, f"SELECT count(*), min(seq), max(seq) FROM ({some}) c")
            entries += int(count)
            # Those of one value lie in the order in which documents were made: how near to each other is what is known
            # of how many more there are. Those of several may be all.
            density += int(count) / (last - first + 1) if range.one and count else float(bool(count))
            if entries >= most:
                return Size(entries, density * len(ranges) / counted)
        return Size(entries, 0.0)

    def once(self, range: Range) -> bool:
        """Whether no document is in the range twice."""
        return range.one or not self.several(range)

    def several(self, range: Range) -> bool:
        """Whether some document has several values of the attribute."""
        table = self._database.further(range.table)
        further = f"SELECT 1 FROM {table} WHERE attribute = {range.attribute} AND NOT leads LIMIT 1"
        return self._connection.execute(text(further)).first() is not None

    def documents(self, kind: str) -> int:
        """All documents of a kind."""
        return int(self._connection.execute(_DOCUMENTS, {"kind": kind}).scalar() or 0)


def union(sql: Statement, ranges: Sequence[Range], most: int | None = None) -> str:
    """The numbers of the documents in the ranges, each once."""
    if not ranges:
        return "SELECT seq FROM record WHERE 1 = 0"
    limit = f" LIMIT {most}" if most is not None else ""
    parts = [
        f"SELECT seq FROM (SELECT seq FROM {range.table} e WHERE {range.where(sql, 'e')}{limit}) e" for range in ranges
    ]
    if len(parts) == 1:
        return parts[0] if ranges[0].one else f"SELECT DISTINCT {parts[0].removeprefix('SELECT ')}"
    return " UNION ".join(parts)
