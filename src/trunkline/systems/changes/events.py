"""From changes to events: the topic, the key and the value that a table's settings ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import UNSET

from trunkline.log.envelope import cloud_event
from trunkline.quarantine import EXCERPT, Rejected
from trunkline.systems.changes.change import Broken, Change, Moment, Op, Unreadable
from trunkline.systems.changes.database import Database
from trunkline.systems.changes.envelope import Envelope, Source
from trunkline.systems.changes.settings import TableSettings
from trunkline.systems.reach import Captured
from trunkline.telco.model import Source as Place

Row = Mapping[str, Any]
_encode = msgspec.json.Encoder().encode


class Translation:
    """What becomes of the changes of a connection's `tables`."""

    def __init__(self, connection: str, database: Database, tables: Mapping[str, TableSettings]) -> None:
        self._connection, self._database, self._tables = connection, database, tables
        self._names = {table: database.names(table) for table in tables}
        self._uris = {table: database.uri(table) for table in tables}

    def events(self, change: Change | Broken) -> Iterator[Captured | Rejected]:
        """What is written for a change. An update that gives a row another key ends the old key and begins the new."""
        if isinstance(change, Broken):
            yield self._rejected(change.table, change.moment, change.fault)
        elif change.op == "t":
            yield self._emptied(change)
        else:
            try:
                yield from self._keyed(change)
            except _Unfit as unfit:
                part = _encode({"op": change.op, "before": change.before, "after": change.after})
                yield self._rejected(change.table, change.moment, Unreadable(unfit.reason, str(unfit), part))

    def _keyed(self, change: Change) -> Iterator[Captured]:
        old = _key(change, change.before)
        if change.op == "d":
            if old is None:
                raise _Unfit("key.missing", f"the database does not say which row is gone: {_cure(change)}")
            yield self._captured(change, old, "d", before=change.before)
            return
        new = _key(change, {**(change.before or {}), **(change.after or {})})
        if new is None:
            raise _Unfit("key.missing", f"{', '.join(change.key) or 'the key'} is null or not there: {_cure(change)}")
        if change.op == "u" and old is not None and old != new:
            yield self._captured(change, old, "d", before=change.before, part="-d")
            yield self._captured(change, new, "c", after=change.after, part="-c")
        else:
            yield self._captured(change, new, change.op, before=change.before, after=change.after)

    def _captured(
        self,
        change: Change,
        key: str | None,
        op: Op,
        *,
        before: Row | None = None,
        after: Row | None = None,
        part: str = "",
    ) -> Captured:
        table, moment = change.table, change.moment
        settings = self._tables[table]
        if settings.envelope == "row":
            if after is not None and change.unchanged:
                missing = ", ".join(change.unchanged)
                raise _Unfit("value.unavailable", f"the database did not repeat {missing}: {_cure(change)}")
            value = _encode(after) if after is not None else None
        else:
            value = self._envelope(change, op, before, after)
        uri = self._uris[table]
        id = f"{'snapshot-' if op == 'r' else ''}{moment.id}{part}"
        event = cloud_event(
            type=settings.topic, source=uri, id=id, value=value, key=key, time=moment.time
        )  # fmt: skip
        source = Place(uri=uri, offset=moment.offset)
        return Captured(settings.topic, event, self._connection, source, f"{table} at {moment.at}", change.op == "t")

    def _envelope(self, change: Change, op: Op, before: Row | None, after: Row | None) -> bytes:
        moment = change.moment
        source = Source(
            connector=self._database.connector,
            name=self._connection,
            ts_ms=moment.time // 1000,
            ts_us=moment.time,
            snapshot="true" if change.op == "r" else "false",
            **self._names[change.table],
            **{"row": moment.index, **moment.source},
        )
        return _encode(
            Envelope(
                op=op,
                source=source,
                before=UNSET if before is None else dict(before),
                after=UNSET if after is None else dict(after),
                unchanged=change.unchanged if change.unchanged and after is not None else UNSET,
            )
        )

    def _emptied(self, change: Change) -> Captured | Rejected:
        if self._tables[change.table].envelope == "change":
            return self._captured(change, None, "t")
        message = "the table was emptied, which a topic of rows cannot say: its keys are still there"
        return self._rejected(change.table, change.moment, Unreadable("table.truncated", message))

    def _rejected(self, table: str, moment: Moment, fault: Unreadable) -> Rejected:
        return Rejected(
            stage="decode",
            reason=fault.reason,
            message=f"{table} at {moment.at}: {fault.message}",
            system=self._connection,
            uri=self._uris[table],
            offset=moment.offset,
            part=fault.part[:EXCERPT],
            target=self._tables[table].topic,
        )


class _Unfit(Exception):
    """The change makes no event; `reason` is the quarantine's short code."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def _key(change: Change, row: Row | None) -> str | None:
    """The event's key: the value of its one column as text, or a JSON object of several. None where one is missing."""
    if row is None or not change.key:
        return None
    values = {name: row.get(name) for name in change.key}
    if None in values.values():
        return None
    if len(values) > 1:
        return _encode(values).decode()
    [value] = values.values()
    return value if isinstance(value, str) else _encode(value).decode()


def _cure(change: Change) -> str:
    return f"see `key` of {change.table} in the connection's settings, and what the table says of old rows"
