"""Writes what changes in the entries: only the rows that differ, all of a unit of work together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete

from trunkline.store.sql.database import Database
from trunkline.store.sql.entries import Entry, Indexed, Indexing, entries
from trunkline.store.sql.tables import number_entry, text_entry

TABLES = {"text_entry": text_entry, "number_entry": number_entry}


class Changes:
    """What the documents of a unit had in the indexes when it began, and what they have now."""

    def __init__(self) -> None:
        self._changed: dict[int, tuple[Sequence[Indexing], Indexed, Indexed]] = {}

    def __len__(self) -> int:
        return len(self._changed)

    def note(self, seq: int, indexings: Sequence[Indexing], before: Indexed, after: Indexed) -> None:
        """The document `seq` had `before` and has `after`; {} where it was not there, or is not any more."""
        if seq in self._changed:
            before = self._changed[seq][1]
        self._changed[seq] = (indexings, before, after)

    def write(self, connection: Connection, database: Database) -> None:
        """Bring the entries up to date, and begin anew."""
        gone: dict[str, list[Entry]] = {name: [] for name in TABLES}
        new: dict[str, list[Entry]] = {name: [] for name in TABLES}
        for seq, (indexings, before, after) in self._changed.items():
            for indexing in indexings:
                name = str(indexing.number)
                if before.get(name) == after.get(name):
                    continue
                old, now = set(entries(seq, before, indexing)), set(entries(seq, after, indexing))
                gone[indexing.table] += old - now
                new[indexing.table] += now - old
        self._changed = {}
        for name, table in TABLES.items():
            if gone[name]:
                same = and_(*(table.c[key] == bindparam(f"old_{key}") for key in ("attribute", "value", "seq")))
                rows = [{f"old_{key}": value for key, value in row.items()} for row in _rows(database, gone[name])]
                connection.execute(delete(table).where(same), rows)
            if new[name]:
                database.insert_many(connection, table, _rows(database, new[name]))


def _rows(database: Database, entries: list[Entry]) -> list[dict[str, Any]]:
    entries.sort()  # as the index lies, so that its pages are each touched once
    return [
        {
            "attribute": entry.attribute,
            "value": database.number(entry.value) if isinstance(entry.value, int | float) else entry.value,
            "seq": entry.seq,
            "leads": entry.leads,
        }
        for entry in entries
    ]
