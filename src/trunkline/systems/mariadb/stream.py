"""The binary log's events as changes of the declared tables, behind a position."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from trunkline.systems.changes.change import COMMITTED, Broken, Change, Committed, Moment, Op, RolledBack, Unreadable
from trunkline.systems.changes.cursor import Malformed
from trunkline.systems.changes.database import ANEW, Gap
from trunkline.systems.changes.position import Part, Position
from trunkline.systems.mariadb.binlog import (
    Begin,
    BinlogEvent,
    Commit,
    Heartbeat,
    Incident,
    Query,
    Rotate,
    Rows,
    TableMap,
)
from trunkline.systems.mariadb.dump import Dump
from trunkline.systems.mariadb.gtid import GtidPosition, between, ends
from trunkline.systems.mariadb.rows import Row, RowsReader, Unsupported
from trunkline.systems.mariadb.table_map import Table, read_table, table_name

MOST_SKIPPED = 1_000  # events of no interest before the caller is given a look around
EVENT: Final = 10**9
"""A change's index is its event's number in the transaction times this, and its row's in the event."""

Item = Change | Broken | RolledBack
ReaderOf = Callable[[Table], RowsReader]
_COMMENT = re.compile(r"/\*(?!M?!).*?\*/|--[^\n]*(?:\n|$)|#[^\n]*(?:\n|$)", re.DOTALL)
_NAME = r"(?:`((?:[^`]|``)+)`|([\w$]+))"
_SAVEPOINT = re.compile(r"SAVEPOINT `(.*)`")
_ROLLBACK_TO = re.compile(r"ROLLBACK TO `(.*)`")
_TRUNCATE = re.compile(rf"\s*TRUNCATE\s+(?:TABLE\s+)?(?:{_NAME}\s*\.\s*)?{_NAME}", re.IGNORECASE)
_CHANGES_ROWS = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|REPLACE|LOAD\s+DATA)\b", re.IGNORECASE)


class _Followed(NamedTuple):
    """A declared table as the server last described it."""

    name: str
    key: tuple[str, ...]
    reader: RowsReader


class _Prepared(NamedTuple):
    """A distributed transaction that is not decided: `before` is the place before it."""

    before: str
    changes: list[Change | Broken]


