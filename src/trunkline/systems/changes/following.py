"""A database at work: its tables' snapshot and then its changes go into the log, each with the position behind it."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from msgspec.structs import replace

from trunkline.quarantine import Rejected
from trunkline.systems.changes.change import COMMITTED, Broken, Change, RolledBack
from trunkline.systems.changes.database import ANEW, Database, Gap, Stream
from trunkline.systems.changes.events import Translation
from trunkline.systems.changes.position import Pending, Position
from trunkline.systems.changes.settings import DatabaseSettings
from trunkline.systems.changes.snapshot_file import Interrupted, SnapshotFile, remove_others, store
from trunkline.systems.reach import Captured, Context

MOST_EVENTS = 5_000  # of one commit, unless a transaction makes more
MOST_BYTES = 4 << 20
LINGER = 0.1  # seconds that a transaction waits for others to be committed with
QUIET = 10.0  # seconds after which a position is committed although nothing of our tables was before it

logger = logging.getLogger("trunkline.connect")


async def follow(database: Database, settings: DatabaseSettings, context: Context) -> None:
    """Follow the declared tables until cancelled, in a thread of its own.

    Raises what the database and the log raise.
    """
    stop = threading.Event()
    following = Following(database, settings, context, stop)
    thread = ThreadPoolExecutor(1, thread_name_prefix=f"database {context.name}")
    work = asyncio.get_running_loop().run_in_executor(thread, following.run)
    try:
        await asyncio.shield(work)
    finally:
        stop.set()
        await asyncio.wait([work])
        thread.shutdown(wait=False)


class Following:
    """One connection's way from the database into the log."""

    def __init__(self, database: Database, settings: DatabaseSettings, context: Context, stop: threading.Event) -> None:
        self._database, self._tables, self._context, self._stop = database, settings.tables, context, stop
        self._translation = Translation(context.name, database, settings.tables)
        self._position = Position()

    def run(self) -> None:
        """Go on behind what is in the log, until `stop` is set."""
        position = Position.read(self._context.intake.position())
        since = {table: at for table, at in position.since.items() if table in self._tables}  # the others are forgotten
        self._position = replace(position, since=since)
        try:
            self._take_snapshots()
            with self._database.stream(self._position) as stream:
                self._take_changes(stream)
        except Interrupted:
            return

    def _take_snapshots(self) -> None:
        """Bring the tables that were never read into the log as they are now; first what an earlier life left."""
        folder = self._context.folder
        while True:
            pending = self._position.pending
            remove_others(folder, pending.file if pending else "")
            if pending:
                self._write_snapshot(SnapshotFile(folder, pending.file), pending)
                continue
            missing = [table for table in self._tables if table not in self._position.since]
            begun = self._database.begin(self._position, list(self._tables))
            if begun != self._position:
                self._commit([], begun)
            if not missing:
                return
            with self._database.snapshot(self._position, missing) as snapshot:
                self._context.status.succeeded()
                logger.info("%s: reading %s as of %s", self._context.name, ", ".join(missing), snapshot.moment.at)
                file = store(snapshot, folder, self._stop)
                at = snapshot.at if self._position.at is None else self._position.at
            self._commit([], replace(self._position, at=at, pending=Pending(file, 0)))

    def _write_snapshot(self, file: SnapshotFile, pending: Pending) -> None:
        batch, rows = _Gathered(self._translation), pending.rows
        for row in file.rows(rows):
            rows += 1
            if row.table not in self._tables:  # it was taken out of the settings meanwhile
                continue
            batch.add(row)
            if batch.is_full:
                self._commit(batch.taken(), replace(self._position, pending=Pending(pending.file, rows)))
                if self._stop.is_set():
                    raise Interrupted
        since = dict.fromkeys((table for table, _ in file.head.tables), file.head.moment.at)
        self._commit(batch.taken(), replace(self._position, pending=None, since={**self._position.since, **since}))

    def _take_changes(self, stream: Stream) -> None:
        """The events of one transaction are committed together; of one larger than `MOST_EVENTS`, in parts."""
        whole, begun = _Gathered(self._translation), _Gathered(self._translation)
        while not self._stop.is_set():
            item = stream.next()
            if item is None:
                self._context.status.succeeded()
            if isinstance(item, Change | Broken):
                begun.add(item)
                if begun.is_full:
                    self._commit(whole.taken() + begun.taken(), replace(self._position, at=stream.at, part=stream.part))
                continue
            if item is COMMITTED:
                whole.join(begun)
            elif isinstance(item, RolledBack):
                self._forget(begun, item.index, stream)
            ends_parts = item is COMMITTED and self._position.part is not None
            if ends_parts or whole.is_due(idle=item is None):
                self._commit(whole.taken(), replace(self._position, at=stream.at, part=None))
                stream.confirm()

    def _forget(self, begun: _Gathered, index: int, stream: Stream) -> None:
        part = self._position.part
        if part is not None and part.changes > index:
            raise Gap(
                f"changes behind {stream.at} were rolled back when they were taken already, since their transaction is "
                f"larger than {MOST_EVENTS} events: bring the topics in order, and {ANEW}"
            )
        begun.cut(index)

    def _commit(self, captured: list[Captured | Rejected], position: Position) -> None:
        self._context.intake.commit(captured, position.bytes())
        self._position = position
        self._context.status.succeeded()


class _Gathered:
    """Events that wait to be committed together."""

    def __init__(self, translation: Translation) -> None:
        self._translation = translation
        self._events: list[tuple[int, Captured | Rejected]] = []
        self._bytes = 0
        self._since: float | None = None
        """When the first transaction of these came to its end."""

    @property
    def is_full(self) -> bool:
        return len(self._events) >= MOST_EVENTS or self._bytes >= MOST_BYTES

    def add(self, change: Change | Broken) -> None:
        for event in self._translation.events(change):
            self._events.append((change.moment.index, event))
            self._bytes += _size(event)

    def join(self, transaction: _Gathered) -> None:
        """Take over a transaction that has come to its end."""
        self._events += transaction._events
        self._bytes += transaction._bytes
        transaction.taken()
        if self._since is None:
            self._since = time.monotonic()

    def cut(self, index: int) -> None:
        """Drop the events of changes from this index on."""
        self._events = [(number, event) for number, event in self._events if number < index]
        self._bytes = sum(_size(event) for _, event in self._events)

    def is_due(self, *, idle: bool) -> bool:
        """Whether it is time to commit: at once where nothing more comes for the moment."""
        if self._since is None:
            return False
        waited = time.monotonic() - self._since
        return (idle or self.is_full or waited > LINGER) if self._events else waited > QUIET

    def taken(self) -> list[Captured | Rejected]:
        """Everything, which is no longer here afterwards."""
        events, self._events, self._bytes, self._since = self._events, [], 0, None
        return [event for _, event in events]


def _size(event: Captured | Rejected) -> int:
    return len(event.part if isinstance(event, Rejected) else event.event.value or b"")
