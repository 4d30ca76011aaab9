"""The SQLite file: its pragmas and schema, its connections, and the lock in which writers queue."""

import fcntl
import os
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from trunkline.log.embedded.checkpoint import Checkpointer
from trunkline.log.port import LogError

PAGE = 32_768
LAYOUT = 0x74726B33  # application_id "trk3": a Trunkline log, layout 3
FIXED = ((3, 51, 3), (3, 50, 7), (3, 44, 6))  # SQLite releases that mend the WAL-reset bug, the newest line first

SCHEMA = """
CREATE TABLE topic (
    name TEXT PRIMARY KEY, retention REAL, retention_bytes INTEGER, compacted INTEGER NOT NULL, tombstones REAL NOT NULL
) STRICT;
CREATE TABLE partition (
    id INTEGER PRIMARY KEY, topic TEXT NOT NULL, number INTEGER NOT NULL,
    start_offset INTEGER NOT NULL DEFAULT 0,
    end_offset INTEGER NOT NULL DEFAULT 0,
    reached INTEGER NOT NULL DEFAULT 0,         -- latest time of an event so far, microseconds
    bytes INTEGER NOT NULL DEFAULT 0,           -- of all batches
    clean_offset INTEGER NOT NULL DEFAULT 0,    -- below it each key is there once (compaction)
    tombstones_due INTEGER NOT NULL DEFAULT 0,  -- when all tombstones below clean_offset may go, 0 where there is none
    UNIQUE (topic, number)
) STRICT;
CREATE TABLE batch (
    id INTEGER PRIMARY KEY, partition INTEGER NOT NULL,
    base INTEGER NOT NULL,                      -- offset of the first event
    next INTEGER NOT NULL,                      -- offset after the last one
    count INTEGER NOT NULL,
    appended INTEGER NOT NULL,                  -- when the last of it was appended, microseconds
    reached INTEGER NOT NULL,                   -- latest time of an event of the partition up to here: never falls
    places BLOB,                                -- of a compacted batch: each event's offset and time of append
    events BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX batch_by_offset ON batch (partition, base);
CREATE INDEX batch_by_time ON batch (partition, reached, base);
CREATE TABLE position (group_name TEXT, partition INTEGER, offset INTEGER NOT NULL,
    PRIMARY KEY (group_name, partition)) STRICT, WITHOUT ROWID;
CREATE TABLE producer (name TEXT PRIMARY KEY, epoch INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE member (
    id TEXT PRIMARY KEY, group_name TEXT NOT NULL,
    name TEXT NOT NULL,                         -- "" where it has none
    topics TEXT NOT NULL,                       -- those whose partitions it shares, a JSON array
    expires INTEGER NOT NULL                    -- when it is dead unless it is heard of, microseconds
) STRICT, WITHOUT ROWID;
CREATE TABLE lease (group_name TEXT, partition INTEGER, member TEXT NOT NULL,
    PRIMARY KEY (group_name, partition)) STRICT, WITHOUT ROWID;
"""


class Database:
    """One log file, opened by this process.

    A connection must not cross a fork: a child that needs the log opens it anew. Use in a child raises `LogError`.
    """

    def __init__(self, path: Path) -> None:
        refuse_broken_sqlite(apsw.sqlite_lib_version())
        self.path = path
        self._pid = os.getpid()
        self._turn = threading.Lock()
        self._closed = False
        path.parent.mkdir(parents=True, exist_ok=True)
        self._queue = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            with self._queueing():
                create_private(path)
                self._writer = self._connect()
                set_up(self._writer, path)
        except apsw.Error as error:
            os.close(self._queue)
            raise LogError(f"{path} cannot be opened as a log: {error}") from error
        except BaseException:
            os.close(self._queue)
            raise
        self._readers: deque[apsw.Connection] = deque()
        self._checkpointer = Checkpointer(self._connect(), PAGE)
        self._writer.set_wal_hook(self._checkpointer.wal_has_grown)

    @contextmanager
    def reading(self) -> Iterator[apsw.Connection]:
        """A connection for this thread alone, from a pool; each statement sees what was committed when it began."""
        self._refuse_misuse()
        try:
            connection = self._readers.pop()
        except IndexError:
            connection = self._connect()
        try:
            yield connection
        finally:
            if self._closed:
                connection.close()
            else:
                self._readers.append(connection)

    @contextmanager
    def writing(self) -> Iterator[apsw.Connection]:
        """A transaction: durable when the block ends, undone when it raises. One at a time over all processes."""
        self._refuse_misuse()
        with self._turn, self._queueing():
            db = self._writer
            try:
                db.execute("BEGIN IMMEDIATE")
                yield db
                db.execute("COMMIT")
            except apsw.Error as error:
                raise LogError(
                    f"the log {self.path} could not be written, nothing of this commit is kept: {error}"
                ) from error
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")
            self._checkpointer.after_commit()

    def close(self) -> None:
        with self._turn:
            if self._closed or self._pid != os.getpid():
                return
            self._closed = True
            self._checkpointer.close()
            while self._readers:
                self._readers.pop().close()
            with self._queueing():
                self._writer.close()
            os.close(self._queue)

    @contextmanager
    def _queueing(self) -> Iterator[None]:
        """Wait for the turn among the writers of all processes, asleep in the kernel rather than polling SQLite's lock.

        The lock is the process's, not the thread's: `_turn` must be held.
        """
        fcntl.flock(self._queue, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._queue, fcntl.LOCK_UN)

    def _refuse_misuse(self) -> None:
        if self._closed:
            raise LogError(f"the log {self.path} is closed")
        if self._pid != os.getpid():
            raise LogError(f"the log {self.path} was opened before a fork: open it again in the new process")

    def _connect(self) -> apsw.Connection:
        db = apsw.Connection(str(self.path))
        db.set_busy_timeout(30_000)
        db.execute(f"PRAGMA page_size = {PAGE}")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA fullfsync = ON")  # macOS: its plain fsync does not reach the disk
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute("PRAGMA cache_size = -16384")
        return db


def refuse_broken_sqlite(version: str) -> None:
    """Raise `LogError` on a SQLite that can corrupt the file when two connections write and checkpoint at once.

    Source: https://sqlite.org/wal.html#walresetbug (3.7.0 to 3.51.2; mended in 3.51.3, 3.50.7 and 3.44.6).
    """
    have = tuple(int(part) for part in version.split("."))
    if have < FIXED[0] and not any(have[:2] == fixed[:2] and have >= fixed for fixed in FIXED):
        raise LogError(f"SQLite {version} can corrupt a busy log (WAL-reset bug): install apsw 3.51.3 or newer")


def create_private(path: Path) -> None:
    """Make the file, for its owner only. An existing one is not opened: closing it would drop SQLite's locks."""
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))


def set_up(db: apsw.Connection, path: Path) -> None:
    layout = db.pragma("application_id")
    if layout == 0 and not list(db.execute("SELECT name FROM sqlite_schema LIMIT 1")):
        with db:
            db.execute(SCHEMA)
            db.pragma("application_id", LAYOUT)
    elif layout != LAYOUT:
        raise LogError(f"{path} is a SQLite file, but not a Trunkline log of this layout: name another file")
