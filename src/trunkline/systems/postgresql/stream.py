"""The messages of the server as changes of the declared tables, behind a position."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from trunkline.systems.changes.change import COMMITTED, Broken, Change, Committed, Moment, Op, Unreadable
from trunkline.systems.changes.cursor import Malformed
from trunkline.systems.changes.position import Part, Position
from trunkline.systems.postgresql.pgoutput import (
    UNCHANGED,
    Begin,
    Commit,
    Delete,
    Insert,
    Message,
    Relation,
    Truncate,
    Update,
    read,
)
from trunkline.systems.postgresql.replication import Replication, Wal, read_lsn, write_lsn
from trunkline.systems.postgresql.row import RowReader
from trunkline.systems.postgresql.values import Converter

WAIT = 0.1  # seconds that a change is waited for
MOST_SKIPPED = 1_000  # messages of no interest before the caller is given a look around

ConverterOf = Callable[[int], Converter]
KeyOf = Callable[[Relation], tuple[str, ...]]


class _Followed(NamedTuple):
    """A declared table as the server last described it."""

    name: str
    since: int
    relation: Relation
    reader: RowReader
    key: tuple[str, ...]


class PostgresqlStream:
    """See `changes.database.Stream`. `converter_of` and `key_of` ask the catalogue where they must."""

    def __init__(
        self, replication: Replication, position: Position, *, converter_of: ConverterOf, key_of: KeyOf
    ) -> None:
        self._replication, self._converter_of, self._key_of = replication, converter_of, key_of
        self._since = {table: read_lsn(at) for table, at in position.since.items()}
        self._tables: dict[int, _Followed | None] = {}
        self._done = position.part
        self._end = self._confirmed = read_lsn(position.at or "0/0")
        self._begin: Begin | None = None
        self._index = 0
        self._rest: Iterator[Change | Broken] = iter(())
        """What the last message tells and was not given yet."""

    @property
    def at(self) -> str:
        return write_lsn(self._end)

    @property
    def part(self) -> Part | None:
        return Part(write_lsn(self._begin.lsn), self._index) if self._begin else None

    def next(self) -> Change | Broken | Committed | None:
        """See `changes.database.Stream.next`."""
        for item in self._rest:
            return item
        for _ in range(MOST_SKIPPED):
            got = self._replication.next(WAIT)
            if got is None:
                return None
            if isinstance(got, Wal):
                message = self._read(got.payload)
                if isinstance(message, Commit):
                    self._begin, self._done, self._end = None, None, message.end
                    return COMMITTED
                self._rest = self._changes(message)
                for item in self._rest:
                    return item
            elif self._begin is None and self._confirmed == self._end:
                self._replication.confirm(got)  # what was committed before it was not ours, or is in the log
        return None

    def confirm(self) -> None:
        """See `changes.database.Stream.confirm`."""
        self._confirmed = self._end
        self._replication.confirm(self._end)

    def _read(self, payload: bytes) -> Message:
        try:
            return read(payload)
        except Malformed as malformed:
            where = f"behind {self.at}" if self._begin is None else f"in the transaction {write_lsn(self._begin.lsn)}"
            raise ConnectionError(f"the server sends what is no message of pgoutput {where}: {malformed}") from None

    def _changes(self, message: Message) -> Iterator[Change | Broken]:
        match message:
            case Begin():
                self._begin, self._index = message, 0
            case Relation():
                self._tables[message.id] = self._followed(message)
            case Truncate():
                for id in message.relations:
                    if found := self._counted(id):
                        followed, moment = found
                        yield Change("t", followed.name, followed.key, None, None, moment)
            case Insert() | Update() | Delete():
                if found := self._counted(message.relation):
                    yield _change(message, *found)

    def _counted(self, relation: int) -> tuple[_Followed, Moment] | None:
        """Count a change of the transaction; None where it is not wanted: of a table that is not ours, from before its
        snapshot, or in the log already."""
        begin, index = self._begin, self._index
        if begin is None or relation not in self._tables:
            raise ConnectionError(f"the server sends a change of table {relation} behind {self.at} out of turn")
        self._index += 1
        followed, at = self._tables[relation], write_lsn(begin.lsn)
        if followed is None or begin.lsn < followed.since:
            return None
        if self._done and self._done.at == at and index < self._done.changes:
            return None
        return followed, Moment(at, index, begin.time, begin.lsn, {"lsn": begin.lsn, "txId": begin.xid})

    def _followed(self, relation: Relation) -> _Followed | None:
        name = f"{relation.schema}.{relation.name}"
        since = self._since.get(name)
        if since is None:
            return None
        columns = relation.columns
        reader = RowReader([c.name for c in columns], [self._converter_of(c.type) for c in columns])
        return _Followed(name, since, relation, reader, self._key_of(relation))


def _change(message: Insert | Update | Delete, followed: _Followed, moment: Moment) -> Change | Broken:
    name, key, reader = followed.name, followed.key, followed.reader
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    unchanged: tuple[str, ...] = ()
    if not isinstance(message, Insert) and message.old is not None:
        values = reader.read(message.old)
        if isinstance(values, Unreadable):
            return Broken(name, values, moment)
        given = [column.name for column in followed.relation.columns if message.kind == "O" or column.identity]
        before = {column: value for column, value in zip(reader.columns, values, strict=True) if column in given}
    if not isinstance(message, Delete):
        values = reader.read(message.new)
        if isinstance(values, Unreadable):
            return Broken(name, values, moment)
        known = before if isinstance(message, Update) and message.kind == "O" and before else {}
        after = {
            column: known[column] if value is UNCHANGED and column in known else value
            for column, value in zip(reader.columns, values, strict=True)
        }
        unchanged = tuple(column for column, value in after.items() if value is UNCHANGED)
        for column in unchanged:
            del after[column]
    op: Op = "c" if isinstance(message, Insert) else "u" if isinstance(message, Update) else "d"
    return Change(op, name, key, before, after, moment, unchanged)