class MariadbStream:
    """See `changes.database.Stream`. `keys` are the declared ones; `reader_of` asks the catalogue where it must.

    The position is `between` two places while distributed transactions are prepared: they are read anew after a
    restart, and nothing else of what lies between.
    """

    def __init__(
        self, dump: Dump, position: Position, *, keys: Mapping[str, tuple[str, ...]], reader_of: ReaderOf
    ) -> None:
        self._dump, self._keys, self._reader_of = dump, keys, reader_of
        self._since = {table: GtidPosition.read(at) for table, at in position.since.items()}
        first, last = ends(position.at or "")
        self._position, self._given = GtidPosition.read(first), GtidPosition.read(last)
        self._done = position.part
        self._maps: dict[bytes, _Followed] = {}
        self._tables: dict[int, _Followed | None] = {}
        self._prepared: dict[bytes, _Prepared] = {}
        self._file = ""
        self._begin: Begin | None = None
        self._event = self._index = 0
        self._savepoints: dict[str, int] = {}
        self._ends = False
        self._rest: Iterator[Item] = iter(())
        """What the last event tells and was not given yet."""

    @property
    def at(self) -> str:
        first = next((prepared.before for prepared in self._prepared.values()), str(self._given))
        return between(first, str(self._given))

    @property
    def part(self) -> Part | None:
        return Part(str(self._begin.gtid), self._index) if self._begin else None

    def next(self) -> Item | Committed | None:
        """See `changes.database.Stream.next`."""
        for _ in range(MOST_SKIPPED):
            for item in self._rest:
                return item
            if self._ends:
                return self._ended()
            try:
                event = self._dump.next()
                self._rest = self._changes(event)
            except Malformed as malformed:
                raise ConnectionError(f"the server sends what is no event behind {self.at}: {malformed}") from None
            if isinstance(event.body, Heartbeat):
                return None
        return None

    def confirm(self) -> None:
        """See `changes.database.Stream.confirm`. The server keeps its log as long as it is set to, whoever reads."""

    def _changes(self, event: BinlogEvent) -> Iterator[Item]:
        match event.body:
            case Rotate(file):
                self._file, self._tables = file, {}
            case TableMap(id, body):
                self._tables[id] = self._followed(body)
            case Begin() as begin:
                self._begin, self._event, self._index, self._savepoints = begin, 0, 0, {}
            case Commit():
                self._ends = True
            case Incident():
                raise Gap(f"the server says that its binary log lacks changes behind {self.at}: {ANEW}")
            case Query() as query:
                return self._statement(query, event)
            case Rows() as rows:
                return self._of_rows(rows, event)
        return iter(())

    def _statement(self, query: Query, event: BinlogEvent) -> Iterator[Item]:
        if self._begin is None:
            return iter(())
        text = _COMMENT.sub(" ", query.text)
        self._ends = self._begin.single or query.text in ("COMMIT", "ROLLBACK")
        if query.text == "ROLLBACK":  # of rows beside changes that cannot be rolled back
            return self._rolled_back(self._begin, 0)
        if found := _SAVEPOINT.fullmatch(query.text):
            self._savepoints[found[1]] = self._event * EVENT
            return iter(())
        if found := _ROLLBACK_TO.fullmatch(query.text):
            return self._rolled_back(self._begin, self._savepoints.get(found[1], 0))
        if self._begin.completes:
            decided = self._prepared.pop(self._begin.xa, None)
            commits = decided and text.split()[:2] == ["XA", "COMMIT"] and not self._is_given(self._begin)
            return self._decided(decided.changes) if decided and commits else iter(())
        if found := _TRUNCATE.match(text):
            database, plain_database, name, plain_name = (part and part.replace("``", "`") for part in found.groups())
            return self._emptied(f"{database or plain_database or query.database}.{name or plain_name}", event)
        if _CHANGES_ROWS.match(text):
            return self._as_statement(query, event)
        return iter(())

    def _rolled_back(self, begin: Begin, index: int) -> Iterator[Item]:
        if begin.prepares:
            changes = self._prepare(begin).changes
            changes[:] = [change for change in changes if change.moment.index < index]
            return iter(())
        return iter((RolledBack(index),))

    def _decided(self, changes: list[Change | Broken]) -> Iterator[Item]:
        for change in changes:
            begin, index = self._begin, change.moment.index
            if begin and not self._since[change.table].covers(begin.gtid) and not self._is_done(index):
                self._index = index + 1
                yield change

    def _emptied(self, table: str, event: BinlogEvent) -> Iterator[Item]:
        if moment := self._counted(table, event):
            yield Change("t", table, (), None, None, moment)

    def _as_statement(self, query: Query, event: BinlogEvent) -> Iterator[Item]:
        """A session may have its changes logged as statements, which nobody can read back into rows."""
        for table in self._since:
            database, _, name = table.partition(".")
            names_it = query.database == database or _mentions(query.text, database)
            if names_it and _mentions(query.text, name) and (moment := self._counted(table, event)):
                message = "the change is logged as a statement, not as rows: see the session's binlog_format"
                yield Broken(table, Unreadable("change.as-statement", message, query.text.encode()), moment)

    def _of_rows(self, rows: Rows, event: BinlogEvent) -> Iterator[Item]:
        number, self._event = self._event, self._event + 1
        if self._begin is None or rows.table not in self._tables:
            raise ConnectionError(f"the server sends rows of table {rows.table} behind {self.at} out of turn")
        followed = self._tables[rows.table]
        if followed is None or not self._is_wanted(followed.name, self._begin):
            return iter(())
        found = self._read_rows(followed, rows, event, number)
        if self._begin.prepares:
            self._prepare(self._begin).changes.extend(found)
            return iter(())
        return found

    def _read_rows(self, followed: _Followed, rows: Rows, event: BinlogEvent, number: int) -> Iterator[Change | Broken]:
        index = number * EVENT
        try:
            for before, after in followed.reader.images(rows):
                if not self._is_done(index):
                    self._index = index + 1
                    yield _change(rows.kind, followed, before, after, self._moment(event, index))
                index += 1
        except (ValueError, UnicodeDecodeError) as error:
            self._index = index + 1
            reason = "type.unsupported" if isinstance(error, Unsupported) else "row.unreadable"
            message = f"this row and those behind it in the event cannot be read: {error}"
            if not self._is_done(index):
                yield Broken(followed.name, Unreadable(reason, message, rows.data), self._moment(event, index))

    def _prepare(self, begin: Begin) -> _Prepared:
        if begin.xa not in self._prepared:
            self._prepared[begin.xa] = _Prepared(str(self._position), [])
        return self._prepared[begin.xa]

    def _ended(self) -> Committed:
        if self._begin is not None:
            self._position.advance(self._begin.gtid)
            if not self._is_given(self._begin):
                self._given.advance(self._begin.gtid)
        self._begin, self._done, self._ends = None, None, False
        return COMMITTED

    def _counted(self, table: str, event: BinlogEvent) -> Moment | None:
        """The moment of a statement's change, which is an event of one row; None where it is not wanted."""
        index, self._event = self._event * EVENT, self._event + 1
        if self._begin is None or not self._is_wanted(table, self._begin) or self._is_done(index):
            return None
        self._index = index + 1
        return self._moment(event, index)

    def _is_wanted(self, table: str, begin: Begin) -> bool:
        """Whether a change of the table is neither in its snapshot nor given already. What is only prepared counts from
        when it is decided."""
        since = self._since.get(table)
        return since is not None and (begin.prepares or not (since.covers(begin.gtid) or self._is_given(begin)))

    def _is_given(self, begin: Begin) -> bool:
        return self._given.covers(begin.gtid)

    def _is_done(self, index: int) -> bool:
        """Whether the change is in the log although its transaction's end is not."""
        begin, done = self._begin, self._done
        return begin is not None and done is not None and str(begin.gtid) == done.at and index < done.changes

    def _moment(self, event: BinlogEvent, index: int) -> Moment:
        at = str(self._begin.gtid) if self._begin else ""
        source = {"gtid": at, "file": self._file, "pos": event.start, "row": index % EVENT}
        return Moment(at, index, event.time * 1_000_000, event.start, source)

    def _followed(self, body: bytes) -> _Followed | None:
        name = table_name(body)
        if name not in self._since:
            return None
        if body not in self._maps:
            table = read_table(body)
            self._maps[body] = _Followed(name, self._keys.get(name) or table.key, self._reader_of(table))
        return self._maps[body]


def _mentions(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _change(kind: Op, followed: _Followed, before: Row | None, after: Row | None, moment: Moment) -> Change | Broken:
    names = [column.name for column in followed.reader.table.columns]
    unchanged = tuple(name for name in names if name not in after) if after is not None else ()
    if kind == "c" and unchanged:
        message = f"the server did not log {', '.join(unchanged)}: see the session's binlog_row_image"
        return Broken(followed.name, Unreadable("row.incomplete", message), moment)
    if after is not None and before is not None:
        after = {name: (after if name in after else before)[name] for name in names if name in after or name in before}
        unchanged = tuple(name for name in unchanged if name not in before)
    return Change(kind, followed.name, followed.key, before, after, moment, unchanged)
