"""Writes what changes in the entries: only the rows that differ, all of a unit of work together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection

from trunkline.store.sql.database import Database, Rows
from trunkline.store.sql.entries import Entry, Indexed, Indexing, entries
from trunkline.store.sql.tables import number_entry, text_entry

_KEY: Final = ("attribute", "value", "seq")
_TABLES: Final = {table.name: table for table in (text_entry, number_entry)}


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
        gone: dict[str, dict[int, list[Entry]]] = {name: defaultdict(list) for name in _TABLES}
        new: dict[str, dict[int, list[Entry]]] = {name: defaultdict(list) for name in _TABLES}
        for seq, (indexings, before, after) in self._changed.items():
            for indexing in indexings:
                was, now = before.get(indexing.name), after.get(indexing.name)
                if was == now:
                    continue
                there = entries(seq, now, indexing)
                if was is not None:
                    old = entries(seq, was, indexing)
                    both = set(old).intersection(there)
                    gone[indexing.table][indexing.number] += [entry for entry in old if entry not in both]
                    there = [entry for entry in there if entry not in both]
                new[indexing.table][indexing.number] += there
        self._changed = {}
        for name, table in _TABLES.items():
            if rows := _rows(database, name, gone[name]):
                database.delete_many(connection, table, _KEY, [row[:3] for row in rows])
            if rows := _rows(database, name, new[name]):
                database.insert_many(connection, table, (*_KEY, "leads"), rows)


def _rows(database: Database, name: str, entries: Mapping[int, list[Entry]]) -> Rows:
    """As the index lies, so that its pages are each touched once."""
    rows = [(attribute, *entry) for attribute in sorted(entries) for entry in sorted(entries[attribute])]
    if name == text_entry.name:
        return rows
    return [(attribute, database.number(value), seq, leads) for attribute, value, seq, leads in rows]
