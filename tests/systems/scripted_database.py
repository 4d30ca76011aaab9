"""A database that tells what a test has written down, and an intake that may die at any commit."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from tests.systems.reached import Told, context
from trunkline.quarantine import Rejected
from trunkline.systems.changes.change import COMMITTED, Change, Committed, Moment, RolledBack, Shape, Unreadable
from trunkline.systems.changes.following import Following
from trunkline.systems.changes.position import Part, Position
from trunkline.systems.changes.settings import DatabaseSettings, TableSettings
from trunkline.systems.reach import Captured

TABLES = {"public.a": TableSettings(topic="a"), "public.b": TableSettings(topic="b", envelope="row")}


class Died(Exception):
    """The process was killed here."""


class Script(msgspec.Struct):
    """Transactions, each a list of (table, key) inserted, numbered from 1; None for one that was rolled back.

    The snapshot has the first `snapshot` of them.
    """

    transactions: list[list[tuple[str, int]] | None]
    snapshot: int = 0

    def rows(self, table: str) -> list[int]:
        done = self.transactions[: self.snapshot]
        return [key for transaction in done for name, key in transaction or [] if name == table]

    def expected(self) -> list[tuple[str, str]]:
        """Every insert that was committed, in order; a snapshot's come by table."""
        first = [(table, str(key)) for table in TABLES for key in self.rows(table)]
        later = [(t, str(k)) for transaction in self.transactions[self.snapshot :] for t, k in transaction or []]
        return first + later


class ScriptedDatabase:
    """See `changes.database.Database`. Its position is the number of the last transaction."""

    connector = "scripted"

    def __init__(self, script: Script, stop: threading.Event, commits: Commits | None = None) -> None:
        self.script, self.stop, self.commits = script, stop, commits or Commits()
        self.confirmed = ""
        self.breaks_snapshot_after: int | None = None

    def names(self, table: str) -> Mapping[str, Any]:
        return {"db": "test", "table": table}

    def uri(self, table: str) -> str:
        return f"scripted://{table}"

    def begin(self, position: Position, tables: Sequence[str]) -> Position:
        return position

    @contextmanager
    def snapshot(self, position: Position, tables: Sequence[str]) -> Iterator[ScriptedSnapshot]:
        yield ScriptedSnapshot(self, tables)

    @contextmanager
    def stream(self, position: Position) -> Iterator[ScriptedStream]:
        yield ScriptedStream(self, position)


class ScriptedSnapshot:
    def __init__(self, database: ScriptedDatabase, tables: Sequence[str]) -> None:
        self._database = database
        self.at = str(database.script.snapshot)
        self.moment = Moment(self.at, 0, 0, 0, {})
        self.shapes = {table: Shape(("id",), ("id",)) for table in tables}

    def rows(self, table: str) -> Iterator[list[Any] | Unreadable]:
        for number, key in enumerate(self._database.script.rows(table)):
            if number == self._database.breaks_snapshot_after:
                raise Died
            yield [key]


class ScriptedStream:
    """Ends the run when everything was told."""

    def __init__(self, database: ScriptedDatabase, position: Position) -> None:
        self._database, self._since = database, position.since
        self.at, self.part = position.at or "0", None
        self._items = self._told(position)

    def next(self) -> Change | RolledBack | Committed | None:
        item = next(self._items, None)
        if item is None:
            self._database.stop.set()
        return item

    def confirm(self) -> None:
        assert Position.read(self._database.commits.last).at == self.at, "what is confirmed is not in the log"
        self._database.confirmed = self.at

    def _told(self, position: Position) -> Iterator[Change | RolledBack | Committed]:
        done = position.part
        for number, transaction in enumerate(self._database.script.transactions, 1):
            if number <= int(self.at):
                continue
            for index, (table, key) in enumerate(transaction if transaction is not None else [("public.a", -1)]):
                self.part = Part(str(number), index + 1)
                if done and done.at == str(number) and index < done.changes:
                    continue
                if number > int(self._since[table]):
                    moment = Moment(str(number), index, 0, 0, {})
                    yield Change("c", table, ("id",), None, {"id": key}, moment)
            if transaction is None:
                yield RolledBack(0)
            self.at, self.part = str(number), None
            yield COMMITTED


class Commits:
    """An intake's commits. `dies_at` is the number of the one at which the process dies: before it is durable, or
    `after` it."""

    def __init__(self) -> None:
        self.all: list[list[Captured | Rejected]] = []
        self.last: bytes | None = None
        self.dies_at: int | None = None
        self.after = False

    def position(self) -> bytes | None:
        return self.last

    def commit(self, captured: Sequence[Captured | Rejected], position: bytes) -> None:
        dies = self.dies_at == 0
        self.dies_at = None if self.dies_at is None else self.dies_at - 1
        if dies and not self.after:
            raise Died
        self.all.append(list(captured))
        self.last = position
        if dies:
            raise Died

    def keys(self) -> list[tuple[str, str]]:
        """The table and key of every event, in order."""
        return [
            (item.source.uri.removeprefix("scripted://"), (item.event.key or b"").decode())
            for commit in self.all
            for item in commit
            if isinstance(item, Captured)
        ]


def follow(script: Script, commits: Commits, folder: Path, **changes: Any) -> ScriptedDatabase:
    """Follow until everything was told. Raises `Died` where the process does."""
    stop = threading.Event()
    database = ScriptedDatabase(script, stop, commits)
    for name, value in changes.items():
        setattr(database, name, value)
    settings = DatabaseSettings(name="test", reach="scripted", host="", user="", tables=TABLES)
    given = context(folder, name="test", intake=commits, status=Told())
    Following(database, settings, given, stop).run()
    return database
