"""Writing rows: those of a portion and the sink's offset in one transaction, so that each is written once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

from trunkline.log.port import TopicPartition
from trunkline.systems.sink import Down, Overtaken, Portion, Refusal
from trunkline.systems.sql import schema
from trunkline.systems.sql.database import OFFSETS, Database
from trunkline.systems.sql.mapping import Row, RowMapping, Unfit
from trunkline.systems.sql.settings import SqlSettings

Work = tuple[str, list[Row]]
"""What one record does: its topic, and the rows."""


class Tables:
    """See `systems.sink.Target`. The database keeps how far the sink has come, in the table `trunkline_offset`."""

    def __init__(self, settings: SqlSettings, database: Database) -> None:
        self._settings, self._database = settings, database
        self._mappings = {topic: RowMapping(table) for topic, table in settings.tables.items()}
        try:
            self._columns = schema.check(database, settings.tables)
            schema.keep_offsets(database)
            database.commit()
        except ValueError:
            database.close()
            raise
        except Exception as error:
            raise self._down(error) from None

    def hold(self, places: Set[TopicPartition]) -> Mapping[TopicPartition, int]:
        """See `Target.hold`."""
        try:
            self._database.begin()
            found = {place: self._offset(place) for place in places}
            self._database.commit()
        except Exception as error:
            raise self._down(error) from None
        return found

    def write(self, portion: Portion) -> Refusal | None:
        """See `Target.write`."""
        work: list[Work] = []
        unfit = None
        for index, record in enumerate(portion.records):
            try:
                work.append((record.topic, self._prepared(record.topic, self._mappings[record.topic].rows(record))))
            except Unfit as error:
                unfit = Refusal(index, error.reason, str(error))
                break
        return self._write(portion, work, 0, len(work)) or unfit

    def close(self) -> None:
        self._database.close()

    def _write(self, portion: Portion, work: Sequence[Work], first: int, last: int) -> Refusal | None:
        """Write `work[first:last]`. Where it fails for a row, halves are tried, so that the first such is found and all
        before it are written."""
        if first == last:
            return None
        try:
            start = portion.offsets[first] if first else portion.first
            self._transaction(portion.place, work[first:last], start, portion.offsets[last - 1] + 1)
            return None
        except Overtaken:
            self._database.rollback()
            raise
        except Exception as error:
            self._database.rollback()
            refused = self._database.refuses(error)
            if not refused:
                raise self._down(error) from None
        if last - first == 1:
            table = self._settings.tables[work[first][0]].table
            return Refusal(first, "row.refused", f"the table `{table}` refuses the row: {refused}")
        middle = (first + last) // 2
        return self._write(portion, work, first, middle) or self._write(portion, work, middle, last)

    def _transaction(self, place: TopicPartition, work: Sequence[Work], start: int, next: int) -> None:
        self._database.begin()
        self._advance(place, start, next)
        by_topic: dict[str, list[Row]] = {}
        for topic, rows in work:
            by_topic.setdefault(topic, []).extend(rows)
        for topic, rows in by_topic.items():
            self._write_rows(topic, rows)
        self._database.commit()

    def _write_rows(self, topic: str, rows: Sequence[Row]) -> None:
        """What becomes of each key at last, in the order of the last word on each; deletions come first."""
        gone: dict[tuple[Any, ...], None] = {}
        last: dict[tuple[Any, ...], Mapping[str, Any]] = {}
        for key, columns in rows:
            before = last.pop(key, {})
            if columns is None:
                gone[key] = None
            else:
                last[key] = {**before, **columns}
        settings = self._settings.tables[topic]
        if gone:
            self._database.delete(settings.table, settings.key, list(gone))
        alike: dict[tuple[str, ...], list[Sequence[Any]]] = {}
        for columns in last.values():
            alike.setdefault(tuple(columns), []).append(list(columns.values()))
        for names, values in alike.items():
            self._database.write(settings.table, settings.key, names, values)

    def _prepared(self, topic: str, rows: Sequence[Row]) -> list[Row]:
        """The rows with their values as the database takes them. Raises `Unfit`."""
        kinds, key = self._columns[topic], self._settings.tables[topic].key
        prepared = []
        for row in rows:
            name = ""
            try:
                values = {}
                for name, value in (row.columns or {}).items():
                    values[name] = self._database.prepared(value, kinds[name])
                keys = tuple(self._database.prepared(v, kinds[c]) for c, v in zip(key, row.key, strict=True))
            except ValueError as error:
                raise Unfit("row.refused", f"column `{name}`: {error}") from None
            prepared.append(Row(keys, None if row.columns is None else values))
        return prepared

    def _advance(self, place: TopicPartition, start: int, next: int) -> None:
        """Lock the sink's offset and move it. Raises `Overtaken` where another process has moved it past `start`."""
        moved = self._database.execute(
            f"UPDATE {OFFSETS} SET next_offset = ? WHERE sink = ? AND topic = ? AND part = ? AND next_offset <= ?",  # noqa: S608
            (next, self._settings.name, *place, start),
        )
        if moved.rowcount != 1:
            raise Overtaken(f"another process of this sink has written {place.topic}/{place.partition} past {start}")

    def _offset(self, place: TopicPartition) -> int:
        """How far the sink has come in a partition, from 0 on; remembered from now on where it is new."""
        which = (self._settings.name, *place)
        query = f"SELECT next_offset FROM {OFFSETS} WHERE sink = ? AND topic = ? AND part = ?"  # noqa: S608
        found = self._database.execute(query, which).fetchall()
        if not found:
            self._database.execute(f"INSERT INTO {OFFSETS} VALUES (?, ?, ?, 0)", which)  # noqa: S608
        return int(found[0][0]) if found else 0

    def _down(self, error: Exception) -> Down:
        self._database.rollback()
        text = " ".join(str(error.args[-1] if error.args else error).split())
        return Down(f"the database takes nothing: {text or type(error).__name__}")
